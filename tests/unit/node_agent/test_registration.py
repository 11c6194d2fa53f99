"""A machine becomes a node: trust first, then a signed registration, again and again until approved, saying why not."""

from __future__ import annotations

import json
import random
import threading
from pathlib import Path

import pytest

from node_agent.agent import process
from node_agent.agent.gateway import Registered, Reported, TrustVersion
from node_agent.agent.registration import Registration
from node_agent.agent.uptime import Uptime
from node_agent.backoff import BackOff
from node_agent.errors import NodeError, Refused, TryAgain
from node_agent.settings import NodeSettings
from node_agent.status import StatusBoard
from node_agent.testing import FakeGateway
from tests.unit.node_agent.cluster import Cluster
from tests.unit.node_agent.node import Node
from trust.certificate import verify_certificate
from trust.machine import open_signed
from trust.registration import open_registration
from trust.report import REPORT_TYPE, Report

APPROVED = Registered(state="Approved", reason="ApprovedByToken", report_interval_seconds=7)


class Agent:
    """An agent that talks to a scripted gateway; `pauses` is how long it waited, `lines` what the console showed."""

    def __init__(self, folder: Path, *answers: Registered | NodeError) -> None:
        self.node = Node(folder, trusted=False)
        self.gateway = FakeGateway(self.node.cluster.bundle(), list(answers))
        self.lines: list[str] = []
        self.pauses: list[float] = []
        self.status = folder / "status.json"
        self.board = StatusBoard(self.status, self.node.clock, self.lines.append)
        self.give_up_after = 50

    def wait(self, seconds: float) -> bool:
        """Waits no time; gives up at last."""
        self.pauses.append(seconds)
        return len(self.pauses) >= self.give_up_after

    def register(self) -> Registered | None:
        """Registers until approved."""
        back_off = BackOff(source=random.Random(7))
        return Registration(self.node.direct, self.gateway, self.board, self.wait, back_off).until_approved()

    def uptime(self) -> Uptime:
        """The reporter."""
        return Uptime(self.node.direct, self.gateway, self.board, self.wait)


def test_a_token_s_node_brings_a_certificate_that_verifies(tmp_path: Path) -> None:
    agent = Agent(tmp_path, APPROVED)
    assert agent.register() == APPROVED
    registration = open_registration(agent.gateway.seen[0][1].encode(), agent.node.cluster.id)
    assert registration.certificate is not None
    view = agent.node.service.trust.view
    assert view is not None
    certificate = verify_certificate(registration.certificate.encode(), view)
    assert (certificate.node, certificate.region, certificate.labels) == (registration.node, "eu", {"disk": "ssd"})
    assert registration.nonce == "bm9uY2U="


def test_the_certificate_is_made_once(tmp_path: Path) -> None:
    agent = Agent(tmp_path, APPROVED)
    agent.register()
    agent.node.clock.advance(3600)
    agent.register()
    first, second = (open_registration(e.encode(), agent.node.cluster.id).certificate for _, e in agent.gateway.seen)
    assert first == second


def test_a_pending_node_says_what_it_waits_for_and_asks_again(tmp_path: Path) -> None:
    pending = Registered(state="Pending", reason="HardwareNotAllowed", message="token rack admits Acme only")
    agent = Agent(tmp_path, pending, pending, APPROVED)
    assert agent.register() == APPROVED
    assert agent.lines == [
        "2026-11-24T12:00:00Z control plane Pending HardwareNotAllowed: token rack admits Acme only",
        "2026-11-24T12:00:00Z control plane Approved ApprovedByToken",
    ]
    status = json.loads(agent.status.read_text())
    assert status["parts"]["control plane"]["state"] == "Approved"
    assert status["node"] == agent.node.service.identity.node


def test_pauses_grow_and_are_never_the_same_for_all(tmp_path: Path) -> None:
    agent = Agent(tmp_path, TryAgain("Unreachable", "no answer from https://cp"))
    agent.give_up_after = 9
    assert agent.register() is None
    for number, pause in enumerate(agent.pauses):
        assert 0.5 * min(60, 2**number) <= pause <= min(60, 2**number)
    assert len(set(agent.pauses)) == len(agent.pauses)
    assert agent.lines == ["2026-11-24T12:00:00Z control plane Unregistered Unreachable: no answer from https://cp"]


