"""A captured control plane tries every way of DESIGN section 4 against a real node, and the node starts nothing.

The node is real processes over a real Redis, with simulated machines. Each attack is refused under its own reason: in
the receipt that the node signs, in its log, and in its metric.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from node_agent.agent.control import SocketExecutor, ask
from node_agent.messages import Ran, Run
from tests.security.attacks import ATTACKS, another_plan_under_the_signed_digest
from tests.security.captured import STEP, Captured, Order
from tests.security.realm import SEEN, Realm
from tests.system.node_process import Node
from tests.system.node_site import Site, wait_for
from tests.system.requirements import need
from tests.unit.node_agent.cluster import read_receipt
from trust.dsse import decode
from trust.errors import Code
from trust.job import Receipt
from trust.part import format_time

pytestmark = pytest.mark.system
VOLUME = {"kind": "volume", "name": "data-0", "verb": "ensure", "epoch": 1, "generation": 2}
MACHINE = STEP | {"generation": 2}


class World:
    """A node that runs what Alice signed, and the control plane above it that somebody took over."""

    def __init__(self, folder: Path) -> None:
        self.refused = Counter[str]()
        self.site = Site(folder)
        self.site.cluster = Realm(now=self.site.cluster.now)
        self.node = Node(folder, self.site)
        self.captured = Captured(self.site.cluster, self.node.id, self.node.image)
        for revision in (2, 3):
            signed = self.captured.wish(revision=revision).signed()
            receipt = self.place(self.captured.order(signed, None, VOLUME, MACHINE))
            assert receipt.state == "succeeded", (receipt, self.node.console())

    def place(self, order: Order) -> Receipt:
        """Puts an order into the queue and waits for the node's signed answer."""
        node = self.node.id
        self.site.call(self.site.broker.enqueue(node, order.job, 1, order.to_bytes(), order.documents))
        receipt = self.site.receipt(node, order.job, log=self.node.console)
        if receipt.state == "refused":
            self.refused[receipt.reason] += 1
        return receipt

    @property
    def public(self) -> bytes:
        """The node's signing key."""
        return decode(self.site.nodes[self.node.id].signing_key)

    def counted(self) -> Counter[str]:
        """What the node's metric says of jobs, by reason."""
        return Counter({reason: number for (what, reason), number in self._metrics().items() if what == "job"})

    def metric(self, what: str, reason: str) -> int:
        """How often the node refused this, by its metric."""
        return self._metrics().get((what, reason), 0)

    def _metrics(self) -> dict[tuple[str, str], int]:
        file = self.node.settings.paths.refusals
        text = file.read_text() if file.exists() else ""
        found = re.findall(r'^hardpan_refused_total\{what="([\w-]+)",reason="(\w+)"\} (\d+)$', text, re.MULTILINE)
        return {(what, reason): int(number) for what, reason, number in found}

    def close(self) -> None:
        """Ends all of it."""
        self.node.stop()
        self.site.close()


