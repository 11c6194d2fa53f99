"""`hardpan node approve` and `forget node`: what an operator vouches for, and what is given up."""

from __future__ import annotations

from typing import Any

import pytest

from cli.site import Site
from tests.unit.cli.conftest import Terminal
from tests.unit.trust import world as trusted
from tests.unit.trust.world import machine_key, raw
from trust.certificate import verify_certificate
from trust.keys import node_id

NODE = node_id(machine_key("node").public)


def node(cluster: str, **conditions: str) -> dict[str, Any]:
    """A machine that registered with this cluster."""
    spec = {"signingKey": raw("node"), "registration": trusted.registration(cluster=cluster).decode()}
    status = {"conditions": [{"type": name, "status": value} for name, value in conditions.items()]}
    return {"metadata": {"name": NODE}, "spec": spec, "status": status}


@pytest.fixture
def site(shop: Terminal) -> Terminal:
    """A shop where a machine waits, and the root's key is in the agent."""
    shop.tools.put("nodes", node(Site(shop.site).cluster, Ready="False"))
    shop.tools.agent = ["root-2"]
    return shop


def test_an_approved_machine_has_a_certificate_that_verifies(site: Terminal) -> None:
    done = site("node", "approve", NODE, "--region", "main", "--label", "rack=7", "--label", "disk=")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"registered 2026-11-24T12:00:00Z as h, board Acme 1; its screen must show {NODE}",
        f"{NODE} is approved for region main, site default; it is Ready within its next try",
        f"Next: kubectl hardpan explain node {NODE}",
    ]
    envelope = site.tools.get("nodes", NODE)["spec"]["certificate"]
    certificate = verify_certificate(envelope.encode(), Site(site.site).view())
    assert (certificate.node, certificate.region, certificate.token) == (NODE, "main", None)
    assert certificate.labels == {"rack": "7", "disk": ""}
    assert (certificate.box_key, certificate.tls_key) == (raw("node-box"), raw("node-tls"))
    assert not certificate.boot_trusted
    assert f"{NODE} is approved again for" in site("node", "approve", NODE).out


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({}, []),
        ({"Approved": ("False", "WaitingForApproval", "waits"), "Attested": ("Unknown", "NoTpm", "none")}, []),
        ({"Approved": ("True", "ApprovedByToken", "by token")}, []),
        (
            {
                "Approved": (
                    "False",
                    "ImageNotReleased",
                    "token a admits released images; PCR 11 is 1. Approve anyway: x",
                ),
                "Attested": ("False", "ImageNotReleased", "PCR 11 is 1"),
            },
            ["this overrides: the ledger lets it wait, ImageNotReleased: token a admits released images; PCR 11 is 1"],
        ),
        (
            {
                "Approved": ("False", "TokenUsedUp", "all have come. Approve anyway: x"),
                "Attested": ("False", "AttestationKeyChanged", "key 2 signs"),
            },
            [
                "this overrides: the ledger lets it wait, TokenUsedUp: all have come",
                "this overrides: what its TPM says does not fit, AttestationKeyChanged: key 2 signs",
            ],
        ),
    ],
)
def test_who_approves_by_hand_is_told_what_that_overrides(
    site: Terminal, conditions: dict[str, tuple[str, str, str]], said: list[str]
) -> None:
    shown = [
        dict(zip(("type", "status", "reason", "message"), (name, *said), strict=True))
        for name, said in conditions.items()
    ]
    site.tools.get("nodes", NODE)["status"]["conditions"] = shown
    done = site("node", "approve", NODE, "--region", "main")
    assert (done.code, done.err) == (0, "")
    assert [line for line in done.out.splitlines() if "overrides" in line] == said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["node-1"], "NODE is 'node-1': write n- and 26 letters and digits, as `kubectl get nodes.hardpan.dev`"),
        (["n-" + "a" * 26], f"there is no node n-{'a' * 26}: `kubectl get nodes.hardpan.dev` lists what is there"),
        ([NODE, "--region", "EU"], "--region is 'EU'"),
        ([NODE, "--in-site", "a b"], "--in-site is 'a b'"),
        ([NODE, "--label", "rack"], "--label takes name=value, each name once: rack"),
        ([NODE, "--key", "alice"], "is not a key of the operator root (SHA256:"),
    ],
)
def test_what_cannot_be_approved_says_why_and_changes_nothing(site: Terminal, words: list[str], said: str) -> None:
    given = [str(site.keys / word) if word == "alice" else word for word in words]
    done = site("node", "approve", *given)
    assert done.code in (1, 2)
    assert said in done.err
    assert "certificate" not in site.tools.get("nodes", NODE)["spec"]


FOREIGN = "sha256:" + "9" * 64
FORGED: dict[str, tuple[dict[str, Any], str]] = {
    "another's box key, signed by the forger": ({"boxKey": raw("mallory"), "key": "mallory"}, "is not signed by"),
    "a machine of the forger's": ({"machine": "other"}, f"the registration that {NODE} is shown with is of n-"),
    "the forger's key under it": (
        {"signingKey": raw("mallory"), "key": "mallory"},
        "is not the name of the key",
    ),
    "from another cluster": ({"cluster": FOREIGN}, f"registers with cluster {FOREIGN}"),
    "none at all": ({}, "not canonical JSON"),
}


