"""Which release a node may be brought to: what the snapshot lists, of its flavour, and never one that is too old."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.trust.refused import refused
from tests.unit.trust.world import DAY, NOW, World, release
from trust.errors import Code
from trust.release import Running, is_version, minimum, newest, order, permitted
from trust.snapshot import TrustView

RUNNING = Running("0.1.0", "cloud")


def view(**releases: dict[str, Any]) -> TrustView:
    """Trust that lists these releases."""
    world = World()
    world.records |= {f"Release/{name}": each for name, each in releases.items()}
    return world.view()


def test_a_listed_release_may_be_installed() -> None:
    assert permitted(view(new=release()), "new", RUNNING, NOW).version == "0.2.0"


def test_the_same_version_again_is_no_step_back() -> None:
    assert permitted(view(same=release(version="0.1.0")), "same", RUNNING, NOW).version == "0.1.0"


def test_a_release_that_nobody_signed_for_is_unknown() -> None:
    world = World()
    world.beside = (*world.beside, *World({"Release/new": release()}).listed)
    with refused(Code.RELEASE_UNKNOWN):
        permitted(world.view(), "new", RUNNING, NOW)


def test_a_release_that_was_changed_after_it_was_signed_is_unknown() -> None:
    world = World(snapshot={"records": {}})
    world.records["Release/new"] = release(url="https://elsewhere.example/")
    signed = World({**world.records, "Release/new": release()}).listed
    world.snapshot["records"] = {each.key: each.digest for each in signed}
    with refused(Code.RELEASE_UNKNOWN):
        permitted(world.view(), "new", RUNNING, NOW)


def test_an_image_for_other_machines_is_refused() -> None:
    with refused(Code.WRONG_FLAVOUR):
        permitted(view(new=release(flavour="metal")), "new", RUNNING, NOW)


def test_a_release_below_the_minimum_of_another_is_refused() -> None:
    releases = view(old=release(version="0.2.0"), new=release(version="0.4.0", minimum="0.3.0"))
    with refused(Code.BELOW_MINIMUM):
        permitted(releases, "old", RUNNING, NOW)


def test_a_minimum_that_was_seen_once_holds_when_its_release_is_listed_no_more() -> None:
    with refused(Code.BELOW_MINIMUM):
        permitted(view(new=release()), "new", Running("0.1.0", "cloud", least="0.3.0"), NOW)


def test_the_minimum_is_that_of_the_flavour() -> None:
    releases = view(old=release(), other=release(flavour="metal", minimum="9"))
    assert permitted(releases, "old", RUNNING, NOW).version == "0.2.0"
    assert (minimum(releases, "cloud"), minimum(releases, "metal"), minimum(releases, "none")) == ("0.1.0", "9", "")


@pytest.mark.parametrize("running", [Running("0.3.0", "cloud"), Running("0.1.0", "cloud", ran="0.10.0")])
def test_a_release_older_than_what_ran_is_refused(running: Running) -> None:
    with refused(Code.OLDER_THAN_RAN):
        permitted(view(new=release()), "new", running, NOW)


def test_nothing_is_installed_by_trust_that_ended() -> None:
    with refused(Code.TRUST_EXPIRED):
        permitted(view(new=release()), "new", RUNNING, NOW + 20 * DAY)


def test_versions_are_compared_by_their_numbers() -> None:
    assert sorted(["0.10", "0.9.1", "1", "0.9", ""], key=order) == ["", "0.9", "0.9.1", "0.10", "1"]
    assert [is_version(each) for each in ("0.9", "7", "1.2.3.4", "", "1.", "1.2.3.4.5", "0.01", "1.0-rc")] == [
        *(True, True, True),
        *(False, False, False, False, False),
    ]
    assert (newest(["0.9", "0.10", ""]), newest([])) == ("0.10", "")
