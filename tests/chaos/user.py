"""The user in a storm: keeps what is wanted applied, as somebody does whose manifests are in git."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from cli.demo.people import TENANT
from cli.errors import CliError
from cli.manifest import load
from sal.errors import SalError
from tests.chaos.arena import Arena
from tests.chaos.workload import Wish

LOOK_SECONDS = 2.0


class User:
    """Signs each wish when its time comes, and applies whatever the API server does not have as it should be."""

    def __init__(self, arena: Arena, wishes: Sequence[Wish]) -> None:
        self._arena, self._wishes = arena, wishes
        self.wanted: dict[str, Wish] = {}
        self.files: dict[str, Path] = {}
        self.applied: list[str] = []
        self._stop = threading.Event()
        self._began = 0.0
        self._left = list(wishes)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def want(self, wish: Wish) -> None:
        """From now on."""
        more = {"maxUnavailable": 4} if wish.name == "tide" else {}
        file = self._arena.manifest(wish.name, wish.replicas, f"{wish.mebibytes}Mi", script=wish.script, **more)
        self.files[wish.name] = self._arena.sign(file)
        self.wanted[wish.name] = wish

    def begin(self, already: str) -> None:
        """The storm begins; what is wanted already is left out."""
        self._left = [wish for wish in self._wishes if wish.name != already]
        self._began = time.monotonic()
        self._thread.start()

    @property
    def satisfied(self) -> bool:
        """Whether every wish was signed and all is applied as it should be."""
        return not self._left and self.look()

    def end(self) -> None:
        """Stops."""
        self._stop.set()
        self._thread.join()

    def look(self) -> bool:
        """Applies what is not there as it should be; whether all is."""
        return not [name for name in self.wanted if not self._ensure(name)]

    def _serve(self) -> None:
        while not self._stop.is_set():
            while self._left and self._left[0].at <= time.monotonic() - self._began:
                self.want(self._left.pop(0))
            self.look()
            self._stop.wait(LOOK_SECONDS)

    def _ensure(self, name: str) -> bool:
        file = self.files[name]
        words = ("get", "deployments.hardpan.dev", name, "--namespace", TENANT, "--ignore-not-found")
        try:
            found = self._arena.kubectl.run(*words, "--output", "json", "--request-timeout=3s", seconds=10)
            if found and json.loads(found)["spec"].get("revision") == load(file).spec["revision"]:
                return True
            self._arena.kubectl.run("apply", "--request-timeout=6s", "-f", str(file), seconds=20)
            self.applied.append(f"{name} revision {load(file).spec['revision']}")
            return True
        except (CliError, SalError, ValueError):
            return False
