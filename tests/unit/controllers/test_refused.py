"""What is refused is counted by what it was and why, whoever refuses; the words are ours, never a stranger's."""

from __future__ import annotations

import httpx
import pytest

from controllers.admission.app import PATH, create
from controllers.admission.endpoint import LARGEST_REVIEW
from controllers.admission.review import Admission
from controllers.loop.cache import Cache
from controllers.loop.metrics import Metrics
from controllers.loop.objects import resource_of
from controllers.review import Reviewer
from controllers.supervisor.caches import JOBS
from controllers.web import LARGEST_BODY
from crds.revisionmark import REVISION_MARK
from plans.evaluator import InProcess
from tests.unit.controllers.admission.test_admission import manifest
from tests.unit.controllers.ledger.desk import Ledger, Machine
from tests.unit.controllers.supervisor.test_answers import asked, say, waiting
from tests.unit.controllers.supervisor.world import World
from tests.unit.trust import world as trusted


def count(metrics: Metrics, what: str, reason: str) -> float:
    """How often this was refused."""
    labels = {"what": what, "reason": reason}
    return metrics.registry.get_sample_value("hardpan_refused_total", labels) or 0.0


async def test_a_registration_that_is_refused() -> None:
    ledger, machine = await Ledger().begin(), Machine()
    await ledger.post("register", machine.registration(ledger, "bm9uZQ=="))
    await ledger.post("register", b"{}")
    await ledger.post("report", machine.report(ledger))
    assert count(ledger.metrics, "register", "Expired") == 1
    assert count(ledger.metrics, "register", "UnknownField") == 1
    assert count(ledger.metrics, "report", "WrongNode") == 1


async def test_a_body_that_got_past_the_gateway_is_bounded_by_the_ledger_too() -> None:
    ledger = await Ledger().begin()
    code, answer = await ledger.post("challenge", b"x" * (LARGEST_BODY + 1))
    assert (code, answer["reason"]) == (413, "TooLarge")
    assert count(ledger.metrics, "challenge", "TooLarge") == 1


async def test_a_deployment_that_admission_refuses() -> None:
    metrics, trust = Metrics(), trusted.World(snapshot={"version": 41})
    marks = Cache(resource_of(REVISION_MARK))
    admission = Admission(Reviewer(InProcess()), marks, trust.view, lambda: trusted.NOW, metrics.refuse)
    transport = httpx.ASGITransport(create(admission, metrics.refuse))
    request = {"uid": "u", "operation": "CREATE", "namespace": "a", "name": "web", "object": manifest(by="mallory")}
    async with httpx.AsyncClient(transport=transport, base_url="http://admission") as client:
        await client.post(PATH, json={"request": request})
        await client.post(PATH, content=b"x" * (LARGEST_REVIEW + 1))
        await client.post(PATH, content=b"{")
    assert count(metrics, "deployment", "UnknownSigner") == 1
    assert count(metrics, "review", "TooLarge") == 1
    assert count(metrics, "review", "BadEncoding") == 1


async def test_a_deployment_that_the_supervisor_refuses() -> None:
    world = await World().begin()
    await world.deploy()
    await world.edit(script='log("not signed");')
    assert count(world.metrics, "deployment", "BadSignature") >= 1


@pytest.mark.parametrize(
    ("said", "counted"), [("TrustRollback", "TrustRollback"), ("made up by a node \x1b[2J", "Other")]
)
async def test_an_order_that_a_node_refuses_under_a_reason_that_is_ours(said: str, counted: str) -> None:
    world, job = await waiting()
    node = asked(world, job)
    say(node, job.uid, 1, node.receipt(job.uid, 1, "refused", said, "no \x1b[31m"))
    await world.settle()
    assert count(world.metrics, "job", counted) == 1
    words = world.said(JOBS, job.name)["Succeeded"][2]
    assert words.isprintable(), "a node's words drive nobody's terminal"


async def test_a_receipt_that_its_node_did_not_sign() -> None:
    world, job = await waiting()
    node = asked(world, job)
    say(node, job.uid, 1, node.receipt(job=job.uid, attempt=1, key=trusted.machine_key("mallory")))
    await world.settle()
    assert count(world.metrics, "receipt", "BadSignature") == 1


async def test_a_report_that_speaks_for_another_node() -> None:
    world = await World("a", "b").begin()
    a, b = world.nodes
    a.broker.put_heartbeat(b.report())
    await world.inbox.look()
    assert count(world.metrics, "report", "BadSignature") == 1
