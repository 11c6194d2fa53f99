"""The seam to the overlay network that joins the machines of different nodes.

A node without a Mycelium daemon has static routes instead; the daemon comes with a later issue, behind the same seam.
"""

from __future__ import annotations

from typing import Protocol


class Overlay(Protocol):
    """Other nodes' machines are reached through it."""

    def ensure(self) -> None:
        """Brings it up, or repairs it. Raises TryAgain with the reason when it cannot be used yet."""


class NoOverlay:
    """For a node whose machines are simulated."""

    def ensure(self) -> None:
        """There is nothing to bring up."""
