"""What stands on the console of a booted machine that may not join, or not any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.boot.guest_site import GuestSite, Media
from tests.boot.machine import Machine, blank_disk

pytestmark = [pytest.mark.system, pytest.mark.boot_slow, pytest.mark.timeout(600)]
Make = Callable[..., Machine]
BOOT_SECONDS = 240.0
AGAIN_SECONDS = 120.0


def test_a_node_that_was_removed_is_told_so_and_comes_back_when_it_is_taken_back(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    machine = machines(sticks.stick("removed", site.credentials), [blank_disk(tmp_path)])
    machine.switch_on()
    node = machine.shows("Reporting since", BOOT_SECONDS).rows["node"]
    site.decide(node, removal="Graceful")
    screen = machine.shows("Refused since", AGAIN_SECONDS)
    assert "(NodeRemoved)" in screen.rows["state"]
    assert f"{node} was removed by the operator: switch it off or wipe it; to take it back" in screen.words
    assert f"kubectl hardpan node uncordon {node}" in screen.words
    assert site.said(node, "Approved") == ("False", "NodeRemoved")
    site.shut()
    assert node not in site.users()
    site.decide(node, removal=None)
    machine.shows("Reporting since", AGAIN_SECONDS)
    assert site.said(node, "Approved") == ("True", "ApprovedByToken")


def test_a_token_that_the_operator_never_made_lets_nobody_in_and_the_console_says_what_to_do(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    stranger = site.token.replace("rack:", "attic:")
    machine = machines(sticks.stick("attic", site.credentials | {"hardpan.token": stranger}), [blank_disk(tmp_path)])
    machine.switch_on()
    screen = machine.shows("Pending since", BOOT_SECONDS)
    node = screen.rows["node"]
    assert f"waits for an operator: kubectl hardpan node approve {node}" in screen.words
    assert site.said(node, "Approved") == ("False", "WaitingForApproval")


def test_a_node_that_was_revoked_says_so(site: GuestSite, sticks: Media, machines: Make, tmp_path: Path) -> None:
    machine = machines(sticks.stick("revoked", site.credentials), [blank_disk(tmp_path)])
    machine.switch_on()
    node = machine.shows("Reporting since", BOOT_SECONDS).rows["node"]
    site.revoke(node)
    screen = machine.shows("is revoked by the operator", AGAIN_SECONDS)
    assert "wipe the machine to enrol it anew" in screen.words
    assert site.said(node, "Ready") == ("False", "Revoked")