@pytest.mark.parametrize("case", FORGED)
def test_keys_that_the_machine_did_not_sign_are_not_vouched_for(site: Terminal, case: str) -> None:
    changes, said = FORGED[case]
    cluster = Site(site.site).cluster
    forged = trusted.registration(**({"cluster": cluster} | changes)) if changes else b""
    site.tools.get("nodes", NODE)["spec"]["registration"] = forged.decode()
    done = site("node", "approve", NODE)
    assert done.code == 1
    assert f"{NODE} cannot be approved: " in done.err
    assert said in done.err
    assert f"kubectl delete nodes.hardpan.dev {NODE}, and it registers again" in done.err
    assert "certificate" not in site.tools.get("nodes", NODE)["spec"]


def test_what_the_api_server_shows_beside_the_signed_registration_is_not_vouched_for(site: Terminal) -> None:
    shown = site.tools.get("nodes", NODE)
    shown["spec"] |= {name: raw("mallory") for name in ("signingKey", "boxKey", "tlsKey", "myceliumKey")}
    shown["status"] |= {"labels": {"vault": "yes"}, "region": "eu"}
    assert site("node", "approve", NODE, "--region", "main").code == 0
    certificate = verify_certificate(shown["spec"]["certificate"].encode(), Site(site.site).view())
    own = trusted.certificate("node")
    for name in ("signing_key", "box_key", "tls_key", "mycelium_key"):
        assert getattr(certificate, name) == getattr(own, name)
    assert certificate.labels == {}


def test_a_revoked_machine_is_not_approved(site: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trust.snapshot.TrustView.node_revoked", lambda *_: True)
    assert "is revoked by the operator: wipe the machine" in site("node", "approve", NODE).err


def test_a_machine_that_runs_is_not_forgotten(site: Terminal) -> None:
    site.tools.put("nodes", node(Site(site.site).cluster, Ready="True"))
    done = site("forget", "node", NODE, "--yes")
    assert done.code == 1
    assert "is Ready: switch the machine off first, or what it runs would run on unseen" in done.err
    assert site.tools.get("nodes", NODE)


def test_forgetting_names_what_is_lost_before_it_is_meant(site: Terminal) -> None:
    metadata = {"name": "data-0", "namespace": "shop"}
    site.tools.put("volumes", {"kind": "Volume", "metadata": metadata, "spec": {"node": NODE}})
    elsewhere = {"kind": "Volume", "metadata": {**metadata, "name": "data-1"}, "spec": {"node": "n-other"}}
    site.tools.put("volumes", elsewhere)
    done = site("forget", "node", NODE)
    assert done.code == 1
    assert (
        f"{NODE} is not forgotten yet: volumes shop/data-0 are given up; say --yes when the machine is off" in done.err
    )
    done = site("forget", "node", NODE, "--yes")
    assert done.out.startswith(f"{NODE} is forgotten, and with it the volumes shop/data-0\nNext: ")
    assert site.tools.get("nodes", NODE)["spec"]["removal"] == "Forget"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["machine", "web-0"], "'machine' cannot be forgotten, only a node can: kubectl hardpan forget node NODE"),
        (["node", "x"], "NODE is 'x': write n- and 26 letters and digits"),
        (["node"], "missing argument 'NODE'; see: hardpan forget --help"),
    ],
)
def test_only_a_node_is_forgotten(site: Terminal, words: list[str], said: str) -> None:
    done = site("forget", *words)
    assert done.code == 2
    assert said in done.err


def test_a_site_that_no_supervisor_serves_is_refused_with_the_remedy(site: Terminal) -> None:
    done = site("node", "approve", NODE, "--region", "eu", "--in-site", "attic")
    assert done.code == 2
    assert "no supervisor of region eu serves site attic" in done.err
    assert "hardpan token create NAME --region eu --in-site attic" in done.err


def in_conflict(site: Terminal, status: str) -> dict[str, Any]:
    """A machine of which the ledger said so."""
    seen = site.tools.get("nodes", NODE)
    said = {"type": "Conflict", "status": status, "reason": "NodeConflict", "message": "two machines speak"}
    seen["status"]["conditions"] = [{**said, "lastTransitionTime": "2026-11-24T12:00:00Z"}]
    return seen


def test_a_conflict_is_resolved_up_to_the_time_that_the_ledger_told_of_it(site: Terminal) -> None:
    seen = in_conflict(site, "True")
    done = site("node", "resolve", NODE)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"{NODE} goes on with the one machine that registers next; when two do, both are frozen again",
        f"Next: kubectl hardpan explain node {NODE}",
    ]
    assert seen["spec"]["resolved"] == "2026-11-24T12:00:00Z"


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (NODE, f"{NODE} is in no conflict: nothing is to be resolved"),
        ("node-1", "NODE is 'node-1': write n- and 26 letters and digits"),
        ("n-" + "a" * 26, f"there is no node n-{'a' * 26}"),
    ],
)
def test_where_nothing_is_in_conflict_nothing_is_resolved(site: Terminal, node: str, said: str) -> None:
    seen = in_conflict(site, "False")
    done = site("node", "resolve", node)
    assert done.code in (1, 2)
    assert said in done.err
    assert "resolved" not in seen["spec"]
