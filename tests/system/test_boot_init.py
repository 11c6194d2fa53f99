"""Pid 1 of a booted machine, in a process namespace of its own where nothing is switched off."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sal.power import Power
from tests.system.node_site import kill, wait_for
from tests.system.requirements import need

pytestmark = pytest.mark.system

PROGRAM = """
import os, signal, subprocess, sys, time
from pathlib import Path
from node_agent.boot import init
from sal import power

notes = Path(sys.argv[1])

def note(text):
    with notes.open("a") as file:
        print(text, file=file, flush=True)

def boot():
    subprocess.Popen(["sh", "-c", "sleep 0.5 & exec true"]).wait()
    note(f"boot {os.getpid()} {os.getppid()}")
    signal.signal(signal.SIGTERM, lambda *_: (note("boot ends"), os._exit(0)))
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    while True:
        time.sleep(60)

def switch(wanted):
    left = sorted(each.name for each in Path('/proc').iterdir() if each.name.isdigit())
    note(f"{wanted.name} with {left}")

power.switch = switch
first = init.Init(boot, Path("/nowhere"))
first.finish(first.serve())
"""


class Namespace:
    """The program as pid 1; `pid` is what this test calls it."""

    def __init__(self, notes: Path) -> None:
        self.notes = notes
        words = [
            "unshare",
            "--fork",
            "--pid",
            "--mount-proc",
            "--kill-child",
            sys.executable,
            "-c",
            PROGRAM,
            str(notes),
        ]
        environment = {"PYTHONPATH": ":".join(each for each in sys.path if each), "PATH": "/usr/bin:/bin:/usr/sbin"}
        self.process = subprocess.Popen(words, env=environment)
        self.pid = wait_for(self._child, "pid 1")

    def _child(self) -> int:
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(found[0]) if found else 0

    def says(self, text: str, times: int = 1) -> list[str]:
        """Waits for so many notes that begin so."""

        def look() -> list[str]:
            lines = self.notes.read_text().splitlines() if self.notes.exists() else []
            found = [line for line in lines if line.startswith(text)]
            return found if len(found) >= times else []

        return wait_for(look, text, log=lambda: self.notes.read_text() if self.notes.exists() else "")

    def children(self) -> list[tuple[int, str]]:
        """Pid 1's children with the letter of their state."""
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [(int(each), Path(f"/proc/{each}/stat").read_text().rpartition(") ")[2][0]) for each in found]


@pytest.fixture
def namespace(tmp_path: Path) -> Iterator[Namespace]:
    """A running pid 1."""
    need("root")
    made = Namespace(tmp_path / "notes")
    yield made
    made.process.kill()
    made.process.wait(10)


def test_orphans_are_reaped(namespace: Namespace) -> None:
    namespace.says("boot ")
    wait_for(lambda: len(namespace.children()) == 1, "an orphan that is gone", log=lambda: str(namespace.children()))


def test_a_boot_that_ended_is_started_again_as_a_child_of_pid_1(namespace: Namespace) -> None:
    namespace.says("boot ")
    kill(namespace.children()[0][0])
    first, second = (line.split() for line in namespace.says("boot ", 2))
    assert first[1] != second[1]
    assert (first[2], second[2]) == ("1", "1")


@pytest.mark.parametrize(("number", "power"), [(signal.SIGTERM, Power.AGAIN), (signal.SIGUSR2, Power.OFF)])
def test_the_machine_ends_in_order_and_alone(namespace: Namespace, number: signal.Signals, power: Power) -> None:
    namespace.says("boot ")
    kill_with(namespace.pid, number)
    assert namespace.says("boot ends")
    assert namespace.says(power.name) == [f"{power.name} with ['1']"]


def kill_with(pid: int, number: signal.Signals) -> None:
    """Sends a signal to one process of the namespace."""
    subprocess.run(["kill", f"-{number.value}", str(pid)], check=True)
