"""The checks of a node, in the order in which one thing depends on another."""

from __future__ import annotations

from cli.doctor.check import Check
from cli.doctor.machine import Machine
from cli.doctor.node_checks import certificates, clock, control_plane, emulation, journal, network, pool, processes

CHECKS: tuple[Check[Machine], ...] = (
    pool.CHECK,
    emulation.CHECK,
    network.CHECK,
    clock.CHECK,
    journal.CHECK,
    processes.CHECK,
    certificates.CHECK,
    control_plane.CHECK,
)
