"""A machine with a TPM: whom its join token admits, which images open its node's keys, and what an update changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controllers.loop.conditions import condition
from efi.cpio import archive
from efi.initramfs import joined
from efi.inspect import inspect
from efi.pe import sections
from efi.signing import sign
from efi.tree import Tree
from efi.uki import CONTENTS, Parts, join
from tests.boot.boot_key import CHECKING, PROTECTED, boot_key
from tests.boot.chip import chip
from tests.boot.guest_site import GuestSite, Media, media
from tests.boot.machine import Machine, Screen, blank_disk
from tests.boot.releases import ImageServer, Operator

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800), pytest.mark.boot_slow]
# The firmware of a machine with a TPM reads the whole image once more.
BOOT_SECONDS = 600.0
SEALED = "sealed to this machine's TPM and to the image (PCR 11)"
WORDS = ("no_timer_check",)


class MeasuredSite(GuestSite):
    """Its join token admits machines whose TPM says that they started a released image."""

    token_measured = True


@pytest.fixture
def operator(tmp_path: Path, boot_folder: Path) -> Iterator[Operator]:
    """Who releases images of a site of its own."""
    folders = [boot_folder / f"{name}-{tmp_path.name[-8:]}" for name in ("measured", "served")]
    for folder in folders:
        folder.mkdir()
    site, server = MeasuredSite(folders[0]), ImageServer(folders[1])
    yield Operator(site, server)
    server.close()
    site.close()


@pytest.fixture
def first(operator: Operator, tmp_path: Path) -> Media:
    """Makes media of the site's first image."""
    return media(operator.site.part(), tmp_path, words=WORDS)


@pytest.fixture
def machine(operator: Operator, first: Media, machines: Callable[..., Machine], tmp_path: Path) -> Iterator[Machine]:
    """A machine with a TPM."""
    with chip() as tpm:
        stick = first.stick("first", operator.site.credentials)
        yield machines(stick, [blank_disk(tmp_path)], more=tpm, keeps=True, restarts=True)


def release(operator: Operator, name: str, image: bytes, version: str) -> None:
    operator.release(name, image, version, pcr11=inspect(image).pcr_11)


def test_a_released_image_is_admitted_and_opens_the_sealed_keys_again_and_a_changed_one_does_not(
    operator: Operator, first: Media, machine: Machine, tmp_path: Path
) -> None:
    site = operator.site
    waits = booted(machine, "ImageNotReleased")
    assert waits.rows["keys"] == SEALED
    assert f"PCR 11 is {inspect(first.image).pcr_11}; no release says what it should be" in waits.words
    assert f"kubectl hardpan node approve {waits.rows['node']}" in waits.words
    release(operator, "first", first.image, "0.1.0")
    node = machine.shows("Reporting since", BOOT_SECONDS).rows["node"]
    assert said(site, node) == ("True", "ImageReleased", "it started release first")
    started, changed = machine.medium, Media(with_a_file_more(first), first.tools, tmp_path)
    machine.medium = changed.stick("changed", site.credentials)
    assert "sealed to another image: boot the one that ran before" in booted(machine, "KeysSealed").words
    machine.medium = started
    again = booted(machine, "Reporting since")
    assert (again.rows["node"], again.rows["keys"]) == (node, SEALED)


def test_an_update_to_a_released_image_keeps_the_sealed_keys(
    operator: Operator, first: Media, machine: Machine, tmp_path: Path
) -> None:
    following = media(operator.site.part(), tmp_path, words=WORDS, version="0.2.0")
    assert updated(operator, machine, first.image, following.image) == SEALED


def test_with_secure_boot_every_signed_image_opens_the_sealed_keys(
    operator: Operator, first: Media, machines: Callable[..., Machine], tmp_path: Path
) -> None:
    key = boot_key(tmp_path)
    following = media(operator.site.part(), tmp_path, words=WORDS, version="0.2.0")
    old, new = (sign(first.tools, each.image, key) for each in (first, following))
    with chip() as tpm:
        stick = Media(old, first.tools, tmp_path, key).stick("signed", operator.site.credentials)
        more = (*PROTECTED, *tpm)
        machine = machines(stick, [blank_disk(tmp_path)], firmware=CHECKING, more=more, keeps=True, restarts=True)
        assert updated(operator, machine, old, new) == "sealed to this machine's TPM and to its Secure Boot (PCR 7)"


def updated(operator: Operator, machine: Machine, old: bytes, new: bytes) -> str:
    """How the keys of a node lie on its disk, after it was brought from one image to the other."""
    release(operator, "old", old, "0.1.0")
    release(operator, "new", new, "0.2.0")
    first = booted(machine, "Reporting since").rows
    operator.ask(first["node"], "new")
    operator.hears(machine, first["node"], "Upgrading", 120.0)
    assert operator.hears(machine, first["node"], "Current", 2 * BOOT_SECONDS) == "version 0.2.0, flavour cloud"
    screen = machine.shows("Reporting since", BOOT_SECONDS)
    assert screen.text.startswith("Hardpan 0.2.0")
    assert (screen.rows["node"], screen.rows["keys"]) == (first["node"], first["keys"])
    assert said(operator.site, first["node"]) == ("True", "ImageReleased", "it started release new")
    return first["keys"]


def booted(machine: Machine, until: str) -> Screen:
    """The screen of the machine, switched off and on, once it shows this."""
    machine.cut()
    machine.switch_on()
    return machine.shows(until, BOOT_SECONDS)


def said(site: GuestSite, node: str) -> tuple[str, str, str]:
    """What the ledger says of its TPM."""
    found = condition(site.node(node).status, "Attested") or {}
    return found.get("status", ""), found.get("reason", ""), found.get("message", "")


def with_a_file_more(image: Media) -> bytes:
    """The image with a file in it that was not there."""
    parts = {each.name: each.content for each in sections(image.image)}
    tree = Tree()
    tree.put("etc/changed", b"by somebody\n")
    initramfs = joined([parts[".initrd"], archive(list(tree.entries()))])
    first = (parts[".osrel"], parts[".uname"], parts[".cmdline"], parts[CONTENTS])
    return join(image.tools, Parts(*first, initramfs, parts[".linux"]))
