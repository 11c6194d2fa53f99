"""The lock: what it says, what it refuses, and that the committed ones name all that the lists ask for."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efi.build import lock_file
from efi.contents import names
from efi.errors import LockWrong
from efi.flavour import FLAVOURS
from efi.lock import PACKAGE, WHEEL, Item, Lock, format_lock, parse_lock, read_lock
from efi.requirements import parse_requirements

ROOT = Path(__file__).parents[3]
LOCK = Lock(datetime(2026, 11, 26, 7, 0, tzinfo=UTC), (Item(PACKAGE, "zstd", "1.5.4+dfsg2-5", "a" * 64),))
ITEMS = st.builds(
    Item,
    st.sampled_from([PACKAGE, WHEEL]),
    st.from_regex(r"[a-z0-9][a-z0-9.+-]{0,20}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9.+:~-]{1,20}", fullmatch=True),
    st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
)
committed = pytest.mark.parametrize("name", [name for name, each in FLAVOURS.items() if lock_file(each).exists()])


@given(st.lists(ITEMS, min_size=1))
def test_a_lock_is_read_as_it_was_written(items: list[Item]) -> None:
    lock = replace(LOCK, items=tuple(sorted(items)))
    assert parse_lock(format_lock(lock, "made by\nsomebody")) == lock


def test_the_order_of_lines_and_the_head_are_no_part_of_a_lock() -> None:
    second = Item(WHEEL, "anyio", "4.16.0", "b" * 64)
    one, other = replace(LOCK, items=(*LOCK.items, second)), replace(LOCK, items=(second, *LOCK.items))
    assert one.digest == other.digest
    assert parse_lock(format_lock(one, "a head")).digest == one.digest


@pytest.mark.parametrize(
    "line",
    [
        "deb zstd 1.5.4+dfsg2-5",
        "deb zstd 1.5.4+dfsg2-5 sha256:abc",
        "deb ../zstd 1.5 sha256:" + "a" * 64,
        "rpm zstd 1.5 sha256:" + "a" * 64,
        "zstd=1.5",
    ],
)
def test_a_line_that_is_no_item_is_named_with_the_remedy(line: str) -> None:
    with pytest.raises(LockWrong, match=r"line 3: .*hardpan image lock"):
        parse_lock(format_lock(LOCK) + line + "\n")


def test_a_lock_without_a_time_is_refused() -> None:
    with pytest.raises(LockWrong, match="no time"):
        parse_lock("\n".join(format_lock(LOCK).splitlines()[1:]))


@committed
def test_a_committed_lock_names_all_that_the_lists_ask_for(name: str) -> None:
    lock = read_lock(lock_file(FLAVOURS[name]))
    packages = {each.name for each in lock.of(PACKAGE)}
    assert {*names("packages"), *names("tools"), *names(f"packages.{name}")} - packages == set()
    assert {each.name for each in lock.of(WHEEL)} == set(names("wheels"))


@committed
def test_the_wheels_of_a_committed_lock_are_those_of_the_requirements(name: str) -> None:
    required = parse_requirements((ROOT / "requirements.lock").read_text())
    for wheel in read_lock(lock_file(FLAVOURS[name])).of(WHEEL):
        assert (wheel.name, wheel.version) == (wheel.name, required[wheel.name].version)
        assert wheel.digest in required[wheel.name].digests


@committed
def test_a_committed_lock_says_nothing_about_where_packages_come_from(name: str) -> None:
    assert not re.search(r"://|/", lock_file(FLAVOURS[name]).read_text().replace("sha256:", ""))
