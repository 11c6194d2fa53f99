"""What happens to whole nodes: cut off, lossy, full, at another time, without power."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress

from sal.command import Command, SystemRunner
from tests.chaos.arena import Arena, Hit
from tests.chaos.faults.fault import Fault, Undo

TABLE = "chaos"
HOUR = 3600
DROPS: dict[str, tuple[str, ...]] = {
    "in": ("input",),
    "out": ("output",),
    "both": ("input", "output", "forward"),
}


def cut(ways: str, rule: str = "drop") -> Callable[[Arena, int], Undo]:
    """Packets of the node's cable are dropped; `rule` says which."""

    def begin(arena: Arena, node: int) -> Undo:
        lines = [f"add table inet {TABLE}"]
        for hook in DROPS[ways]:
            lines += [f"add chain inet {TABLE} {hook} {{ type filter hook {hook} priority -300; }}"]
            lines += [f"add rule inet {TABLE} {hook} {_where(hook)} {rule}"]
        _nft(arena, node, *lines)
        return lambda: _nft(arena, node, f"add table inet {TABLE}", f"delete table inet {TABLE}")

    return begin


def _where(hook: str) -> str:
    return {"input": "iifname hpo0", "output": "oifname hpo0", "forward": ""}[hook]


def _nft(arena: Arena, node: int, *lines: str) -> None:
    words = ("ip", "netns", "exec", arena.node(node).namespace, "nft", "-f", "-")
    SystemRunner().run(Command(words, input="".join(f"{line}\n" for line in lines).encode()))


def fill(arena: Arena, node: int) -> Undo:
    """Nothing more can be written to the node's disk."""
    folder = arena.pool(node)
    file = folder / "fill"
    with file.open("wb") as opened:
        size = 4 << 30
        while size >= 4096:
            try:
                os.posix_fallocate(opened.fileno(), os.fstat(opened.fileno()).st_size, size)
            except OSError:
                size //= 2

    def undo() -> None:
        with suppress(OSError):
            file.unlink()

    return undo


def step(seconds: int) -> Callable[[Arena, int], Undo]:
    """The node's wall clock jumps, and jumps back."""

    def begin(arena: Arena, node: int) -> Undo:
        clock = arena.node_clocks[node]
        clock.step(seconds)
        return lambda: clock.step(0)

    return begin


def step_controllers(seconds: int) -> Callable[[Arena, int], Undo]:
    """The wall clock of all controllers jumps, and jumps back."""

    def begin(arena: Arena, _: int) -> Undo:
        arena.clock.step(seconds)
        return lambda: arena.clock.step(0)

    return begin


def reboot(arena: Arena, node: int) -> Undo:
    """The power fails: every process at once, sockets and namespace gone; then all starts from the disk."""
    arena.hits.append(Hit(time.time(), node))
    layout = arena.node(node)
    for each in (arena.pool(node) / "run").iterdir():
        with suppress(OSError):
            each.unlink()
    arena.demo.nodes.switch_off(node)
    for words in (("ip", "link", "delete", layout.host_link), ("ip", "netns", "delete", layout.namespace)):
        SystemRunner().run(Command(words, accepted_codes=(0, 1)))

    def start() -> None:
        arena.start_node_again(node)
        arena.join()

    return start


FAULTS = (
    Fault("cut in", "node", cut("in"), (20.0, 40.0)),
    Fault("cut out", "node", cut("out"), (20.0, 40.0)),
    Fault("cut both ways", "node", cut("both"), (20.0, 45.0)),
    Fault("lose 20 % of packets", "node", cut("both", "numgen random mod 100 < 20 drop"), (20.0, 30.0)),
    Fault("disk full", "node", fill, (15.0, 25.0)),
    Fault("node clock +1 h", "node", step(HOUR), (15.0, 30.0)),
    Fault("node clock -1 h", "node", step(-HOUR), (15.0, 30.0)),
    Fault("controllers' clock +1 h", "controllers", step_controllers(HOUR), (15.0, 30.0)),
    Fault("controllers' clock -1 h", "controllers", step_controllers(-HOUR), (15.0, 30.0)),
    Fault("reboot", "node", reboot, (2.0, 6.0)),
)
