"""What a node does about its image, decided on one look at everything. Pure.

A new image keeps its place only once it is a working node; until then every start but the one that tries it is of the
old one. What was tried once and did not become a node is not tried again until somebody asks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from node_agent.update.documents import Attempt, Order, Told, told


class Step(Enum):
    """What to do next."""

    KEEP = "keep this image, and end the attempt"
    NOTE = "note down how far this image came"
    INSTALL = "install what was ordered"
    TAKE_BACK = "take back what was installed: nobody wants it any more"
    RESTART = "restart into what was installed"
    WAIT = "wait"


@dataclass(frozen=True)
class Work:
    """An installation under way or over. `reason` and `message`: why it did not end well, `again`: it may later."""

    order: Order
    over: bool = False
    reason: str = ""
    message: str = ""
    again: bool = False


@dataclass(frozen=True)
class Situation:
    """One look. `sound`: this image is a working node now; `kept`: that was noted at this start of the machine.

    `sentence` is how far the node came, in its own words; `retry`: the pause after a failure is over; `trial`: whoever
    gave this image says that it is tried.
    """

    running: str
    sound: bool = False
    kept: bool = False
    sentence: str = ""
    order: Order | None = None
    attempt: Attempt | None = None
    work: Work | None = None
    retry: bool = True
    trial: bool = False

    @property
    def on_trial(self) -> bool:
        """Whether this image is tried, and is no working node yet."""
        return self.attempt is not None and self.attempt.order.version == self.running and not self.kept

    @property
    def tried(self) -> bool:
        """Whether the order was tried: what is left to do is to tell of it."""
        return self.order is not None and self.attempt is not None and self.order.same(self.attempt.order)


def next_step(now: Situation) -> Step:
    """The next step."""
    if now.sound and not now.kept:
        return Step.KEEP
    if now.on_trial:
        return Step.NOTE if now.attempt and now.sentence != now.attempt.said else Step.WAIT
    if now.work is not None and now.work.over and not now.work.reason:
        # It may have been withdrawn, or followed by another order, while it was fetched.
        return Step.RESTART if now.work.order.same(now.order) else Step.TAKE_BACK
    return Step.INSTALL if _is_due(now) else Step.WAIT


def _is_due(now: Situation) -> bool:
    order, work = now.order, now.work
    if order is None or order.version == now.running or now.tried or not now.kept:
        return False
    if work is None or not work.order.same(order):
        return work is None or work.over
    return work.over and work.again and now.retry


def outcome(now: Situation) -> Told:
    """What is to be told of the latest order, or of what was tried before there was one."""
    order = now.order
    if now.work is not None and not now.work.reason:
        # The attempt is kept before the restart: until then it has not failed.
        said = "it is installed, and the machine restarts" if now.work.over else "it is fetched and installed"
        return told(now.work.order, "upgrading", said)
    if now.attempt is not None and (order is None or now.tried):
        return _tried(now, now.attempt)
    if order is None:
        tried = now.trial and not now.kept
        return Told(state="upgrading", message="it is tried, and is no node yet") if tried else Told()
    if order.version == now.running:
        return told(order, "current" if now.kept else "upgrading", "" if now.kept else "it runs, and is no node yet")
    work = now.work if now.work is not None and now.work.order.same(order) else None
    if work is not None and work.reason:
        return told(order, "upgrading" if work.again else "failed", work.message, work.reason)
    return told(order, "upgrading", "it comes once the node works")


def _tried(now: Situation, attempt: Attempt) -> Told:
    version = attempt.order.version
    if version == now.running:
        return told(attempt.order, "upgrading", f"version {version} runs, and is no node yet: {now.sentence}")
    if not attempt.said:
        said = "it never spoke: the firmware refused it, it crashed at once, or the power was cut"
    else:
        said = f"it came as far as this: {attempt.said}"
    return told(attempt.order, "fell-back", f"version {version} did not become a node; {said}", "FellBack")
