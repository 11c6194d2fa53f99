"""From a job's bytes to a signed receipt: what the node's last gate admits, refuses, remembers and repeats."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread, current_thread

import pytest

from node_agent.executor.marks import Mark
from node_agent.testing import Crash
from tests.unit.node_agent.build import GIB, MIB, machine_item, uses, volume_item
from tests.unit.node_agent.cluster import read_receipt
from tests.unit.node_agent.node import MACHINE, VOLUME, Node
from trust.job import Receipt
from trust.keys import digest
from trust.machine import open_signed
from trust.report import REPORT_TYPE, Report


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A certified node."""
    return Node(tmp_path)


def test_a_signed_job_runs_and_its_receipt_says_what_each_step_did(node: Node) -> None:
    receipt = node.ensure()
    assert (receipt.state, receipt.reason) == ("succeeded", "Succeeded")
    assert [(each.kind, each.outcome) for each in receipt.steps] == [("volume", "done"), ("machine", "done")]
    assert node.table() == {MACHINE: "running", VOLUME: "present"}


def test_the_same_delivery_again_gives_the_same_receipt_and_no_effect(node: Node) -> None:
    envelope = node.web.ensure("job-1", ("volume", "data-0", 1, 1))
    first = node.runner.run("job-1", 1, envelope, node.web.documents())
    node.host.effects.clear()
    assert node.runner.run("job-1", 1, envelope, {}) == first
    assert node.host.effects == []


def test_the_next_attempt_finds_everything_done(node: Node) -> None:
    node.ensure()
    node.host.effects.clear()
    steps = [("volume", "data-0", 1, 1), ("machine", "web-0", 1, 1)]
    receipt = node.run("job-1", node.web.ensure("job-1", *steps, attempt=2), attempt=2)
    assert [each.outcome for each in receipt.steps] == ["unchanged", "unchanged"]
    assert node.host.effects == []


def test_receipts_form_a_chain_over_restarts(node: Node) -> None:
    envelope = node.web.ensure("job-1", ("volume", "data-0", 1, 1))
    first = node.runner.run("job-1", 1, envelope, node.web.documents())
    node.restart()
    second = node.run("job-2", node.web.ensure("job-2", ("volume", "data-0", 1, 1)))
    assert second.sequence == 2
    assert second.previous == digest(first)


def test_a_failed_step_skips_the_rest_and_says_why(node: Node) -> None:
    steps = [("machine", "web-0", 1, 1), ("volume", "data-0", 1, 1)]
    receipt = node.run("job-1", node.web.ensure("job-1", *steps))
    assert (receipt.state, receipt.reason) == ("failed", "VolumeMissing")
    assert [each.outcome for each in receipt.steps] == ["failed", "skipped"]


def test_a_cancelled_job_stops_before_its_next_step(node: Node) -> None:
    node.host.after = lambda effect, name: node.runner.stopping.ask("job-1")
    receipt = node.ensure()
    assert (receipt.state, receipt.reason) == ("failed", "Cancelled")
    assert [each.outcome for each in receipt.steps] == ["done", "skipped"]
    assert node.table() == {VOLUME: "present"}


def test_an_order_that_was_overtaken_while_it_waited_for_its_turn_does_nothing(node: Node) -> None:
    node.ensure()
    turns = iter([lambda: node.run("gone", node.web.absent("gone", ("machine", "web-0", 1, 3)))])
    locks, hold = node.runner.locks, node.runner.locks.hold

    @contextmanager
    def overtaken(key: Hashable) -> Iterator[None]:
        for act in turns if key == MACHINE else ():
            assert act().state == "succeeded"
        with hold(key):
            yield

    locks.hold = overtaken  # type: ignore[method-assign]
    receipt = node.run("late", node.web.ensure("late", ("machine", "web-0", 1, 2)))
    assert (receipt.state, receipt.reason) == ("failed", "StaleEpoch")
    assert node.table() == {VOLUME: "present"}


