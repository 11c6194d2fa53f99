"""One machine's way through an update, over restarts and cuts."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from node_agent.update.decide import Step
from node_agent.update.documents import Attempt, Told, keep, read
from node_agent.update.keeper import Updates
from sal.errors import SalError
from tests.unit.node_agent.update.bench import Bench, order


class Machine:
    """A machine whose every start has a new run folder; its medium and its pool stay."""

    def __init__(self, root: Path) -> None:
        self.bench = Bench(root)
        self.restarts = 0
        self.now = 0.0
        self.start("0.1.0")

    def start(self, version: str) -> None:
        """A start of this version."""
        for each in (self.bench.desk.order, self.bench.desk.told, self.bench.desk.sound):
            each.unlink(missing_ok=True)
        self.updates = Updates(version, self.bench.desk, self.bench.installer, self._restart, lambda: self.now)

    def _restart(self) -> None:
        self.restarts += 1

    def order(self, asked: str = "2026-11-26T09:00:00Z") -> None:
        """The executor passes an order on."""
        self.bench.desk.ensure()
        keep(self.bench.desk.order, order(asked=asked))

    def look(self, sound: bool = True, sentence: str = "Reporting") -> Step:
        """One look."""
        return self.updates.look(sound, sentence)

    def until(self, told: Callable[[Told], bool]) -> Told:
        """Looks until this is told."""
        deadline = time.monotonic() + 20.0
        while not told(self.told) and time.monotonic() < deadline:
            self.look()
            time.sleep(0.01)
        assert told(self.told), self.told
        return self.told

    def until_step(self, step: Step) -> None:
        """Looks until this is the step."""
        deadline, done = time.monotonic() + 20.0, self.look()
        while done is not step and time.monotonic() < deadline:
            time.sleep(0.01)
            done = self.look()
        assert done is step

    @property
    def told(self) -> Told:
        """What the executor reads."""
        return read(self.bench.desk.told, Told) or Told()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def installed(machine: Machine) -> None:
    """The machine has installed what was ordered, and restarts."""
    machine.look()
    machine.order()
    machine.until(lambda said: "restarts" in (said.message or ""))
    machine.look()
    assert machine.restarts == 1


def is_fetching(machine: Machine) -> None:
    """The machine has begun with what was ordered."""
    machine.look()
    machine.order()
    assert machine.look() is Step.INSTALL


def test_a_release_that_is_withdrawn_while_it_is_fetched_is_not_started(machine: Machine) -> None:
    is_fetching(machine)
    machine.bench.desk.order.unlink()
    machine.until_step(Step.TAKE_BACK)
    assert machine.bench.variable("BootNext") is None
    assert machine.bench.attempt is None
    assert machine.look() is Step.WAIT
    assert (machine.told.state, machine.restarts) == ("current", 0)


def test_who_is_asked_again_while_an_image_is_fetched_restarts_for_what_was_asked_last(machine: Machine) -> None:
    is_fetching(machine)
    machine.order(asked="2026-11-26T10:00:00Z")
    machine.until_step(Step.TAKE_BACK)
    machine.until_step(Step.RESTART)
    assert machine.bench.attempt is not None
    assert machine.bench.attempt.order.asked == "2026-11-26T10:00:00Z"
    assert machine.bench.variable("BootNext") is not None


def test_a_good_image_is_kept_once_it_works_and_not_before(machine: Machine) -> None:
    installed(machine)
    machine.start("0.2.0")
    assert machine.look(sound=False, sentence="Starting") is Step.NOTE
    assert not machine.bench.desk.sound.exists()
    assert "0.2.0.conf" not in machine.bench.files
    assert machine.told.state == "upgrading"
    assert machine.look() is Step.KEEP
    assert machine.bench.desk.sound.exists()
    assert "0.2.0.conf" in machine.bench.files
    assert machine.bench.attempt is None
    machine.order()
    machine.look()
    assert (machine.told.state, machine.told.release) == ("current", "new")


def test_an_image_that_did_not_become_a_node_is_told_with_its_last_words_and_not_tried_again(machine: Machine) -> None:
    installed(machine)
    machine.start("0.2.0")
    machine.look(sound=False, sentence="Waiting: no answer from https://cp.example")
    machine.start("0.1.0")
    machine.look(sound=False, sentence="Starting")
    assert machine.told.state == "fell-back"
    assert "no answer from https://cp.example" in (machine.told.message or "")
    machine.order()
    for _ in range(3):
        machine.look()
    assert (machine.told.state, machine.restarts) == ("fell-back", 1)
    machine.order(asked="2026-11-26T10:00:00Z")
    machine.until(lambda said: "restarts" in (said.message or ""))


def test_words_of_an_image_that_changes_its_mind_often_are_noted_seldom(machine: Machine) -> None:
    installed(machine)
    machine.start("0.2.0")
    for number in range(5):
        machine.look(sound=False, sentence=f"Waiting {number}")
    assert machine.bench.attempt is not None
    assert machine.bench.attempt.said == "Waiting 0"
    machine.now = 60.0
    machine.look(sound=False, sentence="Waiting 5")
    assert machine.bench.attempt.said == "Waiting 5"


def test_a_cut_after_the_entry_and_before_the_attempt_s_end_keeps_the_image(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(machine)
    machine.start("0.2.0")
    monkeypatch.setattr("node_agent.update.documents.Shelf.clear", _cut)
    machine.look()
    assert "0.2.0.conf" in machine.bench.files
    monkeypatch.undo()
    machine.start("0.2.0")
    assert machine.look() is Step.KEEP
    assert machine.bench.attempt is None


def test_an_image_that_was_started_once_is_kept_though_nothing_tells_of_its_attempt(machine: Machine) -> None:
    installed(machine)
    machine.bench.shelf.clear()
    machine.bench.set("BootCurrent", 0x4850)
    machine.start("0.2.0")
    assert machine.look() is Step.KEEP
    assert "0.2.0.conf" in machine.bench.files


def _cut(_: object) -> None:
    raise SalError("the power is gone")


def test_a_medium_that_cannot_be_written_leaves_the_image_on_trial(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(machine)
    machine.start("0.2.0")
    monkeypatch.setattr("node_agent.update.partition.Folder.apply", lambda *_: _cut(None))
    machine.look()
    assert not machine.bench.desk.sound.exists()
    assert isinstance(machine.bench.attempt, Attempt)


def test_what_is_wrong_with_the_image_is_told_and_ends_it(machine: Machine) -> None:
    machine.bench.served = b"another image"
    machine.look()
    machine.order()
    told = machine.until(lambda said: said.state == "failed")
    assert told.reason == "WrongDigest"
    machine.now = 1e6
    machine.look()
    assert (machine.told.state, machine.restarts) == ("failed", 0)


def test_a_server_that_is_away_is_asked_again_after_a_pause(machine: Machine) -> None:
    machine.bench.served = None
    machine.look()
    machine.order()
    told = machine.until(lambda said: said.reason == "ImageUnreachable")
    assert told.state == "upgrading"
    machine.bench.served = b"the new image"
    assert machine.look() is Step.WAIT
    machine.now = 1e6
    machine.until(lambda said: "restarts" in (said.message or ""))


def test_a_machine_that_goes_down_says_so_to_who_holds_machines(machine: Machine) -> None:
    machine.updates.leave()
    assert machine.bench.desk.leaving.exists()
