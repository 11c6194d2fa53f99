"""The first process of the node that runs pods: mounts, network, then its programs; when one of them ends, all end.

Started inside `unshare` with namespaces of its own. Whatever a pod started ends with this process.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from cli.demo.pods import plugin_cache
from cli.demo.pods.layout import LINK, PodsLayout
from cli.demo.pods.programs import Program
from sal.command import Command, Process, SystemRunner, find, spawn
from sal.errors import SalError

WAIT_SECONDS = 20.0
SWITCHES = ("net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables")


@dataclass(frozen=True)
class Node:
    """What the first process is told."""

    folder: Path
    name: str
    number: int
    programs: tuple[Program, ...]

    def written(self) -> str:
        """As text, for its command line's file."""
        return json.dumps(asdict(self), default=str)


def read(file: Path) -> Node:
    """What `written` wrote."""
    held = json.loads(file.read_bytes())
    programs = tuple(Program(**each) for each in held["programs"])
    return Node(Path(held["folder"]), held["name"], held["number"], programs)


def main(node: Node) -> None:
    """Comes up, and looks after the programs. Raises SalError when one of them has ended."""
    layout = PodsLayout(node.folder, node.name, node.number)
    plugin_cache.hold()
    _mount(layout)
    _connect(layout)
    running = dict(_start(node.programs, layout))
    while True:
        # Also what lost its parent ends here: this is the first process of its namespace.
        pid, code = os.waitpid(-1, 0)
        if pid in running:
            raise SalError(f"{running[pid]} ended with {code}: see {layout.logs / running[pid]}.log")


def _mount(layout: PodsLayout) -> None:
    for folder in (layout.kubelet, layout.logs):
        folder.mkdir(parents=True, exist_ok=True)
    # What programs would write to the machine's own folders, and nobody would take away.
    for target in ("/run", str(plugin_cache.FOLDER)):
        _run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", target)
    _run("mount", "--bind", str(layout.logs), "/var/log")
    # Volumes of pods that are mounted later must be seen by containers.
    _run("mount", "--make-rshared", "/")


def _connect(layout: PodsLayout) -> None:
    # /sys still shows the links of the namespace that mounted it.
    _await(Path(f"/proc/sys/net/ipv4/conf/{LINK}"), "the cable from the host")
    for words in (
        ("link", "set", "lo", "up"),
        ("address", "add", str(layout.node), "dev", LINK),
        ("link", "set", LINK, "up"),
        ("route", "add", "default", "via", str(layout.host.ip)),
    ):
        _run("ip", *words)
    for switch in SWITCHES:
        if (file := Path("/proc/sys") / switch).exists():
            file.write_text("1")


def _start(programs: tuple[Program, ...], layout: PodsLayout) -> Iterator[tuple[int, str]]:
    for program in programs:
        log = layout.logs / f"{program.name}.log"
        if program.socket:
            Path(program.socket).unlink(missing_ok=True)
        process = spawn(tuple(program.words), log=log)
        yield process.pid, program.name
        if program.socket:
            _await(Path(program.socket), f"{program.name} (its log is {log})", process)


def _await(file: Path, what: str, process: Process | None = None) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not file.exists():
        ended = process is not None and find(process.pid, process.started) is None
        if ended or time.monotonic() > deadline:
            raise SalError(f"waited in vain for {what}")
        time.sleep(0.02)


def _run(*words: str) -> None:
    SystemRunner().run(Command(words))


if __name__ == "__main__":
    main(read(Path(sys.argv[1])))
