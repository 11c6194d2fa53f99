"""Under Secure Boot a node goes to an image of the operator's signature, and comes back from any other at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from efi.signing import sign
from tests.boot.boot_key import CHECKING, PROTECTED, boot_key
from tests.boot.guest_site import GuestSite, Media, media
from tests.boot.machine import Machine, blank_disk
from tests.boot.releases import ImageServer, Operator

pytestmark = [pytest.mark.system, pytest.mark.timeout(2400), pytest.mark.boot_slow]
BOOT_SECONDS = 900.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ImageServer]:
    """Where images are fetched from."""
    (tmp_path / "served").mkdir()
    made = ImageServer(tmp_path / "served")
    yield made
    made.close()


def test_only_an_image_that_is_signed_too_is_started(
    site: GuestSite, sticks: Media, machines: Callable[..., Machine], server: ImageServer, tmp_path: Path
) -> None:
    key, operator = boot_key(tmp_path), Operator(site, server)
    newer = media(site.part(), tmp_path, words=("no_timer_check",), version="0.2.0").image
    operator.release("not-signed", newer, "0.2.0")
    operator.release("signed", sign(sticks.tools, newer, key), "0.2.0")
    stick = replace(sticks, image=sign(sticks.tools, sticks.image, key), folder=tmp_path, key=key)
    machine = machines(
        stick.stick("secure", site.credentials),
        [blank_disk(tmp_path)],
        firmware=CHECKING,
        more=PROTECTED,
        keeps=True,
        restarts=True,
    )
    machine.switch_on()
    node = machine.shows("Reporting since", BOOT_SECONDS).rows["node"]
    operator.ask(node, "not-signed")
    assert "the firmware refused it" in operator.hears(machine, node, "FellBack", BOOT_SECONDS)
    told = [line for line in machine.serial().splitlines() if "Boot4850" in line]
    assert any("Access Denied" in line for line in told), told
    operator.ask(node, "signed")
    assert operator.hears(machine, node, "Current", BOOT_SECONDS) == "version 0.2.0, flavour cloud"
