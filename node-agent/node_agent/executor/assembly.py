"""Puts the executor together from its settings; the parts know each other only by what they are given here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from node_agent.clock import Clock
from node_agent.executor import attestation, identity, inventory, sealing, trust_state
from node_agent.executor.bin import BinKeeper
from node_agent.executor.effects import EffectsFile, EffectsLog
from node_agent.executor.enrolment import Enrolment
from node_agent.executor.health import Health
from node_agent.executor.host import Host
from node_agent.executor.identity import Identity
from node_agent.executor.image_keeper import ImageKeeper
from node_agent.executor.journal import Journal
from node_agent.executor.keeper import Keeper
from node_agent.executor.locks import Locks
from node_agent.executor.marks import Marks
from node_agent.executor.memory import Memory
from node_agent.executor.orphans import Tidier
from node_agent.executor.receipts import Notary
from node_agent.executor.refusals import Refusals
from node_agent.executor.releases import Releases
from node_agent.executor.report import Reporter, Sequence
from node_agent.executor.resources import Resources
from node_agent.executor.runner import Runner, StopList
from node_agent.executor.service import Service
from node_agent.executor.starts import Starts
from node_agent.executor.store import Store
from node_agent.executor.work import Tools
from node_agent.medium import Medium
from node_agent.settings import NodeSettings


@dataclass(frozen=True)
class Executor:
    """The parts that the process drives."""

    service: Service
    keeper: Keeper
    bin: BinKeeper
    images: ImageKeeper
    tidier: Tidier
    store: Store
    refusals: Refusals
    releases: Releases


@dataclass(frozen=True)
class Machine:
    """What the executor takes from the machine that it runs on; a simulation brings its own."""

    store: Callable[[Path], Store] = Store
    boot: Callable[[str], str] = inventory.boot_id
    starts: Callable[[Path], Starts] = Starts
    sleep: Callable[[float], None] = time.sleep
    effects: Callable[[Path, str, Clock], EffectsLog] = EffectsFile


THIS_MACHINE = Machine()
REMEDY = "install it, or boot an image that has it"


def assemble(
    settings: NodeSettings, medium: Medium, own: Identity, host: Host, clock: Clock, machine: Machine = THIS_MACHINE
) -> Executor:
    """All parts of one node. Raises NeedsOperator for a damaged journal and for a foreign medium."""
    paths = settings.paths
    cluster = trust_state.pin(paths.pin, medium)
    store = machine.store(paths.journal)
    boot, starts = machine.boot(own.node), machine.starts(paths.starts)
    trust = trust_state.TrustState(cluster, medium.file.snapshot_floor, store, clock)
    attest = attestation.of(settings.tpm)
    enrolment = Enrolment(own, starts, trust, clock, paths.certificate, medium.file.token, attest)
    capacity = partial(inventory.capacity, settings, runs_machines=not host.lacks())
    resources, marks, locks = Resources(store), Marks(store), Locks()
    effects = machine.effects(paths.effects, boot, clock)
    tools = Tools(cluster, host, store, resources, marks, effects, clock, machine.sleep, capacity)
    refusals = Refusals(paths.refusals)
    notary = Notary(own, boot, clock, refusals)
    runner = Runner(tools, Journal(store), Memory(marks, trust, resources), enrolment, notary, locks, StopList())
    health = Health()
    if host.lacks():
        health.found(
            "hypervisor", "NoHypervisor", f"{host.lacks()} is not on this node, so no machine can run: {REMEDY}"
        )
    admit = partial(identity.admit, paths.keys, sealing.of(settings.tpm))
    releases = Releases(settings.image, trust, store, clock, admit)
    sequence, bin_entries = Sequence(store), host.bin_entries
    reporter = Reporter(
        own, boot, starts, clock, trust, resources, capacity, sequence, bin_entries, health, releases.report
    )
    said = partial(inventory.inventory, own.kept)
    service = Service(own, boot, trust, enrolment, runner, reporter, refusals, releases, said, capacity)
    keepers = Keeper(tools, locks, boot, health), BinKeeper(tools), ImageKeeper(tools), Tidier(tools, health)
    return Executor(service, *keepers, store, refusals, releases)
