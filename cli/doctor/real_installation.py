"""How an installation is really asked: by kubectl, and by the settings that the controllers have."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli import pinned, trusted
from cli.cluster import Cluster
from cli.doctor.certificates import certificate_end, earliest_end
from cli.errors import CliError
from controllers.loop.errors import BadSettings
from controllers.settings import Environment
from jobs.broker import Connection
from jobs.inspection import Inspection, inspect
from trust.snapshot import TrustView

NAMESPACE = "hardpan-system"


@dataclass(frozen=True)
class RealInstallation:
    """By kubectl, and by the settings of the controllers where this environment has them.

    One look: what was read once counts for every check, so that they speak of the same moment.
    """

    cluster: Cluster
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _read: dict[str, list[dict[str, Any]]] = field(default_factory=dict, init=False, repr=False)

    def objects(self, resource: str) -> list[dict[str, Any]]:
        """See Installation."""
        if resource not in self._read:
            self._read[resource] = self.cluster.kubectl.list(resource)
        return self._read[resource]

    def answer(self, path: str) -> str:
        """See Installation."""
        return self.cluster.kubectl.run("get", "--raw", path, seconds=20)

    def refusal(self, manifest: str) -> str | None:
        """See Installation."""
        try:
            self.cluster.kubectl.run("create", "--dry-run=server", "-f", "-", text=manifest, seconds=30)
        except CliError as error:
            return str(error)
        return None

    def trust(self) -> TrustView | None:
        """See Installation."""
        pin = pinned.find()
        return None if pin is None else trusted.trust_of(self.cluster, pin)

    def queue(self) -> Inspection | None:
        """See Installation."""
        connection = self._connection()
        return None if connection is None else inspect(connection)

    def certificates(self) -> Mapping[str, datetime]:
        """See Installation."""
        named = {name: file for name, file in self.environment.items() if _names_certificate(name)}
        return {f"{name} ({file})": certificate_end(Path(file)) for name, file in sorted(named.items())}

    def issued(self) -> Mapping[str, datetime]:
        """See Installation."""
        namespace = self.environment.get("HARDPAN_NAMESPACE") or NAMESPACE
        found = {f"Secret {each['metadata']['name']}": each for each in self.cluster.kubectl.list("secrets", namespace)}
        ours = {name: each for name, each in sorted(found.items()) if name.startswith("Secret hardpan-")}
        pems = {name: (each.get("data") or {}).get("tls.crt") for name, each in ours.items()}
        return {name: earliest_end(base64.b64decode(pem), name) for name, pem in pems.items() if pem}

    def _connection(self) -> Connection | None:
        if "HARDPAN_REDIS" not in self.environment:
            return None
        try:
            return Environment(self.environment).redis()
        except BadSettings as error:
            raise CliError(str(error)) from None


def _names_certificate(variable: str) -> bool:
    return variable.startswith("HARDPAN_") and variable.endswith(("_CERTIFICATE", "_CA"))
