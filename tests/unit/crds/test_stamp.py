"""Kinds of another release are told apart: newer ones serve an older program, older ones do not serve a newer one."""

from __future__ import annotations

from typing import Any

import pytest

from crds.kinds import KINDS
from crds.schema import manifest
from crds.stamp import Stamp, complaint, digest_of, stamp_of
from crds.stamps import NEEDED, RELEASE

NAME = "jobs.hardpan.dev"
OURS = Stamp("0.4.0", "ours")


def definition(name: str, *stamp: str) -> dict[str, Any]:
    """A CRD with this stamp; without one where none is given."""
    return {"metadata": {"name": name, **({"annotations": Stamp(*stamp).annotations()} if stamp else {})}}


def said(*stamp: str) -> str:
    """What a program of version 0.4.0 says of a kind with this stamp."""
    return complaint([definition(NAME, *stamp)], {NAME: OURS})


@pytest.mark.parametrize(
    ("release", "schemas"),
    [
        ("0.4.0", "ours"),
        ("0.3.9", "ours"),
        ("0.10.0", "more"),
        ("1.0.0", "more"),
        ("0.4.1-rc.1", "more"),
    ],
)
def test_the_same_schemas_and_newer_ones_serve(release: str, schemas: str) -> None:
    assert said(release, schemas) == ""


@pytest.mark.parametrize(
    ("stamp", "words"),
    [
        (
            ("0.3.0", "less"),
            f"CRD {NAME} is of version 0.3.0, this program needs 0.4.0: helm upgrade hardpan-crds ",
        ),
        (
            ("0.4.0", "other"),
            f"CRD {NAME} is of another build of 0.4.0 than this program: helm upgrade hardpan-",
        ),
        (("next", "other"), f"CRD {NAME} is of version next, this program needs 0.4.0: "),
        ((), f"CRD {NAME} is of version unknown, this program needs 0.4.0: "),
    ],
)
def test_older_ones_and_other_builds_do_not(stamp: tuple[str, ...], words: str) -> None:
    assert said(*stamp).startswith(words)


def test_many_are_told_in_one_line_and_what_is_not_ours_is_not_told() -> None:
    names = [f"{letter}.hardpan.dev" for letter in "edcba"]
    found = complaint([definition(each) for each in [*names, "x.example"]], dict.fromkeys(names, OURS))
    assert found.startswith("CRD a.hardpan.dev, b.hardpan.dev, c.hardpan.dev and 2 more are of version unknown, ")
    assert "\n" not in found


def test_what_is_installed_is_what_the_program_needs() -> None:
    assert {kind.name: stamp_of(manifest(kind)) for kind in KINDS} == NEEDED
    assert {each.release for each in NEEDED.values()} == {RELEASE}
    assert complaint(map(manifest, KINDS), NEEDED) == ""


def test_only_what_is_served_makes_the_digest() -> None:
    held = manifest(KINDS[0])
    before = digest_of(held)
    held["spec"]["versions"].append({"name": "v0", "served": False, "schema": {}})
    assert digest_of(held) == before
    held["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["description"] = "another"
    assert digest_of(held) != before
