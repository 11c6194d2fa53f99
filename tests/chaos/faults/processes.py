"""Processes that are killed, or stand still for longer than every lease: 15 s of leadership, 30 s of a job."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from cli.control_plane import ROLES, environment
from sal.command import Process
from sal.errors import SalError
from tests.chaos.arena import Arena, Hit
from tests.chaos.faults.fault import Fault, Undo, nothing

LONGER_THAN_EVERY_LEASE = (34.0, 40.0)
Find = Callable[[Arena, int], Process | None]


def controller(role: str) -> Find:
    return lambda arena, _: arena.controller(role)


def of_node(name: str) -> Find:
    return lambda arena, node: arena.node_process(node, name)


def of_kubernetes(name: str) -> Find:
    return lambda arena, _: arena.kubernetes.processes.find(name)


def redis(arena: Arena, _: int) -> Process | None:
    return arena.demo.control_plane.processes.find("redis")


def kill(look: Find) -> Callable[[Arena, int], Undo]:
    """SIGKILL; who looks after the process starts it again."""

    def begin(arena: Arena, node: int) -> Undo:
        process = look(arena, node)
        if process is not None:
            process.kill()
        return nothing

    return begin


def freeze(look: Find) -> Callable[[Arena, int], Undo]:
    """SIGSTOP, and SIGCONT at the end: to itself no time has passed."""

    def begin(arena: Arena, node: int) -> Undo:
        process = look(arena, node)
        if process is None:
            return nothing
        process.signal(signal.SIGSTOP)
        return lambda: process.signal(signal.SIGCONT)

    return begin


def kill_node_run(arena: Arena, node: int) -> Undo:
    """What looks after agent and executor; both go on without it."""
    name = arena.node(node).name
    process = arena.demo.nodes.processes.find(name)
    if process is not None:
        process.kill()
    return lambda: arena.demo.nodes.run_agent(node)


def kill_machine(arena: Arena, node: int) -> Undo:
    """A hypervisor dies: the one machine that may be started again."""
    machines = sorted(arena.demo.nodes.machines(node).items())
    if machines:
        host, process = machines[0]
        arena.hits.append(Hit(time.time(), node, host))
        process.kill()
    return nothing


def kill_control_plane(arena: Arena, _: int) -> Undo:
    """The machine of the controllers loses its power, Redis and Kubernetes have theirs."""
    control_plane = arena.demo.control_plane
    parent = control_plane.processes.find("control-plane")
    if parent is not None:
        parent.kill()
    for role in ROLES:
        process = arena.controller(role)
        if process is not None:
            process.kill()
    return lambda: start_controllers(arena)


def start_controllers(arena: Arena) -> None:
    """Starts them without waiting; what the webhook's registration needs is there already."""
    control_plane = arena.demo.control_plane
    words = [*control_plane._options.within, *control_plane._python(), "control-plane"]

    words += ["--logs", str(arena.demo.layout.control_plane)]
    control_plane.processes.start("control-plane", words, {**environment(), **control_plane.settings()})


def kill_kubernetes(name: str) -> Callable[[Arena, int], Undo]:
    """The API server or what belongs to it; started again on what it wrote."""

    def begin(arena: Arena, _: int) -> Undo:
        process = arena.kubernetes.processes.find(name)
        if process is not None:
            process.kill()
        return lambda: start_kubernetes(arena)

    return begin


def start_kubernetes(arena: Arena) -> None:
    """On a busy machine an API server may take longer to be ready than a demo waits."""
    for patience in (True, True, False):
        try:
            arena.kubernetes.start()
            return
        except SalError:
            if not patience:
                raise


def restart_api_server(arena: Arena, _: int) -> Undo:
    arena.kubernetes.processes.stop("kube-apiserver", 5.0)
    start_kubernetes(arena)
    return nothing


def kill_redis(arena: Arena, node: int) -> Undo:
    """Started again on what it wrote."""
    kill(redis)(arena, node)
    return arena.demo.control_plane.start_redis


FAULTS = (
    *(Fault(f"kill {role}", role, kill(controller(role))) for role in ROLES),
    *(Fault(f"freeze {role}", role, freeze(controller(role)), LONGER_THAN_EVERY_LEASE) for role in ROLES),
    Fault("kill all controllers", "controllers", kill_control_plane, (1.0, 5.0)),
    Fault("kill agent", "node", kill(of_node("agent"))),
    Fault("kill executor", "node", kill(of_node("executor"))),
    Fault("kill node run", "node", kill_node_run, (1.0, 5.0)),
    Fault("kill machine", "node", kill_machine),
    Fault("freeze agent", "node", freeze(of_node("agent")), LONGER_THAN_EVERY_LEASE),
    Fault("freeze executor", "node", freeze(of_node("executor")), LONGER_THAN_EVERY_LEASE),
    Fault("kill Redis", "redis", kill_redis, (0.5, 3.0)),
    Fault("freeze Redis", "redis", freeze(redis), LONGER_THAN_EVERY_LEASE),
    Fault("kill kube-apiserver", "kubernetes", kill_kubernetes("kube-apiserver"), (0.5, 5.0)),
    Fault("restart kube-apiserver", "kubernetes", restart_api_server),
    Fault("freeze kube-apiserver", "kubernetes", freeze(of_kubernetes("kube-apiserver")), (18.0, 25.0)),
    Fault("kill etcd", "kubernetes", kill_kubernetes("etcd"), (0.5, 5.0)),
    Fault("freeze etcd", "kubernetes", freeze(of_kubernetes("etcd")), (18.0, 25.0)),
    Fault("kill kube-controller-manager", "kubernetes", kill_kubernetes("kube-controller-manager"), (0.5, 5.0)),
)
