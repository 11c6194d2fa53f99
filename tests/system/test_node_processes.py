"""Agent and executor as real processes: over TLS to a gateway and a Redis, with simulated machines, killed at will."""

from __future__ import annotations

import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from node_agent import in_process
from node_agent.executor.hosts import simulated_host
from node_agent.settings import NodeSettings
from tests.system.node_process import NOBODY, Node
from tests.system.node_site import Site, kill, wait_for
from tests.system.requirements import need
from tests.unit.node_agent.build import machine_item, uses, volume_item
from tests.unit.node_agent.cluster import Tenancy

pytestmark = pytest.mark.system


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that only root may pass: the path of a socket is at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="hpn-") as made:
        yield Path(made)


@pytest.fixture
def site(folder: Path) -> Iterator[Site]:
    """A site."""
    need("root", "redis")
    made = Site(folder)
    yield made
    made.close()


@pytest.fixture
def node(folder: Path, site: Site) -> Iterator[Node]:
    """A running node."""
    made = Node(folder, site)
    yield made
    made.stop()


def tenancy(node: Node) -> Tenancy:
    """A deployment of a machine with a volume."""
    image = {"url": "https://images.example/a.raw", "sha256": node.image}
    items = {
        ("machine", "web-0"): machine_item(image=image, volumes=uses("data-0")),
        ("volume", "data-0"): volume_item(),
    }
    return Tenancy(node.site.cluster, node.id, items)


STEPS = [("volume", "data-0", 1, 1), ("machine", "web-0", 1, 1)]


def ensure(node: Node, web: Tenancy, job: str = "job-1") -> None:
    """Orders volume and machine and waits until the node says done."""
    node.site.place(node.id, job, web.ensure(job, *STEPS), web.documents())
    receipt = node.site.receipt(node.id, job, log=node.console)
    assert receipt.state == "succeeded", (receipt, node.console())


def table(node: Node) -> dict[str, str]:
    """State by name, as the heartbeat says."""
    report = node.site.heartbeat(node.id)
    return {row.name: row.state for row in report.table} if report else {}


def reads(user: int, file: Path) -> bool:
    """Whether a process of this user can read the file."""
    return subprocess.run(["cat", file], user=user, group=user, extra_groups=[], capture_output=True).returncode == 0


def test_who_takes_over_the_fetcher_cannot_read_the_agent_s_keys(node: Node, folder: Path) -> None:
    folder.chmod(0o711)
    usual = {name: NodeSettings.model_fields[name].default for name in ("agent_user", "fetch_user")}
    assert node.settings.agent_user == usual["agent_user"]
    key = wait_for(lambda: next(node.settings.paths.agent.glob("*key*.pem"), None), "the agent's key", log=node.console)
    assert reads(usual["agent_user"], key)
    assert not reads(usual["fetch_user"], key)
    assert not reads(usual["fetch_user"], node.settings.paths.keys)


def test_a_node_registers_runs_a_signed_job_and_reports_it(node: Node) -> None:
    ensure(node, tenancy(node))
    wait_for(lambda: table(node) == {"web-0": "running", "data-0": "present"}, "heartbeat with the table")
    wait_for(lambda: node.id in node.site.reports, "uptime report")
    node.says("control plane Approved ApprovedByToken")
    node.says("queue Connected")


