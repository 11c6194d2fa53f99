"""The journal remembers attempts, steps and the chain of receipts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from node_agent.errors import NeedsOperator
from node_agent.executor.journal import KEPT_SECONDS, PRUNE_EVERY, ChainHead, Delivery, Journal, Known
from node_agent.executor.marks import Mark, Marks
from node_agent.executor.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store on disk."""
    made = Store(tmp_path / "journal.sqlite")
    yield made
    made.close()


@pytest.fixture
def journal(store: Store) -> Journal:
    """An empty journal."""
    return Journal(store)


def test_an_unknown_job_is_to_be_run(journal: Journal) -> None:
    assert journal.begin("a", 1) == Known(Delivery.RUN, 0)


def test_a_job_that_was_running_when_the_process_died_is_resumed(journal: Journal) -> None:
    journal.begin("a", 1)
    assert journal.begin("a", 1) == Known(Delivery.RESUME, 1)


def test_a_finished_attempt_is_answered_with_its_receipt(journal: Journal) -> None:
    journal.begin("a", 1)
    journal.finish("a", 0, lambda head: b"receipt")
    assert journal.begin("a", 1) == Known(Delivery.RESEND, 1, b"receipt")


def test_an_older_attempt_is_stale_and_a_newer_one_runs(journal: Journal) -> None:
    journal.begin("a", 3)
    assert journal.begin("a", 2) == Known(Delivery.STALE, 3)
    assert journal.begin("a", 4) == Known(Delivery.RUN, 3)


def test_looking_writes_nothing(journal: Journal) -> None:
    journal.look("a", 1)
    assert journal.look("a", 1).delivery is Delivery.RUN


def test_an_intent_without_an_outcome_is_not_concluded(journal: Journal) -> None:
    journal.begin("a", 1)
    for position in (0, 1):
        journal.intend("a", position)
    journal.conclude("a", 0)
    assert journal.concluded("a") == {0}


def test_a_new_attempt_begins_with_no_step_concluded(journal: Journal) -> None:
    journal.begin("a", 1)
    journal.intend("a", 0)
    journal.conclude("a", 0)
    journal.begin("a", 2)
    assert journal.concluded("a") == frozenset()


def test_each_receipt_names_the_one_before(journal: Journal) -> None:
    heads: list[ChainHead] = []

    def write(head: ChainHead) -> bytes:
        heads.append(head)
        return f"receipt {head.number + 1}".encode()

    for uid in ("a", "b"):
        journal.begin(uid, 1)
        journal.finish(uid, 0, write)
    assert heads == [ChainHead(), ChainHead(1, "sha256:" + hashlib.sha256(b"receipt 1").hexdigest())]


def test_what_cannot_be_signed_leaves_the_chain_and_the_job_as_they_were(journal: Journal) -> None:
    journal.begin("a", 1)

    def fail(head: ChainHead) -> bytes:
        raise RuntimeError("no key")

    with pytest.raises(RuntimeError):
        journal.finish("a", 0, fail)
    assert journal.head() == ChainHead()
    assert journal.look("a", 1).delivery is Delivery.RESUME


def test_the_journal_survives_a_restart(tmp_path: Path) -> None:
    first = Store(tmp_path / "journal.sqlite")
    Journal(first).begin("a", 2)
    first.close()
    second = Store(tmp_path / "journal.sqlite")
    assert Journal(second).look("a", 2).delivery is Delivery.RESUME
    second.close()


def test_old_jobs_are_forgotten(journal: Journal) -> None:
    journal.begin("old", 1)
    journal.finish("old", 0, lambda head: b"")
    for number in range(PRUNE_EVERY):
        journal.begin(f"new-{number}", 1)
        journal.finish(f"new-{number}", KEPT_SECONDS + 10, lambda head: b"x")
    assert journal.look("old", 1).delivery is Delivery.RUN
    assert journal.look("new-0", 1).delivery is Delivery.RESEND


def test_every_commit_is_on_disk_before_it_counts(store: Store) -> None:
    assert store.rows("PRAGMA synchronous") == [(2,)]
    assert store.rows("PRAGMA journal_mode") == [("wal",)]


def test_a_damaged_journal_says_so_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"no database at all, for sure" * 100)
    with pytest.raises(NeedsOperator, match="restore it or wipe the node") as refused:
        Store(tmp_path / "journal.sqlite")
    assert refused.value.reason == "JournalDamaged"


def test_marks_only_rise(store: Store) -> None:
    marks = Marks(store)
    marks.raise_to("fence", "a/web/machine/x", Mark(2, 5, "d"))
    for lower in (Mark(1, 9), Mark(2, 4), Mark(2, 5, "other")):
        marks.raise_to("fence", "a/web/machine/x", lower)
    assert marks.get("fence", "a/web/machine/x") == Mark(2, 5, "d")
    marks.raise_to("fence", "a/web/machine/x", Mark(2, 6))
    assert marks.get("fence", "a/web/machine/x") == Mark(2, 6)