class Serving:
    """What a gateway hands out in place of a cluster's trust."""

    def __init__(self, bundle: bytes, version: int) -> None:
        self.version = version
        self._bundle = bundle

    def bundle(self) -> bytes:
        """The trust bundle."""
        return self._bundle


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One world for all attacks: none of them may leave anything that helps the next."""
    need("root", "redis")
    with tempfile.TemporaryDirectory(prefix="hpn-") as folder:
        made = World(Path(folder))
        yield made
        made.close()


@pytest.mark.parametrize(("attack", "code"), ATTACKS.values(), ids=ATTACKS)
def test_the_node_starts_nothing_and_says_why(world: World, attack: object, code: Code) -> None:
    before = world.node.effects()
    receipt = world.place(attack(world.captured))  # type: ignore[operator]
    assert (receipt.state, receipt.reason) == ("refused", code.value), receipt.message
    assert receipt.message.strip(), "a refusal says what was wrong"
    assert world.node.effects() == before


def test_a_document_under_the_digest_of_another_never_leaves_the_queue(world: World) -> None:
    before = world.node.effects()
    receipt = world.place(another_plan_under_the_signed_digest(world.captured))
    assert (receipt.state, receipt.reason) == ("failed", "DocumentMissing")
    assert world.node.effects() == before


def test_who_took_over_the_agent_makes_the_executor_do_no_more(world: World) -> None:
    before = world.node.effects()
    order = another_plan_under_the_signed_digest(world.captured)
    executor = SocketExecutor(world.node.settings.paths.socket)
    request = Run(job=order.job, attempt=1, envelope=order.to_bytes(), documents=dict(order.documents))
    receipt = read_receipt(ask(executor, request, Ran).receipt, world.public)
    executor.close()
    world.refused[receipt.reason] += 1
    assert (receipt.state, receipt.reason) == ("refused", Code.BAD_ENCODING)
    assert world.node.effects() == before


FORGED_TRUST = {
    "a_snapshot_of_one_s_own": "ThresholdNotMet", "a_snapshot_of_another_cluster": "WrongCluster",
    "an_older_snapshot": "TrustRollback",
}  # fmt: skip


@pytest.mark.parametrize(("attack", "reason"), FORGED_TRUST.items())
def test_a_gateway_in_the_wrong_hands_makes_a_node_believe_nobody_else(
    world: World, attack: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ATTACKS[attack][0](world.captured)
    bundle = order.documents[order.fields["trust"]]
    monkeypatch.setattr(world.site, "cluster", Serving(bundle, SEEN + 9))
    world.node.says(reason)
    wait_for(lambda: world.metric("offer-trust", reason), "the metric")
    report = world.site.heartbeat(world.node.id)
    assert report is not None
    assert report.snapshot_version == SEEN, "the node still believes what the root signed"


def test_every_refusal_is_counted_under_its_reason(world: World) -> None:
    world.place(ATTACKS["an_old_order"][0](world.captured))
    wait_for(lambda: world.counted() == world.refused, "the metric", log=lambda: f"{world.counted()} {world.refused}")


def test_hundreds_of_refusals_fill_neither_the_log_nor_the_disk(world: World) -> None:
    paths = world.node.settings.paths
    before = {file: file.stat().st_size for file in (paths.log("executor"), paths.log("agent"), world.node.log)}
    orders = [world.captured.order(None, None, STEP | {"verb": "x" * 250}) for _ in range(200)]
    for order in orders:
        world.site.call(world.site.broker.enqueue(world.node.id, order.job, 1, order.to_bytes(), order.documents))
    world.site.receipt(world.node.id, orders[-1].job, 100.0, world.node.console)
    world.refused["VerbNotAllowed"] += len(orders)
    grown = sum(file.stat().st_size - size for file, size in before.items())
    assert grown < 48_000, f"{grown} bytes of log for two hundred refusals"
    assert paths.journal.stat().st_size < 2_000_000


def test_no_word_of_a_forger_drives_the_console(world: World) -> None:
    nasty = "\x1b[2J\x1b]0;owned\x07\r\nWARNING forged line\u202e"
    receipt = world.place(world.captured.order().but(**{nasty: 1}))
    assert receipt.reason == Code.UNKNOWN_FIELD
    shown = world.node.console()
    assert not {each for each in shown if not each.isprintable()} - {"\n"}
    assert not any(line.startswith("WARNING forged") for line in shown.splitlines())


def test_what_users_signed_still_runs_and_goes_on_under_the_next_signature(world: World) -> None:
    report = world.site.heartbeat(world.node.id)
    assert report is not None
    assert {row.name: row.state for row in report.table} == {"web-0": "running", "data-0": "present"}
    order = world.captured.order(world.captured.wish(revision=5).signed(), None, STEP)
    assert world.place(order).state == "succeeded", "no attack stands in the way of what is true"


def test_what_was_removed_comes_back_by_no_order_from_before(world: World) -> None:
    before = world.captured.order(world.captured.wish(revision=5).signed(), None, STEP | {"generation": 12})
    removal = world.captured.order(None, None, STEP | {"verb": "absent", "generation": 11})
    assert world.place(removal.but(revision=None, plan=None, document=None)).state == "succeeded"
    effects = world.node.effects()
    issued = format_time(world.captured.now - timedelta(minutes=1))
    assert world.place(before.but(issued=issued)).reason == Code.REMOVED_SINCE
    again = world.captured.order(world.captured.wish(revision=2).signed(), None, STEP | {"generation": 13})
    assert world.place(again).reason == Code.REVISION_TOO_OLD
    assert world.node.effects() == effects
