"""Status: Ready never lies, every stuck state names its reason, a lost node turns Unknown."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from controllers.supervisor import rollout, status, workload_status
from controllers.supervisor.accept import Judgement
from controllers.supervisor.model import Refused, Row, Snapshot
from crds.deployment_conditions import CONDITIONS
from tests.unit.controllers.supervisor.build import GIB, NOW, accepted, job, machine, node, placed, snapshot, volume

WEB = machine("web")
DOCUMENTED = {each.type: each.words for each in CONDITIONS}


def facts(seen: Snapshot) -> dict[str, tuple[str, str, str]]:
    """What is said of the deployment; every reason is one that the condition documents."""
    said = status.facts(seen, rollout.plan(seen))
    assert [fact for fact in said if fact.reason not in DOCUMENTED[fact.type]] == []
    return {fact.type: (fact.status, fact.reason, fact.message) for fact in said}


def test_all_runs_as_described() -> None:
    found = facts(snapshot(accepted(WEB), placed(WEB)))
    states = {name: fact[0] for name, fact in found.items()}
    assert states == {
        "Ready": "True", "Available": "True", "SignatureVerified": "True", "Planned": "True", "Scheduled": "True",
        "Progressing": "False", "Paused": "False", "Reconciling": "False", "Stalled": "False", "RenewalDue": "False",
    }  # fmt: skip
    assert status.counts(snapshot(accepted(WEB), placed(WEB))).summary == "1/1"  # type: ignore[union-attr]


def test_after_a_refused_edit_ready_is_false_and_available_stays_true() -> None:
    refused = Refused("SignatureVerified", "BadSignature", "the script was changed after it was signed")
    found = facts(snapshot(accepted(WEB), placed(WEB), refused=refused))
    assert found["Ready"][:2] == ("False", "RevisionRefused")
    assert "BadSignature" in found["Ready"][2]
    assert found["SignatureVerified"][:2] == ("False", "BadSignature")
    assert found["Available"][0] == "True"
    assert found["Stalled"][:2] == ("True", "BadSignature")


def test_a_script_error_turns_planned_false() -> None:
    refused = Refused("Planned", "ScriptError", "line 4, column 3: unknown function `machin`")
    found = facts(snapshot(accepted(WEB), placed(WEB), refused=refused))
    assert found["Planned"] == ("False", "ScriptError", "line 4, column 3: unknown function `machin`")
    assert found["SignatureVerified"][0] == "True"


def test_a_lost_node_turns_what_depends_on_it_unknown() -> None:
    seen = snapshot(accepted(WEB), placed(WEB), nodes=[node(0, reachable=False)])
    assert facts(seen)["Ready"][:2] == ("Unknown", "NodeUnreachable")
    assert workload_status.facts(seen.placed[0], seen)[0].status == "Unknown"


def test_what_finds_no_node_says_why() -> None:
    found = facts(snapshot(accepted(WEB), nodes=[node(0, schedulable=False)]))
    assert found["Scheduled"][:2] == ("False", "NoNodeFits")
    assert "1 cordoned" in found["Stalled"][2]


def test_a_nodes_refusal_shows_where_people_look() -> None:
    said = job(("machine", "web"), reason="TrustExpired", message="the trust snapshot ended")
    seen = snapshot(accepted(WEB), placed(WEB, runs=False), jobs=(said,))
    assert "TrustExpired: the trust snapshot ended" in facts(seen)["Available"][2]
    assert workload_status.facts(seen.placed[0], seen)[0].reason == "RefusedByNode"


def test_a_failed_machine_is_not_ready() -> None:
    seen = snapshot(accepted(WEB), placed(WEB, row=Row(1, 1, WEB.digest, "failed", message="kernel panic")))
    assert workload_status.facts(seen.placed[0], seen)[0].reason == "Failed"
    assert facts(seen)["Ready"][0] == "False"


def test_an_old_report_does_not_count_for_a_new_generation() -> None:
    seen = snapshot(accepted(WEB), placed(WEB, generation=2))
    assert facts(seen)["Ready"][0] == "False"


def test_a_report_of_another_item_does_not_count_though_its_numbers_fit() -> None:
    predecessor = Row(1, 1, machine("web", memory=64 << 20).digest, "running")
    seen = snapshot(accepted(WEB), placed(WEB, row=predecessor))
    assert facts(seen)["Ready"][0] == "False"
    assert workload_status.facts(seen.placed[0], seen)[0].reason == "WaitingForNode"


def test_what_waits_for_its_removal_on_a_lost_node_does_not_hide_that_all_else_runs() -> None:
    old = placed(machine("old"), 1, deleting=True)
    seen = snapshot(accepted(WEB), placed(WEB), old, nodes=[node(0), node(1, reachable=False)])
    assert facts(seen)["Ready"][0] == "True"
    assert facts(seen)["Progressing"][:2] == ("True", "Removing")
    assert "machine old on n-bbbb" in facts(seen)["Progressing"][2]


def test_a_machine_of_a_forgotten_node_says_how_it_is_placed_anew() -> None:
    seen = snapshot(accepted(WEB), placed(WEB), nodes=[node(1)])
    status, reason, message = (lambda fact: (fact.status, fact.reason, fact.message))(
        workload_status.facts(seen.placed[0], seen)[0]
    )
    assert (status, reason) == ("Unknown", "NodeUnreachable")
    assert "`kubectl delete machines.hardpan.dev web` places it anew" in message


def test_renewal_is_due_two_weeks_before_the_end() -> None:
    seen = snapshot(accepted(WEB), placed(WEB), now=NOW + timedelta(days=47))
    assert facts(seen)["RenewalDue"][:2] == ("True", "SignatureEndsSoon")
    ended = snapshot(accepted(WEB), placed(WEB), now=NOW + timedelta(days=61))
    assert facts(ended)["RenewalDue"][1] == "SignatureEnded"
    assert facts(ended)["Ready"][0] == "True"


def test_a_removal_says_what_it_waits_for() -> None:
    gone = node(0, reachable=False, unreachable_since="2026-11-24T11:00:00Z")
    seen = snapshot(accepted(WEB), placed(WEB, deleting=True), nodes=[gone], deleting=True)
    assert (
        "machine web on n-aaaaaaaaaaaaaaaaaaaaaaaaaa (unreachable since 2026-11-24T11:00:00Z"
        in facts(seen)["Available"][2]
    )


def test_nothing_accepted_yet_is_said_so() -> None:
    found = facts(snapshot(None, refused=Refused("SignatureVerified", "UnknownSigner", "nobody")))
    assert found["Available"][:2] == ("False", "NotYetAccepted")


def test_a_removal_does_not_claim_that_it_verified_anything() -> None:
    found = facts(snapshot(None, placed(WEB, deleting=True), deleting=True))
    assert [found[name][:2] for name in ("SignatureVerified", "Planned")] == [("Unknown", "NotYetAccepted")] * 2


def test_a_first_revision_with_a_script_error_was_signed_well() -> None:
    found = facts(snapshot(None, refused=Refused("Planned", "ScriptError", "line 1")))
    assert (found["SignatureVerified"][0], found["Planned"][0]) == ("True", "False")


def test_a_revision_without_region_shows_that_of_its_supervisor() -> None:
    judged = Judgement(accepted(WEB), None)
    shown = [
        status.accepted_revision(each.accepted) for each in (judged.within("eu"), judged.within("eu").within("us"))
    ]
    assert [each.region for each in shown if each] == ["eu", "eu"]


def test_a_revision_that_names_a_region_keeps_it() -> None:
    named = dataclasses.replace(accepted(WEB), region="us")
    assert Judgement(named, None).within("eu").accepted == named
    assert Judgement(None, None).within("eu").accepted is None


def test_lists_show_a_short_node_and_a_readable_size() -> None:
    machine_seen, volume_seen = placed(WEB), placed(volume("data", 10 * GIB))
    assert workload_status.summary(machine_seen) == {"node": "n-aaaa…"}
    assert workload_status.summary(volume_seen) == {"node": "n-aaaa…", "size": "10Gi"}
