"""What the demo needs of a control plane, whether it runs as processes of this machine or as pods."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from cli.demo.steps import Steps


class Plane(Protocol):
    """Queue and controllers; each method may be repeated."""

    @property
    def gateway(self) -> str:
        """The gateway's URL, as nodes reach it."""

    @property
    def certificate(self) -> Path:
        """The site's authority, which media pin; there once it was brought up."""

    def install_kinds(self) -> None:
        """Kubernetes serves our kinds."""

    def bring_up(self, steps: Steps) -> None:
        """Until nodes can register. Raises SalError or CliError."""

    def stop(self) -> None:
        """Ends what of it runs on this machine."""
