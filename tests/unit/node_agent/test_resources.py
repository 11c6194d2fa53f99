"""The table is read again only when something changed, and never shows what was not committed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from node_agent.executor.resources import Assignment, Key, Observation, Resource, Resources
from node_agent.executor.store import Store

KEY = Key("volume", "a", "data")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "journal.sqlite")
    yield made
    made.close()


def volume(name: str = "data", message: str = "") -> Resource:
    item = {"size": 1 << 30, "on_delete": "bin", "bin_days": 7}
    assignment = Assignment(
        kind="volume", namespace="a", name=name, deployment="web", deployment_uid="u", epoch=1, generation=1,
        digest="sha256:" + "a" * 64, item=item, host_name=f"v-{name}", tenant="t",
    )  # fmt: skip
    observation = Observation(state="present", since="2026-11-24T12:00:00Z", message=message)
    return Resource(assignment=assignment, observation=observation)


class Boom(Exception):
    pass


def test_what_was_put_is_there_at_once_for_this_table_and_for_the_next(store: Store) -> None:
    table = Resources(store)
    for message in ("one", "two"):
        table.put(volume(message=message))
        assert table.get(KEY) == Resources(store).get(KEY) == volume(message=message)
    table.drop(KEY)
    assert (table.get(KEY), table.all(), table.rows()) == (None, (), ())


def test_a_change_has_nothing_read_again_but_what_it_changed(store: Store) -> None:
    """Otherwise each change of a machine would cost as much as there are machines."""
    table = Resources(store)
    table.put(volume("more"))
    held, row = table.get(Key("volume", "a", "more")), table.rows()[0]
    table.put(volume())
    assert [each.name for each in table.rows()] == ["data", "more"]
    assert table.get(Key("volume", "a", "more")) is held
    assert table.rows()[1] is row


def test_a_change_that_is_undone_was_never_there(store: Store) -> None:
    table = Resources(store)
    table.put(volume(message="before"))
    with suppress(Boom), store.transaction():
        table.put(volume(message="within"))
        table.put(volume("more"))
        assert [each.observation.message for each in table.all()] == ["within", ""]
        assert table.get(KEY) == volume(message="within")
        raise Boom
    assert table.all() == (volume(message="before"),)
    assert table.get(KEY) == volume(message="before")
    assert [row.message for row in table.rows()] == ["before"]


def test_another_thread_sees_a_transaction_only_when_it_is_over(store: Store) -> None:
    table, inside, seen = Resources(store), threading.Event(), list[Resource | None]()

    def look() -> None:
        inside.wait(5)
        seen.append(table.get(KEY))

    other = threading.Thread(target=look)
    other.start()
    with suppress(Boom), store.transaction():
        table.put(volume())
        inside.set()
        other.join(0.2)
        raise Boom
    other.join(5)
    assert seen == [None]


def test_a_table_that_nobody_changes_is_not_read_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Resources(store)
    table.put(volume())
    table.all()
    monkeypatch.setattr(store, "rows", lambda *_: pytest.fail("read again"))
    assert table.all() == (volume(),)
    assert table.get(KEY) == volume()
    table.put(volume())
