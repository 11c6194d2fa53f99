"""The seam to an installation: what the checks ask of API server and queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from jobs.inspection import Inspection
from trust.snapshot import TrustView


class Installation(Protocol):
    """What can be asked. Everything raises CliError when nobody answers."""

    @property
    def now(self) -> datetime:
        """The time of this look."""

    def objects(self, resource: str) -> list[dict[str, Any]]:
        """All objects of a resource, like `nodes.hardpan.dev`, in all namespaces."""

    def answer(self, path: str) -> str:
        """What the API server says at a path."""

    def refusal(self, manifest: str) -> str | None:
        """What it says when this is applied for trial only; None when it would be taken."""

    def trust(self) -> TrustView | None:
        """Trust as it is shown, verified against the pin; None where no cluster is pinned."""

    def queue(self) -> Inspection | None:
        """The queue as it is; None where its settings are not known here."""

    def certificates(self) -> Mapping[str, datetime]:
        """The TLS certificates named in the settings that are known here, with their ends."""

    def issued(self) -> Mapping[str, datetime]:
        """Those in the Secrets of an installation by the charts, with their ends; none where there is no such."""
