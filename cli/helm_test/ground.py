"""All that a step of the test can look at."""

from __future__ import annotations

from dataclasses import dataclass

from cli.doctor.installation import Installation
from cli.helm_test.cluster import ClusterDoor
from cli.helm_test.reach import Reach
from cli.helm_test.settings import Settings


@dataclass(frozen=True)
class Ground:
    """The installation by its API server, its objects, and its doors for machines."""

    settings: Settings
    installation: Installation
    objects: ClusterDoor
    reach: Reach
