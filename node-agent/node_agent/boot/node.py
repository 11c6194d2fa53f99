"""The node's two processes as the boot runs them: started one by one, and again when they end or the medium changes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from node_agent.boot.node_state import NodeState, parse, parse_stop
from node_agent.process import Child
from node_agent.settings import NodeSettings
from sal.errors import os_errors
from sal.filesystem import write_durably


class NodeProcesses:
    """Executor and agent of this machine."""

    def __init__(self, child: Callable[[str, NodeSettings, Callable[[str], None]], Child] = Child) -> None:
        self._child = child
        self._settings: NodeSettings | None = None
        self._children: dict[str, Child] = {}
        self._stopped: tuple[str, str] | None = None
        self._last = NodeState()

    @property
    def settings(self) -> NodeSettings | None:
        """How the processes are run; None before that is laid down."""
        return self._settings

    @property
    def started(self) -> frozenset[str]:
        """Those that are looked after."""
        return frozenset(self._children)

    def lay_down(self, settings: NodeSettings) -> None:
        """From here on the processes go by these settings; those that went by others are ended. Raises SalError."""
        self.end()
        with os_errors(settings.paths.run):
            settings.paths.run.mkdir(mode=0o711, parents=True, exist_ok=True)
        write_durably(settings.paths.settings, settings.model_dump_json().encode(), mode=0o644)
        self._settings = settings

    def start(self, name: str) -> None:
        """Looks after this process from here on."""
        if self._settings is not None:
            self._children[name] = self._child(name, self._settings, self._hear)

    def look(self) -> None:
        """Starts what is due."""
        for child in self._children.values():
            child.look()

    def end(self) -> None:
        """Ends both, the agent first; machines go on."""
        for name in sorted(self._children):
            self._children.pop(name).end()

    def state(self) -> NodeState:
        """What the node says of itself; of a process that could not go on, its last words."""
        if self._settings is None:
            return NodeState()
        now = parse(_read(self._settings.paths.status))
        if now != self._last:
            self._last, self._stopped = now, None if now.state else self._stopped
        if self._stopped is None:
            return now
        return NodeState(now.node, "Stopped", *self._stopped)

    def _hear(self, line: str) -> None:
        self._stopped = parse_stop(line) or self._stopped


def forget_earlier_boot(settings_state: Path) -> None:
    """Pids of an earlier boot are other processes' now, and what was said then is not so any more."""
    for file in (*settings_state.glob("run/*.pid"), settings_state / "agent/status.json"):
        file.unlink(missing_ok=True)


def _read(file: Path) -> bytes:
    with suppress(OSError):
        return file.read_bytes()
    return b""
