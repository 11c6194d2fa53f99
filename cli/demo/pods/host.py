"""The host's end of the node's cable, and the host's way to Services and pods (the API server asks webhooks there)."""

from __future__ import annotations

import time
from pathlib import Path

from cli.demo.pods.layout import LINK, PodsLayout
from sal.command import Command, Runner
from sal.errors import SalError

APART_SECONDS = 30.0
"""How long a process may take to have a network of its own, which on a busy machine is well after its start."""


def lay(runner: Runner, layout: PodsLayout) -> None:
    """The cable, whose other end lies here too until there is a node. May be repeated."""
    if _has(runner, layout.cable):
        return
    _ip(runner, "link", "add", layout.cable, "type", "veth", "peer", "name", layout.loose_end)
    _ip(runner, "address", "add", str(layout.host), "dev", layout.cable)
    _ip(runner, "link", "set", layout.cable, "up")
    for network in (layout.services, layout.pods):
        _ip(runner, "route", "add", str(network), "via", str(layout.node.ip), "dev", layout.cable)


def plug_in(runner: Runner, layout: PodsLayout, pid: int) -> None:
    """The other end is in the network namespace of a process, once it has one; when that goes, the cable goes too.

    Raises SalError when it ends or takes none: in ours the name of the link may be another's.
    """
    deadline = time.monotonic() + APART_SECONDS
    while not _has_own_network(pid):
        if time.monotonic() > deadline:
            raise SalError(f"process {pid} took no network of its own in {APART_SECONDS:.0f} s; start it again")
        time.sleep(0.01)
    _ip(runner, "link", "set", layout.loose_end, "netns", str(pid), "name", LINK)


def remove(runner: Runner, layout: PodsLayout) -> None:
    """No cable is left, also where the kernel would take the namespace away a little later."""
    runner.run(Command(("ip", "link", "delete", layout.cable), accepted_codes=(0, 1)))


def _has_own_network(pid: int) -> bool:
    try:
        its = Path(f"/proc/{pid}/ns/net").stat()
    except OSError as error:
        raise SalError(f"process {pid}, which is to run pods, has ended; its log says why") from error
    return its.st_ino != Path("/proc/thread-self/ns/net").stat().st_ino


def _has(runner: Runner, link: str) -> bool:
    return runner.run(Command(("ip", "link", "show", "dev", link), accepted_codes=(0, 1))).code == 0


def _ip(runner: Runner, *words: str) -> None:
    runner.run(Command(("ip", *words)))