def test_the_agent_has_no_privilege_and_cannot_read_the_keys(node: Node) -> None:
    ensure(node, tenancy(node))
    status = Path(f"/proc/{node.pid('agent')}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == [str(NOBODY)] * 4
    assert fields["CapEff"].strip() == "0" * 16
    assert node.settings.paths.keys.stat().st_mode & 0o077 == 0
    assert node.settings.paths.keys.stat().st_uid == 0


def test_each_process_may_die_and_no_effect_comes_twice(node: Node) -> None:
    web = tenancy(node)
    ensure(node, web)
    for name in ("executor", "agent", "executor"):
        before = node.pid(name)
        kill(before)
        wait_for(lambda name=name, before=before: node.pid(name) != before, f"a new {name}")  # type: ignore[misc]
    ensure(node, web, "job-2")
    assert len(node.effects()) == len(set(node.effects()))


def test_a_new_run_takes_over_the_processes_that_the_last_one_left(node: Node) -> None:
    ensure(node, tenancy(node))
    pids = {name: node.pid(name) for name in ("agent", "executor")}
    kill(node.process.pid)
    node.process.wait()
    node.start()
    node.says("agent: runs already")
    ensure(node, tenancy(node), "job-2")
    assert {name: node.pid(name) for name in pids} == pids
    assert "AlreadyRunning" not in node.console()


def test_a_node_that_was_stopped_in_order_goes_on_when_it_is_started(node: Node) -> None:
    ensure(node, tenancy(node))
    node.stop()
    node.start()
    ensure(node, tenancy(node), "job-2")
    assert len(node.effects()) == len(set(node.effects()))


def test_a_redis_that_dies_and_comes_back_empty_is_told_and_survived(node: Node) -> None:
    web = tenancy(node)
    ensure(node, web)
    kill(node.site.redis.pid)
    node.site.redis.wait()
    wait_for(lambda: "queue Away Unavailable" in node.console(), "the console says so")
    for each in (node.site.folder / "redis").glob("append*"):
        subprocess.run(["rm", "-rf", str(each)], check=True)
    node.site.start_redis()
    node.site.broker.forget_ready()
    ensure(node, web, "job-2")
    assert node.console().count("queue Away AccessDenied") <= 3


def test_a_removal_leaves_nothing_but_the_bin(node: Node) -> None:
    web = tenancy(node)
    ensure(node, web)
    for kind, name in (("machine", "web-0"), ("volume", "data-0")):
        job = f"uid-{name}.absent"
        node.site.place(node.id, job, web.absent(job, (kind, name, 1, 2)), web.documents())
        assert node.site.receipt(node.id, job).state == "succeeded"
    assert list(node.settings.paths.machines.iterdir()) == []
    assert list((node.settings.state / "@volumes").iterdir()) == []
    assert len(list((node.settings.state / "@bin").iterdir())) == 1
    wait_for(lambda: node.site.heartbeat(node.id).table == (), "an empty table")  # type: ignore[union-attr]


def test_a_node_in_threads_of_this_process_works_as_well(site: Site, folder: Path) -> None:
    settings = Node(folder, site, start=False).settings
    lines: list[str] = []
    stop = in_process.start(settings, lines.append, simulated_host)
    try:
        name = wait_for(lambda: next(iter(site.nodes), None), "registration", log=lambda: "\n".join(lines))
        web = Tenancy(site.cluster, name, {("volume", "data-0"): volume_item()})
        site.place(name, "job-1", web.ensure("job-1", ("volume", "data-0", 1, 1)), web.documents())
        assert site.receipt(name, "job-1").state == "succeeded"
    finally:
        stop()


def test_killed_at_random_moments_a_rollout_ends_converged_and_no_effect_comes_twice(node: Node) -> None:
    """Machines are placed one after another while executor, agent and queue are taken away (seeded)."""
    source, web = random.Random(20_261_124), tenancy(node)
    names = [f"web-{number}" for number in range(12)]
    image = {"url": "https://images.example/a.raw", "sha256": node.image}
    web.items = {("machine", name): machine_item(image=image, memory=64 << 20, cpus=1) for name in names}
    envelopes = {name: web.ensure(f"job-{name}", ("machine", name, 1, 1)) for name in names}
    for name, envelope in envelopes.items():
        node.site.place(node.id, f"job-{name}", envelope, web.documents())
        disturb(node, source)
    for name, envelope in envelopes.items():
        # As the supervisor does: what has no receipt yet is placed again and again.
        def again(name: str = name, envelope: bytes = envelope) -> None:
            node.site.place(node.id, f"job-{name}", envelope, web.documents())

        receipt = node.site.receipt(node.id, f"job-{name}", 60.0, node.console, again)
        assert receipt.state == "succeeded", receipt
    wait_for(lambda: table(node) == dict.fromkeys(names, "running"), "all machines run", 30.0)
    effects = node.effects()
    assert len(effects) == len(set(effects))


def disturb(node: Node, source: random.Random) -> None:
    """Waits a moment and does one bad thing, or none."""
    time.sleep(source.uniform(0.0, 0.4))
    victim = source.choice(["executor", "executor", "agent", "queue", "nothing"])
    if victim == "queue":
        node.site.flush()
    elif victim != "nothing":
        with suppress(ProcessLookupError):
            kill(node.pid(victim))
