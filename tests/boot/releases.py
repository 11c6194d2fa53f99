"""A site whose operator releases boot images, the server that hands them out, and what the ledger says of a node."""

from __future__ import annotations

import functools
import http.server
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from controllers.loop.conditions import condition
from tests.boot.guest_site import GuestSite
from tests.boot.machine import Machine
from trust.keys import digest
from trust.part import format_time


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


class ImageServer:
    """Serves a folder to machines; nobody trusts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        handler = functools.partial(_Quiet, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def put(self, name: str, image: bytes) -> str:
        """Serves these bytes; the URL that machines see."""
        (self.folder / name).write_bytes(image)
        return f"http://10.0.2.2:{self._server.server_port}/{name}"

    def close(self) -> None:
        """Serves no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Operator:
    """Signs releases, and asks nodes to go to them."""

    def __init__(self, site: GuestSite, server: ImageServer) -> None:
        self.site, self.server = site, server

    def release(self, name: str, image: bytes, version: str, listed: bool = True, **changes: Any) -> None:
        """Signs for an image, and serves it; one that is not `listed` stands in Kubernetes only."""
        spec: dict[str, Any] = {
            "version": version, "flavour": "cloud", "digest": digest(image), "size": len(image), "minimum": "0",
            "url": self.server.put(f"{name}.efi", image), **changes,
        }  # fmt: skip
        if listed:
            self.site.cluster.releases[name] = spec
            self.site.cluster.version += 1
        self.site.call(self.site.publish(name, spec))

    def ask(self, node: str, release: str) -> None:
        """`hardpan node upgrade`."""
        patch = {"spec": {"image": {"release": release, "asked": format_time(datetime.now(UTC))}}}
        self.site.call(self.site.kube.patch(self.site.node(node), patch))

    def told(self, node: str) -> tuple[str, str, str]:
        """What the ledger says of the node's image: status, reason and message."""
        found = condition(self.site.node(node).status, "UpToDate") or {}
        return found.get("status", ""), found.get("reason", ""), found.get("message", "")

    def hears(self, machine: Machine, node: str, reason: str, seconds: float) -> str:
        """Waits until the ledger says this of the node's image; the message."""
        try:
            return machine.wait(lambda: self._said(node, reason), f"{reason} of {node}", seconds)
        except AssertionError as error:
            raise AssertionError(f"the ledger says {self.told(node)}: {error}") from None

    def _said(self, node: str, reason: str) -> str | None:
        told = self.told(node)
        return told[2] or told[1] if told[1] == reason else None