def test_a_job_that_is_delivered_again_while_it_is_in_hand_runs_once(node: Node) -> None:
    node.ensure()
    envelope, receipts, waits = node.web.absent("gone", ("machine", "web-0", 1, 2)), list[Receipt](), Event()
    second = Thread(target=lambda: receipts.append(node.run("gone", envelope)))
    locks, hold = node.runner.locks, node.runner.locks.hold

    @contextmanager
    def watched(key: Hashable) -> Iterator[None]:
        if current_thread() is second:
            waits.set()
        with hold(key):
            yield

    def deliver_again(effect: str, name: str) -> None:
        if second.ident is None:
            second.start()
            assert waits.wait(5)

    locks.hold = watched  # type: ignore[method-assign]
    node.host.before = deliver_again
    receipts.append(node.run("gone", envelope))
    second.join()
    assert [each.state for each in receipts] == ["succeeded", "succeeded"]
    assert receipts[0] == receipts[1]


def test_a_name_may_come_back_after_a_removal_whose_receipt_was_lost_in_a_crash(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.ensure()
    envelope = node.web.absent("gone", ("machine", "web-0", 1, 2))

    def dies(*_: object) -> bytes:
        raise Crash

    monkeypatch.setattr(node.runner.journal, "finish", dies)
    with pytest.raises(Crash):
        node.run("gone", envelope)
    node.restart()
    assert node.run("gone", envelope).state == "succeeded"
    assert node.ensure("job-2").state == "succeeded"


def test_a_plan_that_no_user_signed_is_refused_and_nothing_is_started(node: Node) -> None:
    signed = node.web.document()
    node.web.items[("machine", "web-0")] = machine_item(memory=GIB)
    envelope = node.web.job(
        "job-1", [node.web.step("machine", "web-0", 1, 1, "ensure")], 1,
        revision=1, plan=digest(node.web.plan()), document=digest(signed),
    )  # fmt: skip
    receipt = node.run("job-1", envelope, signed)
    assert (receipt.state, receipt.reason) == ("refused", "PlanDigestMismatch")
    assert node.host.effects == []


def test_a_stranger_s_signature_starts_nothing(node: Node) -> None:
    node.web.signer = "mallory"
    assert node.ensure().reason == "UnknownSigner"
    assert node.table() == {}


def test_a_refusal_does_not_stand_in_the_way_of_the_true_job(node: Node) -> None:
    true = node.web.ensure("job-1", ("volume", "data-0", 1, 1))
    documents = node.web.documents()
    node.web.signer = "mallory"
    assert node.ensure().state == "refused"
    node.web.signer = "alice"
    receipt = read_receipt(node.runner.run("job-1", 1, true, documents), node.public)
    assert receipt.state == "succeeded"


def test_a_job_delivered_under_another_name_is_refused(node: Node) -> None:
    assert node.run("job-2", node.web.ensure("job-1", ("volume", "data-0", 1, 1))).state == "refused"


def test_a_document_that_did_not_come_fails_the_attempt_only(node: Node) -> None:
    envelope = node.web.ensure("job-1", ("volume", "data-0", 1, 1))
    public = node.public
    assert read_receipt(node.runner.run("job-1", 1, envelope, {}), public).reason == "DocumentMissing"
    assert node.run("job-1", envelope).state == "succeeded"


def test_an_older_revision_never_returns_even_after_a_restart(node: Node) -> None:
    node.web.revision = 2
    assert node.ensure().state == "succeeded"
    node.restart()
    node.web.revision = 1
    assert node.ensure("job-2").reason == "RevisionTooOld"


def reassign(node: Node) -> None:
    """The namespace is made anew for another tenant, whose revisions, epochs and generations begin at 1."""
    node.cluster.tenant = "t-" + "b" * 26
    node.cluster.version += 1
    node.web.revision = 1


def test_a_namespace_made_anew_for_another_tenant_begins_anew_and_takes_nothing_old(node: Node) -> None:
    node.web.revision = 7
    assert node.ensure(generation=5).state == "succeeded"
    old, documents = node.web.ensure("job-2", ("machine", "web-0", 1, 9)), node.web.documents()
    reassign(node)
    assert node.ensure("too-early").reason == "NameTaken"
    steps = [("machine", "web-0", 1, 9), ("volume", "data-0", 1, 9)]
    assert node.run("gone", node.web.absent("gone", *steps)).state == "succeeded"
    assert node.ensure("job-3").state == "succeeded"
    again = read_receipt(node.runner.run("job-2", 1, old, documents), node.public)
    assert again.reason == "TrustRollback"
    node.web.revision = 2
    assert node.ensure("job-4").state == "succeeded"
    node.web.revision = 1
    assert node.ensure("job-5").reason == "RevisionTooOld"


def test_another_tenant_of_the_namespace_gets_a_new_volume_and_the_old_one_stays_in_the_bin(node: Node) -> None:
    node.ensure()
    (old,) = node.host.volumes
    reassign(node)
    node.run("gone", node.web.absent("gone", ("machine", "web-0", 1, 2), ("volume", "data-0", 1, 2)))
    assert node.ensure("job-2").state == "succeeded"
    (new,) = node.host.volumes
    assert new != old
    assert node.host.in_bin(old)


def test_a_name_that_another_deployment_holds_is_neither_taken_nor_taken_away(node: Node) -> None:
    node.ensure()
    before = node.runner.tools.resources.all()
    other = {"namespace": "a", "name": "other", "uid": "uid-2", "tenant": node.cluster.tenant}
    receipt = node.run("gone", node.web.absent("gone", ("machine", "web-0", 1, 2), deployment=other))
    assert (receipt.state, receipt.reason) == ("failed", "NameTaken")
    assert node.runner.tools.resources.all() == before


def test_marks_of_an_older_journal_that_name_no_tenant_still_count(node: Node) -> None:
    marks = node.runner.tools.marks
    marks.raise_to("revision", "a/web", Mark(7, digest="sha256:" + "0" * 64))
    assert node.ensure().reason == "RevisionTooOld"
    node.web.revision = 8
    marks.raise_to("fence", "a/web/machine/web-0", Mark(1, 5))
    assert node.ensure("job-2", generation=4).reason == "StaleEpoch"
    assert node.ensure("job-3", generation=5).state == "succeeded"


def test_a_removal_that_names_no_tenant_ends_the_resource_with_its_fence(node: Node) -> None:
    node.ensure(generation=4)
    unnamed = {"namespace": "a", "name": "web", "uid": "uid-1", "tenant": ""}
    late = node.web.absent("late", ("machine", "web-0", 1, 3), deployment=unnamed)
    assert node.run("late", late).reason == "StaleEpoch"
    receipt = node.run("gone", node.web.absent("gone", ("machine", "web-0", 1, 5), deployment=unnamed))
    assert (receipt.state, node.table()) == ("succeeded", {VOLUME: "present"})
    assert node.ensure("job-2", generation=1).state == "succeeded"


def test_the_same_revision_with_other_content_is_refused(node: Node) -> None:
    node.ensure()
    node.web.script = "let x = 2;"
    assert node.ensure("job-2").reason == "RevisionConflict"


def test_an_older_generation_is_refused(node: Node) -> None:
    node.ensure(generation=3)
    assert node.ensure("job-2", generation=2).reason == "StaleEpoch"


def test_an_older_supervisor_lease_is_refused(node: Node) -> None:
    node.cluster.lease = 7
    node.ensure()
    node.cluster.lease = 6
    assert node.ensure("job-2").reason == "StaleLease"


def test_an_older_trust_snapshot_is_refused(node: Node) -> None:
    node.cluster.version = 5
    node.ensure()
    node.restart()
    node.cluster.version = 4
    assert node.ensure("job-2").reason == "TrustRollback"


def test_a_removed_machine_s_name_may_come_back_as_a_new_object(node: Node) -> None:
    node.ensure(generation=4)
    node.run("web-0.absent", node.web.absent("web-0.absent", ("machine", "web-0", 1, 5)))
    assert node.table() == {VOLUME: "present"}
    node.cluster.now = node.clock.now()
    assert node.ensure("job-2", generation=1).state == "succeeded"


def test_what_was_ordered_before_the_removal_does_not_come_back(node: Node) -> None:
    late = node.web.ensure("job-2", ("machine", "web-0", 1, 1))
    documents = node.web.documents()
    node.ensure()
    node.clock.advance(60)
    node.cluster.now = node.clock.now()
    node.run("web-0.absent", node.web.absent("web-0.absent", ("machine", "web-0", 1, 5)))
    receipt = read_receipt(node.runner.run("job-2", 1, late, documents), node.public)
    assert receipt.reason == "RemovedSince"
    assert node.table() == {VOLUME: "present"}


def test_a_reference_becomes_the_address_that_the_holder_s_certificate_gives(node: Node) -> None:
    other = machine_item(env={"PEER": {"ref": "machine/web-0/address"}})
    node.web.items[("machine", "web-1")] = other
    certificate = node.service.enrolment.envelope()
    assert certificate is not None
    envelope = node.web.ensure(
        "job-1", ("machine", "web-1", 1, 1),
        holders={"machine/web-0": node.web.node}, certificates=[digest(certificate)],
    )  # fmt: skip
    assert node.run("job-1", envelope, certificate).state == "succeeded"
    node.ensure("job-2")
    resources = {each.key.name: each.assignment for each in node.runner.tools.resources.all()}
    started = {goal.seed.hostname: goal for goal in node.host.started.values()}
    assert started["web-1"].seed.environment == {"PEER": resources["web-0"].address}


def test_a_reference_that_nobody_holds_fails_its_step(node: Node) -> None:
    node.web.items[("machine", "web-1")] = machine_item(env={"PEER": {"ref": "machine/web-0/address"}})
    assert node.run("job-1", node.web.ensure("job-1", ("machine", "web-1", 1, 1))).reason == "HolderUnknown"


def test_a_node_without_a_certificate_does_nothing(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.cluster.revoked_nodes = (node.web.node,)
    node.cluster.version = 2
    assert node.ensure().reason == "NodeRevoked"


def test_a_grown_volume_and_a_new_memory_size_arrive_with_the_next_revision(node: Node) -> None:
    node.ensure()
    node.host.effects.clear()
    node.web.revision = 2
    node.web.items[("machine", "web-0")] = machine_item(memory=256 * MIB, volumes=uses("data-0"))
    node.web.items[("volume", "data-0")] = volume_item(128 * MIB)
    steps = [("volume", "data-0", 1, 2), ("machine", "web-0", 1, 2)]
    assert node.run("job-2", node.web.ensure("job-2", *steps)).state == "succeeded"
    assert [effect for effect, _ in node.host.effects] == ["grow", "stop", "launch", "start"]


def test_after_a_crash_a_job_goes_on_at_its_first_unfinished_step(node: Node) -> None:
    def die(effect: str, name: str) -> None:
        if effect == "start":
            raise Crash

    node.host.after = die
    with pytest.raises(Crash):
        node.ensure()
    node.host.after = lambda effect, name: None
    node.restart()
    effects = list(node.host.effects)
    receipt = node.ensure()
    assert [(each.kind, each.outcome) for each in receipt.steps] == [("volume", "done"), ("machine", "unchanged")]
    assert node.host.effects == effects


def test_a_plan_over_the_tenant_s_ceilings_is_refused_although_a_user_signed_it(node: Node) -> None:
    for number in range(3):
        node.web.items[("machine", f"big-{number}")] = machine_item(cpus=50)
    assert node.ensure().reason == "OverCeilings"
    assert node.host.effects == []


def test_an_image_from_a_host_that_the_tenant_may_not_use_is_refused(node: Node) -> None:
    elsewhere = {"url": "https://elsewhere.example/a.raw", "sha256": "a" * 64}
    node.web.items[("machine", "web-0")] = machine_item(image=elsewhere, volumes=uses("data-0"))
    assert node.ensure().reason == "OverCeilings"


def test_an_item_out_of_bounds_is_refused_although_a_user_signed_it(node: Node) -> None:
    node.web.items[("machine", "web-0")] = machine_item(memory=1, volumes=uses("data-0"))
    assert node.ensure().state == "refused"
    assert node.table() == {}


def test_an_error_that_nobody_foresaw_fails_the_attempt_and_not_the_queue(node: Node) -> None:
    def surprise(effect: str, name: str) -> None:
        raise ZeroDivisionError

    node.host.before = surprise
    receipt = node.ensure()
    assert (receipt.state, receipt.reason) == ("failed", "Internal")
    node.host.before = lambda effect, name: None
    steps = [("volume", "data-0", 1, 1), ("machine", "web-0", 1, 1)]
    assert node.run("job-1", node.web.ensure("job-1", *steps, attempt=2), attempt=2).state == "succeeded"


def test_the_report_names_what_waits_in_the_bin(node: Node) -> None:
    node.ensure()
    (volume,) = node.host.volumes
    node.run("gone", node.web.absent("gone", ("machine", "web-0", 1, 2), ("volume", "data-0", 1, 2)))
    report = open_signed(node.executor.service.reporter.report(), REPORT_TYPE, Report, node.public)
    assert report.bin == (volume,)
