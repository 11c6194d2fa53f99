"""The demo's bare machines, as far as they need no machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.demo import booted
from cli.demo.booted import BootedMachine, BootedMachines
from cli.demo.fabric import MOST_NODES
from cli.demo.processes import Processes
from cli.errors import CliError

FIRMWARE = "BdsDxe: starting Boot0001\r\nEFI stub: Loaded initrd\r\n"
EARLY = "\x1b[?25l\x1b[H\x1b[2JHardpan 0.1.0\r\n\r\n  node            not yet known\r\n  state           Starting\r\n"
LATE = (
    "\x1b[?25l\x1b[H\x1b[2JHardpan 0.1.0\r\n\r\n  node            n-kkd7imm7kywpc4z2kxbt4fkn4t\r\n"
    "  state           Approved since 2026-11-26T08:46:36Z (ApprovedByToken)\r\n"
)


def showing(folder: Path, serial: str) -> BootedMachine:
    (folder / "machine-1").mkdir()
    (folder / "machine-1" / "serial").write_bytes(serial.encode())
    return BootedMachines(folder, Processes(folder / "processes")).machine(1)


def test_the_last_screen_counts(tmp_path: Path) -> None:
    machine = showing(tmp_path, FIRMWARE + EARLY + LATE)
    assert machine.screen()[0] == "Hardpan 0.1.0"
    assert machine.row("node") == "n-kkd7imm7kywpc4z2kxbt4fkn4t"
    assert machine.row("state").startswith("Approved since")
    assert machine.row("disk") == ""


@pytest.mark.parametrize("serial", ["", FIRMWARE])
def test_before_the_first_program_there_is_no_screen(tmp_path: Path, serial: str) -> None:
    machine = showing(tmp_path, serial)
    assert (machine.screen(), machine.row("state")) == ((), "")


def test_machines_are_numbered_as_their_folders(tmp_path: Path) -> None:
    machines = BootedMachines(tmp_path, Processes(tmp_path / "processes"))
    assert machines.numbers == ()
    for name in ("machine-2", "machine-10", "machine-x", "node-1"):
        (tmp_path / name).mkdir()
    assert machines.numbers == (2, 10)


def test_there_are_no_more_machines_than_the_fabric_between_them_has_sockets(tmp_path: Path) -> None:
    machines = BootedMachines(tmp_path, Processes(tmp_path / "processes"))
    assert machines.next().number == 1
    (tmp_path / f"machine-{MOST_NODES}").mkdir()
    with pytest.raises(CliError, match="begin anew"):
        machines.next()


def test_without_firmware_for_machines_the_remedy_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booted, "CODE", tmp_path / "none.fd")
    with pytest.raises(CliError, match="install the package ovmf"):
        BootedMachines(tmp_path, Processes(tmp_path / "processes")).switch_on(1)
