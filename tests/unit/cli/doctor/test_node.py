"""Each thing that can be wrong with a node is named, with its remedy; nothing else is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.doctor.check import State
from cli.doctor.examination import Diagnosis, examine
from cli.doctor.machine import PoolFacts
from cli.doctor.node_checks import CHECKS
from cli.doctor.testing import NOW, FakeMachine
from node_agent.settings import NodeSettings

SETTINGS = NodeSettings(medium=Path("/medium"), state=Path("/node"), accelerator="kvm")
POOL = PoolFacts(btrfs=True, writable=True, quota="squota", fullness=0.1)


def bad(**changes: Any) -> list[Diagnosis]:
    """What is not well on a machine that differs so."""
    settings = changes.pop("settings", SETTINGS)
    found = examine(CHECKS, FakeMachine(settings, **changes))
    return [each for each in found if each.finding.state is not State.WELL]


def test_nothing_is_wrong_with_a_machine_that_is_well() -> None:
    assert bad() == []


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "another file system": ({"facts": replace(POOL, btrfs=False)}, "disk", "/node is not on btrfs"),
    "a read-only disk": ({"facts": replace(POOL, writable=False)}, "disk", "/node is read-only"),
    "errors": ({"facts": replace(POOL, errors=7)}, "disk", "7 errors of its devices"),
    "no quotas": ({"facts": replace(POOL, quota="")}, "disk", "quotas are off"),
    "a full disk": ({"facts": replace(POOL, fullness=0.99)}, "disk", "99% of /node are taken"),
    "no QEMU": ({"programs": set()}, "machines", "qemu-system-x86_64 is not installed"),
    "no KVM": ({"refused": {"/dev/kvm": "No such device"}}, "machines", "/dev/kvm cannot be opened: No such device"),
    "no tun": ({"refused": {"/dev/net/tun": "No such device"}}, "network", "/dev/net/tun cannot be opened"),
    "no filter": ({"loaded": frozenset({"ip6 hardpan"})}, "network", "the packet filter lacks bridge hardpan"),
    "a damaged journal": ({"damage": "file is not a database"}, "journal", "file is not a database"),
    "no agent": ({"running": {"executor"}}, "processes", "agent does not run"),
    "no executor": ({"running": {"agent"}, "silence": "silent"}, "processes", "executor does not run"),
    "a silent executor": ({"silence": "the executor does not answer"}, "processes", "the executor does not answer"),
    "an ended certificate": (
        {"ends": {"the queue's certificate": NOW}},
        "certificates",
        "the queue's certificate ended",
    ),
    "no control plane": ({"unreachable": "no route to host"}, "control plane", "no route to host"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_once_with_a_remedy(what: str) -> None:
    changes, check, words = WRONG[what]
    found = bad(**changes)
    assert [(each.check, each.finding.state) for each in found] == [(check, State.WRONG)]
    assert words in found[0].finding.message
    assert found[0].finding.remedy


EMULATED = SETTINGS.model_copy(update={"accelerator": "tcg"})
SOON: dict[str, tuple[dict[str, Any], str, str]] = {
    "emulation": ({"settings": EMULATED, "refused": {"/dev/kvm": "gone"}}, "machines", "machines are emulated, about"),
    "unused KVM": ({"settings": EMULATED}, "machines", "machines are emulated although there is /dev/kvm"),
    "simulation": ({"settings": SETTINGS.model_copy(update={"engine": "memory"})}, "machines", "simulated"),
    "a nearly full disk": ({"facts": replace(POOL, fullness=0.9)}, "disk", "90% of /node are taken"),
    "a clock of its own": ({"in_time": False}, "clock", "nothing keeps it right"),
    "a certificate that was not renewed": (
        {"ends": {"the queue's certificate": NOW + timedelta(minutes=30)}}, "certificates", "ends 2026-11-24 12:30"),
}  # fmt: skip


@pytest.mark.parametrize("what", SOON)
def test_what_works_but_not_well_is_told(what: str) -> None:
    changes, check, words = SOON[what]
    found = bad(**changes)
    assert [(each.check, each.finding.state) for each in found] == [(check, State.SOON)]
    assert words in found[0].finding.message
    assert found[0].finding.remedy
