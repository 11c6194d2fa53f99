"""What the demo's nodes run on: processes of this machine, or machines that boot from the EFI image."""

from __future__ import annotations

from typing import Protocol

from cli.demo.steps import Steps


class Hardware(Protocol):
    """The demo's nodes, brought up and looked at; each method may be repeated."""

    def bring_up(self, steps: Steps) -> None:
        """Two nodes, from nothing to Ready."""

    def lines(self) -> list[str]:
        """What guests printed to their consoles."""

    def hurt(self, steps: Steps) -> None:
        """Something breaks below the machine web-0, which comes back."""


BACK = "web-0 boot 2 of volume /data"
