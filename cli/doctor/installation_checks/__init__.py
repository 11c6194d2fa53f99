"""The checks of an installation, in the order in which one thing depends on another."""

from __future__ import annotations

from cli.doctor.check import Check
from cli.doctor.installation import Installation
from cli.doctor.installation_checks import (
    admission,
    api_server,
    certificates,
    controllers,
    crds,
    deletions,
    deployments,
    jobs,
    nodes,
    queue,
    regions,
    trust,
)

CHECKS: tuple[Check[Installation], ...] = (
    api_server.CHECK,
    crds.CHECK,
    trust.CHECK,
    controllers.CHECK,
    regions.CHECK,
    admission.CHECK,
    queue.CHECK,
    certificates.CHECK,
    nodes.CHECK,
    deployments.CHECK,
    jobs.CHECK,
    deletions.CHECK,
)
