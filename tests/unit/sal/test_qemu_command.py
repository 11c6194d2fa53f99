"""QEMU is told descriptors: every path in its words is a name to know it by, never one to open."""

from __future__ import annotations

import json
from pathlib import Path

from sal.hypervisor import Disk, Interface, MachineConfig
from sal.qemu_command import Descriptors, Files, command_line, own_word

FOLDER = Path("/pool/@machines/m-x")
DISKS = (Disk(FOLDER / "root.raw", "root"), Disk(Path("/pool/@volumes/a,b/disk.raw"), "data", read_only=True))
CONFIG = MachineConfig("m-x", FOLDER, 2, 512 << 20, DISKS, Interface("hpp-x", "02:00:00:00:00:01"))
WORDS = command_line(CONFIG, "tcg", Descriptors(monitor=7, console=8, disks=(9, 10), tap=11))


def test_no_path_is_told_but_as_what_a_descriptor_is_of() -> None:
    told = [each for each in WORDS if "/" in each.replace("/dev/fdset/", "")]
    assert told == [
        "fd=8,set=0,opaque=/pool/@machines/m-x/console.log",
        "fd=9,set=1,opaque=/pool/@machines/m-x/root.raw",
        "fd=10,set=2,opaque=/pool/@volumes/a,,b/disk.raw",
    ]


def test_each_disk_is_the_set_that_was_handed_for_it() -> None:
    nodes = [json.loads(WORDS[place + 1]) for place, word in enumerate(WORDS) if word == "-blockdev"]
    assert [(each["file"]["filename"], each["read-only"]) for each in nodes] == [
        ("/dev/fdset/1", False),
        ("/dev/fdset/2", True),
    ]


def test_monitor_and_port_are_what_was_handed() -> None:
    assert "socket,id=monitor,fd=7,server=on,wait=off" in WORDS
    assert json.loads(WORDS[WORDS.index("-netdev") + 1])["fd"] == "11"


def test_two_machines_never_have_the_same_word() -> None:
    assert own_word(Files(FOLDER)) in WORDS
    assert own_word(Files(FOLDER)) != own_word(Files(Path("/other/@machines/m-x")))
