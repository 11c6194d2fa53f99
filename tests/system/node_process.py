"""`hardpan node run` as a process of a test, with simulated machines."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from node_agent.settings import CapacitySettings, NetworkSettings, NodeSettings
from sal.command import find
from tests.system.node_site import Site, wait_for

NOBODY = 65534
IMAGE = b"\x00" * 65536


class Node:
    """`node_agent.process.run` in a process of its own; `changes` are settings that differ from the usual."""

    def __init__(self, folder: Path, site: Site, *, start: bool = True, **changes: Any) -> None:
        self.site = site
        images = folder / "images"
        images.mkdir()
        self.image = _store(images, IMAGE)
        network = NetworkSettings(configure=False)
        medium = site.medium(folder / "medium", images)
        usual: dict[str, Any] = {
            "medium": medium, "state": folder / "state", "engine": "memory", "network": network, "agent_user": NOBODY,
            "heartbeat_seconds": 1.0, "watch_seconds": 0.2,
            "capacity": CapacitySettings(cpus=64, memory=64 << 30, disk=64 << 30),
        }  # fmt: skip
        self.settings = NodeSettings(**usual | changes)
        self.log = folder / "console.log"
        if start:
            self.start()

    def start(self) -> None:
        """Starts the node."""
        program = "import sys; from node_agent import process, settings; process.run(settings.NodeSettings."
        program += "model_validate_json(sys.argv[1]))"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", program, self.settings.model_dump_json()], stdout=log, stderr=log
            )

    def stop(self) -> None:
        """Stops the node; nothing of it is left running."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(40)
        left = [name for name in ("agent", "executor") if self._runs(name)]
        assert not left, f"{left} outlived the node\n{self.console()}"

    def _runs(self, name: str) -> bool:
        note = self.settings.paths.process(name)
        return note.exists() and find(*map(int, note.read_text().split())) is not None

    def pid(self, name: str) -> int:
        """The pid of one of its two processes."""
        return int(self.settings.paths.process(name).read_text().split()[0])

    @property
    def id(self) -> str:
        """The node's name, once it registered."""
        return wait_for(lambda: next(iter(self.site.nodes), None), "registration", log=self.console)

    def console(self) -> str:
        """What it printed."""
        return self.log.read_text()

    def says(self, text: str, seconds: float = 20.0) -> str:
        """Waits for a line with this text and returns it."""
        found = wait_for(
            lambda: [line for line in self.console().splitlines() if text in line], text, seconds, self.console
        )
        return found[-1]

    def effects(self) -> list[tuple[str, str]]:
        """The effects log, without ports: simulated ones end with the executor."""
        lines = self.settings.paths.effects.read_text().splitlines()
        noted = [(each["effect"], each["subject"]) for each in map(json.loads, lines)]
        return [each for each in noted if each[0] != "port.create"]


def _store(folder: Path, data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    (folder / f"sha256-{digest}").write_bytes(data)
    return digest
