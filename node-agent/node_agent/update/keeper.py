"""Looks after this machine's image: one look at a time, beside everything else that the boot does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from node_agent.backoff import BackOff
from node_agent.errors import NodeError, TryAgain
from node_agent.update.decide import Situation, Step, Work, next_step, outcome
from node_agent.update.documents import Attempt, Desk, Order, Shelf, Told, keep, read
from node_agent.update.install import Installer
from node_agent.update.slots import keeping
from sal.errors import SalError

SHORTEST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
NOTE_SECONDS = 5.0


@dataclass
class Updates:
    """`version` is what runs; `restart` restarts the machine in order; `trial`: see Situation."""

    version: str
    desk: Desk
    installer: Installer
    restart: Callable[[], None]
    elapsed: Callable[[], float] = time.monotonic
    trial: bool = False

    def __post_init__(self) -> None:
        self.told = Told()
        self._work: Work | None = None
        self._retry = self._noted = 0.0
        self._back_off = BackOff(first=SHORTEST_PAUSE, longest=LONGEST_PAUSE)
        self._kept = self._restarting = False

    @property
    def shelf(self) -> Shelf:
        """What outlives a restart."""
        return self.installer.shelf

    def look(self, sound: bool, sentence: str) -> Step:
        """One step. `sound`: the node works; `sentence`: how far it came. To be called once the pool is there."""
        now = self._situation(sound, sentence)
        step = next_step(now)
        with suppress(SalError, OSError):
            self._do(step, now)
        self._tell(outcome(self._situation(sound, sentence)))
        return step

    def leave(self) -> None:
        """The machine goes down: whoever holds machines lets them stop."""
        with suppress(SalError):
            self.desk.mark(self.desk.leaving)

    def _situation(self, sound: bool, sentence: str) -> Situation:
        order, attempt = read(self.desk.order, Order), read(self.shelf.attempt, Attempt)
        due = self.elapsed() >= self._retry
        return Situation(self.version, sound, self._kept, sentence, order, attempt, self._work, due, self.trial)

    def _do(self, step: Step, now: Situation) -> None:
        if step is Step.KEEP:
            self._keep(now)
        elif step is Step.NOTE and now.attempt is not None and self.elapsed() >= self._noted:
            self._noted = self.elapsed() + NOTE_SECONDS
            self.shelf.begin(Attempt(order=now.attempt.order, said=now.sentence))
        elif step is Step.INSTALL and now.order is not None:
            self._work = Work(now.order)
            threading.Thread(target=self._install, args=(now.order,), daemon=True).start()
        elif step is Step.TAKE_BACK:
            self.installer.take_back()
            self._work = None
        elif step is Step.RESTART and not self._restarting:
            self._restarting = True
            self.restart()

    def _keep(self, now: Situation) -> None:
        """Entry first, then the attempt's end, then the mark: a cut between leaves a step that is done again."""
        if now.on_trial or self.installer.variables.started_once():
            self._keep_slot()
            self.shelf.clear()
        self.desk.mark(self.desk.sound)
        self._kept = True

    def _keep_slot(self) -> None:
        if not self.installer.pinned:
            with self.installer.partition.mounted() as folder:
                for action in keeping(folder.slots(), self.version):
                    folder.apply(action)

    def _install(self, order: Order) -> None:
        try:
            self.installer.install(order, self.version)
            self._work = Work(order, over=True)
        except NodeError as error:
            self._failed(order, error.reason, error.message, isinstance(error, TryAgain))
        except (SalError, OSError) as error:
            self._failed(order, "MediumFailed", " ".join(str(error).split()), True)
        except Exception as error:
            self._failed(order, "Internal", f"{type(error).__name__}: {error}", False)

    def _failed(self, order: Order, reason: str, message: str, again: bool) -> None:
        self._retry = self.elapsed() + self._back_off.next()
        self._work = Work(order, True, reason, message, again)

    def _tell(self, said: Told) -> None:
        if said != self.told or not self.desk.told.exists():
            with suppress(SalError):
                self.desk.ensure()
                keep(self.desk.told, said)
                self.told = said