def test_trust_of_another_cluster_is_refused_before_anything_is_signed(tmp_path: Path) -> None:
    agent = Agent(tmp_path, APPROVED)
    agent.gateway.bundle = Cluster(name="other").bundle()
    agent.give_up_after = 1
    assert agent.register() is None
    assert agent.gateway.seen == []
    assert "WrongCluster" in agent.lines[0]


def test_an_operator_s_certificate_for_other_keys_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Node(tmp_path / "other")
    foreign = other.service.enrolment.envelope()
    assert foreign is not None
    agent = Agent(tmp_path, Registered(state="Approved", certificate=json.loads(foreign)))
    agent.give_up_after = 1
    assert agent.register() is None
    assert "names keys that this node has not" in agent.lines[0]


def test_reports_carry_rising_numbers_over_restarts(tmp_path: Path) -> None:
    agent = Agent(tmp_path, APPROVED)
    agent.register()
    agent.gateway.reports = [Reported()]
    agent.uptime().once()
    agent.node.restart()
    agent.uptime().once()
    sent = [envelope for what, envelope in agent.gateway.seen if what == "report"]
    reports = [open_signed(each.encode(), REPORT_TYPE, Report, agent.node.public) for each in sent]
    assert reports[0].sequence < reports[1].sequence
    assert reports[0].boot == reports[1].boot


def test_newer_trust_is_fetched_when_the_ledger_has_it(tmp_path: Path) -> None:
    agent = Agent(tmp_path, APPROVED)
    agent.register()
    agent.node.cluster.version = 2
    agent.gateway.bundle = agent.node.cluster.bundle()
    agent.gateway.reports = [Reported(trust=TrustVersion(version=2, digest=""))]
    agent.uptime().once()
    assert agent.node.service.trust.version == 2


def test_the_interval_is_the_ledger_s_within_bounds(tmp_path: Path) -> None:
    agent = Agent(tmp_path, APPROVED)
    agent.register()
    agent.pauses.clear()
    agent.gateway.reports = [Reported(report_interval_seconds=each) for each in (30, 3600, 0.01)]
    agent.give_up_after = 3
    assert not agent.uptime().until_unknown(60)
    assert agent.pauses == [30, 300, 1]


@pytest.mark.parametrize("answer", [Reported(state="Pending"), Refused("NodeUnknown", "register first")])
def test_a_node_that_the_ledger_no_longer_knows_registers_again(tmp_path: Path, answer: Reported | NodeError) -> None:
    agent = Agent(tmp_path, APPROVED)
    agent.register()
    agent.gateway.reports = [answer]
    assert agent.uptime().until_unknown(60)


def test_a_node_that_is_not_heard_tries_as_often_as_it_reports(tmp_path: Path) -> None:
    agent = Agent(tmp_path, APPROVED)
    agent.register()
    agent.pauses.clear()
    agent.gateway.reports = [TryAgain("Unreachable", "no answer from https://cp")]
    agent.give_up_after = 20
    agent.uptime().until_unknown(10)
    assert max(agent.pauses) == 10
    assert agent.pauses[-1] == 10
    assert agent.pauses[0] <= 1


def test_an_absent_control_plane_is_told_once_and_waited_for(tmp_path: Path) -> None:
    agent = Agent(tmp_path, APPROVED)
    agent.register()
    agent.lines.clear()
    away = TryAgain("Unreachable", "no answer from https://cp")
    agent.gateway.reports = [away, away, Reported()]
    agent.give_up_after = len(agent.pauses) + 4
    agent.uptime().until_unknown(60)
    assert [line.split(" ", 1)[1] for line in agent.lines] == [
        "control plane Away Unreachable: no answer from https://cp",
        "control plane Reporting",
    ]


def test_an_agent_that_can_no_longer_report_ends_whole_and_is_started_again(tmp_path: Path) -> None:
    class Broken(FakeGateway):
        def report(self, envelope: str) -> Reported:
            raise RuntimeError("a bug")

    parts, stopping = Agent(tmp_path, APPROVED), threading.Event()
    gateway = Broken(parts.node.cluster.bundle(), [APPROVED])
    settings = NodeSettings(medium=tmp_path, state=tmp_path)
    agent = process.Agent(settings, parts.node.direct, gateway, parts.board, stopping)
    with pytest.raises(RuntimeError):
        agent.serve()
    assert stopping.is_set()
    assert "queue" not in {thread.name for thread in threading.enumerate()}
