"""Who breaks out of a guest is in QEMU: from there nothing of the node is reached, nor of another machine."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sal.hypervisor import Disk, MachineConfig
from sal.qemu import QemuHypervisor
from tests.system.as_user import as_user
from tests.system.requirements import need
from tests.system.taps import take_tap


@dataclass(frozen=True)
class Machine:
    """A machine that runs; its guest has nothing to boot."""

    folder: Path
    pid: int

    @property
    def user(self) -> int:
        """Who its QEMU is."""
        return int(self.said("Uid").split()[0])

    def said(self, what: str) -> str:
        """A line of its status (proc(5))."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith(f"{what}:"))


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    """Two machines with a disk each, in folders that everybody may pass, so that only users are in the way."""
    need("root", "qemu")
    hypervisor, folders = QemuHypervisor(), [tmp_path / name for name in ("m-one", "m-two")]
    for each in (tmp_path, *tmp_path.parents):
        if each.stat().st_uid == 0 and each.is_relative_to("/tmp"):
            each.chmod(each.stat().st_mode | 0o111)
    try:
        one, two = (_start(hypervisor, each) for each in folders)
        yield one, two
    finally:
        for each in folders:
            hypervisor.kill(each)


def _start(hypervisor: QemuHypervisor, folder: Path) -> Machine:
    folder.mkdir(mode=0o711)
    disk = folder / "root.raw"
    disk.write_bytes(bytes(1 << 20))
    disk.chmod(0o600)
    hypervisor.start(MachineConfig(folder.name, folder, 1, 64 << 20, (Disk(disk, "root"),)))
    return Machine(folder, hypervisor.info(folder).pid)


def test_each_is_a_user_of_its_own_without_any_right(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    assert len({one.user, two.user, 0}) == 3
    for each in machines:
        assert {*each.said("Uid").split(), *each.said("Gid").split()} == {str(each.user)}
        assert each.said("Groups") == ""
        assert {each.said(what).strip("0") for what in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {""}
        assert (each.said("NoNewPrivs"), each.said("Seccomp")) == ("1", "2")


def test_it_holds_its_own_files_and_no_others(machines: tuple[Machine, Machine]) -> None:
    for each in machines:
        held = {os.readlink(found) for found in Path(f"/proc/{each.pid}/fd").iterdir()}
        files = {Path(found).name for found in held if found.startswith("/") and not found.startswith("/dev/")}
        assert files == {"root.raw", "console.log", "qemu.log"}
        assert {Path(found).parent for found in held if found.endswith((".raw", ".log"))} == {each.folder}


def test_an_intruder_gets_nowhere(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    tried: dict[str, Callable[[], object]] = {
        "reads secrets of the node": lambda: Path("/etc/shadow").read_bytes(),
        "makes a port of its own": lambda: take_tap("hpx-stray"),
        "reads another's disk": (two.folder / "root.raw").read_bytes,
        "reads another's console": (two.folder / "console.log").read_bytes,
        "opens its own disk once more": (one.folder / "root.raw").read_bytes,
        "commands another": lambda: socket.socket(socket.AF_UNIX).connect(str(two.folder / "qmp.sock")),
        "commands itself": lambda: socket.socket(socket.AF_UNIX).connect(str(one.folder / "qmp.sock")),
        "ends another": lambda: os.kill(two.pid, signal.SIGKILL),
        "reads another's memory": lambda: os.open(f"/proc/{two.pid}/mem", os.O_RDONLY),
        "becomes root": lambda: os.setresuid(0, 0, 0),
    }
    assert {what: as_user(one.user, attempt) for what, attempt in tried.items()} == dict.fromkeys(tried, "refused")
    # The same by root goes well, so it is the user that is in the way.
    assert as_user(0, tried["reads another's disk"]) == "done"
