"""Chooses the real machine below or a simulated one, as the settings say, and makes it ready."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network

from node_agent.errors import NeedsOperator
from node_agent.executor.fetching import fetch_apart
from node_agent.executor.identity import Identity
from node_agent.executor.sal_host import SalHost
from node_agent.medium import Medium
from node_agent.settings import NetworkSettings, NodeSettings
from sal import errors
from sal.addresses import node_prefix
from sal.btrfs_pool import BtrfsPool
from sal.command import SystemRunner
from sal.folder_pool import FolderPool
from sal.hypervisor import Hypervisor
from sal.images import ImageStore
from sal.links import Route
from sal.memory_hypervisor import MemoryHypervisor
from sal.network import LinuxNetwork, MemoryNetwork, Network, NodeNetwork
from sal.nftables import Nftables
from sal.pool import Pool
from sal.qemu import QemuHypervisor


def pool_for(settings: NodeSettings) -> Pool:
    """The pool of these settings, ready. Raises NeedsOperator for a wrong disk."""
    pool = (FolderPool if settings.engine == "memory" else BtrfsPool)(settings.state, SystemRunner())
    try:
        pool.prepare()
    except (errors.SalError, OSError) as error:
        raise NeedsOperator("WrongDisk", str(error)) from None
    return pool


def host_for(settings: NodeSettings, medium: Medium, pool: Pool, identity: Identity) -> SalHost:
    """The host of these settings, its network ready."""
    runner = SystemRunner()
    network: Network = LinuxNetwork(Nftables(runner)) if settings.network.configure else MemoryNetwork()
    memory = settings.engine == "memory"
    hypervisor: Hypervisor = MemoryHypervisor() if memory else QemuHypervisor(settings.accelerator)
    node_network = network_of(settings.network, identity)
    images = ImageStore(settings.paths.images)
    preseeded = ImageStore(medium.images) if medium.images else None
    fetch = fetch_apart(runner, settings.fetch_user)
    host = SalHost(settings.paths, pool, images, hypervisor, network, node_network, runner, fetch, preseeded)
    host.ensure_network()
    return host


def simulated_host(settings: NodeSettings, medium: Medium, identity: Identity) -> SalHost:
    """The host of settings whose engine is memory, with its own pool in a plain folder."""
    return host_for(settings, medium, pool_for(settings), identity)


def network_of(settings: NetworkSettings, identity: Identity) -> NodeNetwork:
    """The node's network: its /64 follows from its own key, other nodes are reached by static routes for now."""
    routes = tuple(Route(IPv6Network(each.destination), IPv6Address(each.via), each.device) for each in settings.routes)
    prefix = node_prefix(identity.mycelium.public.hex())
    return NodeNetwork(prefix, settings.bridge, settings.overlay, routes)
