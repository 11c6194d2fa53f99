"""The boot's loop: look at everything, decide on one step, show where it stands, do the step. It goes on for good."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from node_agent.boot import disk_observer, disks, observing, outlook, site
from node_agent.boot.acts import Acts
from node_agent.boot.node_state import NodeState
from node_agent.boot.offers import choose
from node_agent.boot.outlook import History, Moment
from node_agent.boot.places import Places
from node_agent.boot.screen import Screen
from node_agent.boot.site import Site
from node_agent.boot.steps import Situation, Step, next_step
from node_agent.boot.time_keeping import TimeKeeper
from node_agent.errors import NodeError
from node_agent.update.keeper import Updates
from sal.errors import SalError

QUICK_SECONDS, STEADY_SECONDS = 0.1, 1.0
RETRY_SECONDS = 2.0


class Boot:
    """One machine's way from its image to a running node."""

    def __init__(
        self, places: Places, acts: Acts, show: Callable[[Screen], None], updates: Updates | None = None
    ) -> None:
        self._places, self._acts, self._show, self._updates = places, acts, show, updates
        self._image = observing.image(places)
        self._clock = TimeKeeper(self._image.built)
        self._disks = disk_observer.DiskObserver(places)
        self._site, self._wrong = _site(places)
        self._history = History(since=_moment().wall)
        self._written = b""
        self._disk = self._failed = ""
        self._retry = 0.0

    def serve(self, stopping: threading.Event, each_time: Callable[[], None]) -> None:
        """Goes on until stopping, when the machine goes down; then ends the node's processes."""
        pause = 0.0
        while not stopping.wait(pause):
            each_time()
            step = self.pass_once()
            self._acts.node.look()
            steady = step is Step.WAIT and self._history.state[0] == "Reporting"
            pause = STEADY_SECONDS if steady else QUICK_SECONDS
        if self._updates is not None:
            self._updates.leave()
        self._acts.node.end()

    def pass_once(self) -> Step:
        """One look, and what follows from it."""
        node = self._acts.node.state()
        now = self._look(node)
        step = next_step(now)
        self._history = outlook.observe(self._history, now, node, _moment())
        screen = outlook.compose(
            self._image, now, node, self._history, self._disk, self._clock.told, self._update(now, node)
        )
        self._show(screen)
        if time.monotonic() >= self._retry:
            self._try(step, now)
        return step

    def _update(self, now: Situation, node: NodeState) -> str:
        """Looks after the image once the pool is there, and says how it stands."""
        if self._updates is None or now.pool is not None:
            return ""
        said = outlook.progress(now, node, self._history)
        self._updates.look(node.works, said)
        return self._updates.told.message or ""

    def _look(self, node: NodeState) -> Situation:
        cards = observing.cards(self._places)
        leased = tuple(offer for card in cards if card.lease for offer in card.lease.offers)
        chosen = choose((*leased, *observing.offers(self._places)))
        return Situation(
            trouble=self._wrong or self._failed,
            chosen=chosen,
            cards=cards,
            drivers_load=self._disks.drivers_load,
            pool=self._pool(),
            clock_below_floor=self._clock.below_floor(),
            time_due=self._clock.due(node.reason),
            medium=site.medium(self._site, chosen) if self._site else b"",
            written=self._written,
            started=self._acts.node.started,
        )

    def _pool(self) -> disks.Choice | None:
        if observing.mounted(self._places):
            return None
        if self._site is None:
            return disks.Choice(disks.Act.WAIT, "an image of nobody takes no disk")
        choice = disks.choose(self._disks.look(), self._disks.settled)
        if choice.act is disks.Act.PARTITION or not self._disk:
            self._disk = choice.why if choice.disk else ""
        return choice

    def _try(self, step: Step, now: Situation) -> None:
        try:
            self._do(step, now)
            self._failed = ""
        except (SalError, NodeError, OSError) as error:
            self._failed = " ".join(str(error).split())
            self._retry = time.monotonic() + RETRY_SECONDS

    def _do(self, step: Step, now: Situation) -> None:
        if step is Step.RAISE_CLOCK:
            self._clock.raise_to_floor()
        elif step is Step.ASK_TIME:
            self._ask_time(now)
        elif step is Step.LAY_DOWN:
            self._lay_down(now)
        elif step in (Step.START_EXECUTOR, Step.START_AGENT):
            self._acts.node.start(step.value)
        elif now.pool is not None:
            self._acts.prepare(now.pool)

    def _ask_time(self, now: Situation) -> None:
        if self._site is not None:
            servers = [server for card in now.cards if card.lease for server in card.lease.time_servers]
            added = self._clock.ask(servers, now.chosen.gateway, self._site.authority)
            self._history = self._history.shifted(added)

    def _lay_down(self, now: Situation) -> None:
        if self._site is not None:
            self._acts.lay_down(now.medium, self._site, now.chosen.gateway)
            self._written = now.medium


def _site(places: Places) -> tuple[Site | None, str]:
    try:
        return site.load(places.site), ""
    except NodeError as error:
        return None, error.message


def _moment() -> Moment:
    return Moment(datetime.now(UTC), time.monotonic())
