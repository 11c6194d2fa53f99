"""A rollout while each process is killed in turn, and the queue emptied: it converges, and nothing happens twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.demo.kubernetes import EmbeddedKubernetes
from jobs.redis_controller import RedisControllerBroker
from node_agent.paths import Paths
from tests.cloud.captured import connection
from tests.cloud.cloud import Cloud

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
SEED = 20_261_125
CHANGES = ("root.create", "machine.start", "volume.create", "port.create")


def kill_controller(role: str) -> Callable[[Cloud], None]:
    """`hardpan control-plane` starts it again."""
    return lambda cloud: os.kill(cloud.demo.control_plane.pid(role), signal.SIGKILL)


def kill_node_process(name: str) -> Callable[[Cloud], None]:
    """`hardpan node run` starts it again; machines go on."""

    def kill(cloud: Cloud) -> None:
        for number in cloud.demo.numbers:
            note = Paths(cloud.demo.layout.node(number).mount).process(name)
            os.kill(int(cloud.demo.nodes.inside(number, note).read_text().split()[0]), signal.SIGKILL)

    return kill


def kill_redis(cloud: Cloud) -> None:
    """Somebody starts it again, on what it wrote."""
    control_plane = cloud.demo.control_plane
    process = control_plane.processes.find("redis")
    assert process is not None
    process.kill()
    time.sleep(0.5)
    control_plane.start_redis()


def empty_redis(cloud: Cloud) -> None:
    """FLUSHALL: everything in the queue is gone, the nodes' credentials too."""
    asyncio.run(flush(RedisControllerBroker(connection(cloud))))


async def flush(broker: RedisControllerBroker) -> None:
    """Empties the server."""
    await broker._redis.flushall()
    await broker.close()


def kill_kubernetes(name: str) -> Callable[[Cloud], None]:
    """The API server or its store; started again on what it wrote."""

    def kill(cloud: Cloud) -> None:
        kubernetes = cloud.demo.kubernetes
        assert isinstance(kubernetes, EmbeddedKubernetes)
        process = kubernetes.processes.find(name)
        assert process is not None
        process.kill()
        time.sleep(0.5)
        kubernetes.start()

    return kill


VICTIMS: dict[str, Callable[[Cloud], None]] = {
    **{role: kill_controller(role) for role in ("ledger", "coord", "supervisor", "gateway", "admission")},
    "agent": kill_node_process("agent"),
    "executor": kill_node_process("executor"),
    "redis": kill_redis,
    "the queue's content": empty_redis,
    "kube-apiserver": kill_kubernetes("kube-apiserver"),
    "etcd": kill_kubernetes("etcd"),
}


def test_whatever_dies_during_a_rollout_it_converges_and_no_effect_comes_twice(cloud: Cloud) -> None:
    chance = random.Random(SEED)
    cloud.deploy("storm", 2, memory="96Mi")
    for number, (victim, kill) in enumerate(VICTIMS.items(), 1):
        file = cloud.sign(cloud.manifest("storm", 2, memory=f"{96 + number}Mi"))
        cloud.demo.apply(file)
        time.sleep(chance.uniform(0.0, 1.0))
        kill(cloud)
        converged(cloud, file, victim, 96 + number)
    assert twice(cloud) == {}
    assert len(cloud.processes()) == 2


def converged(cloud: Cloud, file: Path, victim: str, mebibytes: int) -> None:
    """Ready at the new size, by the API and by the processes themselves."""
    cloud.eventually(lambda: cloud.is_ready("storm"), f"{file.name} after {victim} was taken away", 120.0)
    sizes = {each["spec"]["memory"] for each in cloud.machines("storm").values()}
    assert sizes == {mebibytes << 20}, victim
    arguments = [Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in cloud.processes().values()]
    assert {words[words.index(b"-m") + 1].decode() for words in arguments} == {f"{mebibytes}M"}, victim


def twice(cloud: Cloud) -> dict[tuple[str, ...], int]:
    """Effects on this rollout's resources that came more than once for one generation of one object."""
    seen = Counter(
        (each["effect"], each["subject"], str(each["epoch"]), str(each["generation"]))
        for each in cloud.effects()
        if each["effect"] in CHANGES and "/storm-" in each["subject"]
    )
    assert seen, "the effects log knows nothing of this rollout"
    return {effect: count for effect, count in seen.items() if count > 1}
