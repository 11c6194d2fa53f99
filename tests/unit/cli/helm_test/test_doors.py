"""What `helm test` says of gateway and queue: each thing that can be wrong with them, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cli.doctor.check import State
from cli.doctor.examination import Diagnosis, examine
from cli.doctor.testing import NOW, FakeInstallation, lease
from cli.errors import CliError
from cli.helm_test import gateway, queue
from cli.helm_test.__main__ import line
from cli.helm_test.checks import CHECKS
from cli.helm_test.ground import Ground
from cli.helm_test.reach import NotBelieved
from cli.helm_test.testing import GATEWAY, QUEUE, FakeReach, ground
from node_agent.agent.gateway import Registered
from node_agent.errors import NodeError, Refused, TryAgain
from node_agent.testing import FakeGateway
from tests.unit.node_agent.cluster import Cluster
from trust.registration import open_registration

EXPIRED = Refused("Expired", "the challenge was not given by this ledger: ask for a new one")


def said(found: list[Diagnosis]) -> list[str]:
    """The lines."""
    return [line(each) for each in found]


def of(*answers: Registered | NodeError, bundle: bytes | None = None, **reach: Any) -> Ground:
    """A gateway that serves trust and answers so."""
    cluster = Cluster()
    made = ground(FakeReach(FakeGateway(bundle or cluster.bundle(), [*answers]), **reach))
    return replace(made, settings=replace(made.settings, cluster=cluster.id))


def test_a_machine_that_the_ledger_challenges_found_everything_well() -> None:
    found = examine([gateway.CHECK], of(EXPIRED))
    assert {each.finding.state for each in found} == {State.WELL}
    assert said(found)[-1].startswith("✓ gateway: a machine with fresh keys is challenged by the ledger")


def test_what_it_signs_is_a_registration_in_answer_to_the_challenge() -> None:
    looked = of(EXPIRED)
    examine([gateway.CHECK], looked)
    [(_, envelope)] = looked.reach.gateway(GATEWAY).seen  # type: ignore[attr-defined]
    registered = open_registration(envelope.encode(), looked.settings.cluster)
    assert (registered.nonce, registered.certificate) == ("bm9uY2U=", None)


@pytest.mark.parametrize(
    ("changes", "words", "remedy"),
    [
        ({"failing": {GATEWAY.url: CliError("it does not answer")}}, "it does not answer", "component=gateway"),
        ({"failing": {GATEWAY.url: NotBelieved("has expired")}}, "has expired", "renew-now"),
        ({"ends": NOW - timedelta(days=1)}, "its certificate ended 2026-11-23", "renew-now"),
        ({"bundle": b"{}"}, "serves a trust that no node believes", "trust.yaml"),
    ],
)
def test_a_gateway_that_no_machine_could_use_is_told(changes: dict[str, Any], words: str, remedy: str) -> None:
    [found] = said(examine([gateway.CHECK], of(EXPIRED, **changes)))[-1:]
    assert found.startswith("✗ gateway: ")
    assert words in found
    assert remedy in found.partition("→")[2]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (TryAgain("Busy", "gateway/v1/nodes/register answered 503; trying again"), "register answered 503 →"),
        (
            Refused("WrongCluster", "this is another cluster"),
            "refuses a machine: WrongCluster: this is another cluster",
        ),
        (Registered(state="Pending"), "took the answer to another machine's challenge: Pending"),
    ],
)
def test_a_ledger_that_does_not_answer_as_ours_does_is_told(answer: Registered | NodeError, words: str) -> None:
    assert words in said(examine([gateway.CHECK], of(answer)))[-1]
    assert said(examine([gateway.CHECK], of(answer)))[-1].startswith("✗")


@pytest.mark.parametrize("answer", [b"", b"-NOAUTH Authentication required.\r\n"])
def test_a_queue_that_is_shut_to_strangers_is_well(answer: bytes) -> None:
    found = examine([queue.CHECK], ground(FakeReach(said=answer)))
    assert {each.finding.state for each in found} == {State.WELL}


def test_a_queue_that_answers_a_stranger_is_told() -> None:
    [_, found] = said(examine([queue.CHECK], ground(FakeReach(said=b"+PONG\r\n"))))
    assert found.startswith(f"✗ queue: {QUEUE.url} answers a stranger: +PONG → turn its default user off")


def test_a_queue_that_is_away_has_a_remedy_for_whoever_runs_it() -> None:
    reach = FakeReach(failing={QUEUE.url: CliError("refused"), "rediss://redis.example:1": CliError("refused")})
    looked = ground(reach)
    outside = replace(looked.settings, queue=replace(QUEUE, url="rediss://redis.example:1"))
    assert said(examine([queue.CHECK], looked))[0].endswith("describe statefulset hardpan-redis")
    assert "does redis.external.url name it" in said(examine([queue.CHECK], replace(looked, settings=outside)))[0]


def test_the_doctors_looks_name_pods_where_they_named_programs() -> None:
    held = FakeInstallation()
    held.held["leases.coordination.k8s.io"] = [lease("ledger"), lease("supervisor-main")]
    lines = [text for each in CHECKS for text in said(examine([each], ground(installation=held)))]
    [found] = [each for each in lines if each.startswith("✗ controllers")]
    assert found.endswith(
        "coord has never run here → kubectl -n ns get pods; kubectl -n ns logs deployment/hardpan-coord"
    )


def test_other_remedies_of_the_doctor_stay() -> None:
    held = FakeInstallation(ready="no")
    [api_server] = [each for each in CHECKS if each.name == "API server"]
    assert "look into its log; is etcd up" in said(examine([api_server], ground(installation=held)))[0]


def test_a_finding_is_one_line_whatever_strangers_wrote_into_it() -> None:
    [found] = examine([gateway.CHECK], of(EXPIRED, failing={GATEWAY.url: CliError("a\nb\x1b[2J")}))
    assert "\n" not in line(found)
    assert "\x1b" not in line(found)
