"""What an operator takes back: tokens, nodes, keys, revisions, the root itself; signed, and seen by every verifier."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import control_plane
from cli.site import Site
from tests.unit.cli.conftest import Terminal
from tests.unit.cli.test_operator import roots, state
from tests.unit.trust import world as trusted
from tests.unit.trust.world import machine_key, user_key
from trust.certificate import token_open, verify_certificate
from trust.errors import Refusal
from trust.keys import node_id
from trust.part import parse_time

NODE = node_id(machine_key("node").public)
ALICE = user_key("alice").key_id


def applied(shop: Terminal) -> Any:
    """What the API server has as trust by now."""
    return shop.tools.get("trusts", "cluster")["spec"]


def key_states(shop: Terminal, name: str = "alice") -> list[str]:
    """The states of a user's keys, as verifiers see them."""
    return [each.state for each in Site(shop.site).view().users[name].keys]


def test_a_closed_token_admits_nobody_and_who_joined_stays(shop: Terminal) -> None:
    shop.operator("token", "create", "rack-7")
    before = Site(shop.site).view()
    token_open(before, "rack-7", datetime.now(UTC))
    done = shop.operator("token", "close", "rack-7")
    assert done.out.splitlines()[0] == "token rack-7 admits no more machines; who has joined by it stays"
    view = Site(shop.site).view()
    with pytest.raises(Refusal, match="join token rack-7 is closed by the operator"):
        token_open(view, "rack-7", datetime.now(UTC))
    assert "rack-7" in view.tokens
    assert applied(shop)["snapshot"] == Site(shop.site).trust.snapshot
    assert Site(shop.site).view().body.closed_tokens == ("rack-7",)
    shop.operator("trust", "renew")
    assert Site(shop.site).view().body.closed_tokens == ("rack-7",)


def test_a_revoked_node_counts_nowhere(shop: Terminal) -> None:
    registration = trusted.registration(cluster=Site(shop.site).cluster).decode()
    spec = {"signingKey": trusted.raw("node"), "registration": registration}
    shop.tools.put("nodes", {"metadata": {"name": NODE}, "spec": spec})
    shop.operator("user", "add", "bob", "--public-key", shop.keys / "bob.pub")
    shop("node", "approve", NODE, "--key", shop.keys / "root-1")
    certificate = shop.tools.get("nodes", NODE)["spec"]["certificate"].encode()
    verify_certificate(certificate, Site(shop.site).view())
    done = shop.operator("node", "revoke", NODE)
    assert done.out.splitlines() == [
        f"{NODE} is revoked: no orders, no queue, nobody believes it; what it runs goes on until it is off",
        f"Next: switch the machine off, then: kubectl hardpan forget node {NODE} --yes",
    ]
    assert "Warning" not in done.err
    with pytest.raises(Refusal, match="is revoked by the operator"):
        verify_certificate(certificate, Site(shop.site).view())
    assert "is revoked by the operator: wipe" in shop("node", "approve", NODE, "--key", shop.keys / "root-1").err


def test_revoking_a_node_that_is_not_there_is_done_and_doubted(shop: Terminal) -> None:
    done = shop.operator("node", "revoke", NODE)
    assert f"Warning: there is no node {NODE} now: is this the id that you meant?" in done.err
    assert Site(shop.site).view().node_revoked(NODE)


def test_a_retired_key_signs_nothing_new_and_verifies_for_a_while(shop: Terminal) -> None:
    done = shop.operator("user", "retire-key", "alice", ALICE, "--for", "30d")
    (held,) = Site(shop.site).view().users["alice"].keys
    assert (held.state, held.signs) == ("retired", False)
    assert held.until is not None
    left = parse_time(held.until) - datetime.now(UTC)
    assert timedelta(days=29) < left <= timedelta(days=30)
    assert held.verifies(datetime.now(UTC))
    assert not held.verifies(datetime.now(UTC) + timedelta(days=31))
    assert "Warning: nobody signs for tenant shop any more: hardpan tenant add shop --member NAME" in done.err
    assert shop("sign", shop.manifest(), "--key", shop.keys / "alice").code == 2


def test_a_revoked_user_signs_nothing_by_any_key(shop: Terminal) -> None:
    two = [word for name in ("alice", "bob") for word in ("--public-key", shop.keys / f"{name}.pub")]
    shop.operator("user", "add", "alice", *two)
    done = shop.operator("user", "revoke", "alice")
    assert key_states(shop) == ["revoked", "revoked"]
    assert done.out.splitlines()[0].startswith("user alice signs nothing any more; what runs goes on")
    assert "nobody signs for tenant shop any more" in done.err


def test_a_floor_is_in_the_snapshot_and_signing_goes_above_it(shop: Terminal) -> None:
    shop.operator("trust", "floor", "shop/web", "8")
    assert Site(shop.site).view().body.revision_floors == {"shop/web": 8}
    file = shop.manifest()
    assert shop("sign", file, "--key", shop.keys / "alice").code == 0
    assert "revision: 9" in file.read_text()
    shop.operator("trust", "floor", "shop/other", "2")
    assert Site(shop.site).view().body.revision_floors == {"shop/web": 8, "shop/other": 2}


BAD: list[tuple[list[str], str]] = [
    (["token", "close", "Rack"], "NAME is 'Rack'"),
    (["token", "close", "rack-9"], "NAME: there is no join token rack-9 in "),
    (["node", "revoke", "node-1"], "NODE is 'node-1': write n- and 26 letters and digits"),
    (["user", "revoke", "nobody"], "there is no user nobody in "),
    (["user", "retire-key", "alice", "SHA256:x"], "KEY_ID is 'SHA256:x'"),
    (["user", "retire-key", "alice", user_key("bob").key_id], f"user alice has no active key {user_key('bob').key_id}"),
    (["user", "retire-key", "alice", ALICE, "--for", "soon"], "--for is 'soon': write it like 7d, 12h or 30m"),
    (["user", "retire-key", "alice", ALICE, "--for", "366d"], "--for is 366d: at most 365d are allowed"),
    (["trust", "floor", "web", "3"], "NAMESPACE/NAME is "),
    (["trust", "floor", "shop/Web", "3"], "NAMESPACE/NAME is 'Web'"),
    (["trust", "floor", "shop/web", "0"], "invalid value for 'revision': Input should be greater"),
    (["root", "replace", "--root-key", "root-1.pub"], "--root-key names 1: give two different ones or more"),
    (
        ["root", "replace", "--root-key", "root-2.pub", "--root-key", "root-1.pub"],
        "--root-key names the keys that rule already: nothing is to be done",
    ),
    (["root", "replace", "--root-key", "root-2.pub", "--root-key", "bob.pub"], "Name a private half with --new-key"),
]


@pytest.mark.parametrize(("words", "said"), BAD)
def test_bad_input_changes_nothing_and_names_the_field(shop: Terminal, words: list[str], said: str) -> None:
    before, objects = state(shop.site), json.dumps(list(shop.tools.objects.values()))
    given = [str(shop.keys / word) if word.endswith(".pub") else word for word in words]
    done = shop(*given, "--site", shop.site, "--key", shop.keys / "root-1")
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1
    assert state(shop.site) == before
    assert json.dumps(list(shop.tools.objects.values())) == objects


REPEATED: dict[str, list[str]] = {
    "token rack-7 is closed already": ["token", "close", "rack-7"],
    f"NODE: {NODE} is revoked already": ["node", "revoke", NODE],
    "all keys of user alice are revoked already": ["user", "revoke", "alice"],
    "the floor of shop/web is 8 and never falls": ["trust", "floor", "shop/web", "8"],
}


@pytest.mark.parametrize("said", REPEATED)
def test_what_is_done_already_is_said_and_not_signed_again(shop: Terminal, said: str) -> None:
    shop.operator("token", "create", "rack-7")
    shop.operator(*REPEATED[said])
    version = Site(shop.site).view().version
    done = shop(*REPEATED[said], "--site", shop.site, "--key", shop.keys / "root-1")
    assert done.code == 2
    assert said in done.err
    assert Site(shop.site).view().version == version


# The root -------------------------------------------------------------------------------------------------------------


def replaced(shop: Terminal, *names: str, key: str = "root-1", new: str = "") -> Terminal:
    """Replaces the root's keys."""
    new_key = ("--new-key", shop.keys / new) if new else ()
    return shop("root", "replace", *roots(shop, *names), "--key", shop.keys / key, *new_key, "--site", shop.site)


def test_a_new_root_rules_the_same_cluster(shop: Terminal) -> None:
    cluster, version = Site(shop.site).cluster, Site(shop.site).view().version
    done = replaced(shop, "root-1", "bob")
    assert (done.code, done.err.count("Error")) == (0, 0)
    view = Site(shop.site).view()
    assert (view.cluster, view.version, view.body.root_version) == (cluster, version + 1, 2)
    assert view.root.document.key_ids() == {user_key("root-1").key_id, user_key("bob").key_id}
    assert len(applied(shop)["roots"]) == 2
    assert Site(shop.site).root_file.read_text() == "".join(f"{user_key(each).line}\n" for each in ("root-1", "bob"))
    assert "rules no more" in done.out
    gone = shop("trust", "renew", "--site", shop.site, "--key", shop.keys / "root-2")
    assert "is not a key of the operator root" in gone.err
    assert shop("trust", "renew", "--site", shop.site, "--key", shop.keys / "bob").code == 0


def test_all_keys_can_be_replaced_when_an_old_and_a_new_one_sign(shop: Terminal) -> None:
    assert replaced(shop, "bob", "mallory", key="root-2", new="mallory").code == 0
    assert Site(shop.site).view().root.document.key_ids() == {user_key("bob").key_id, user_key("mallory").key_id}


def test_a_root_that_nobody_of_the_old_one_signed_rules_nothing(shop: Terminal) -> None:
    before = state(shop.site)
    done = replaced(shop, "bob", "mallory", key="mallory", new="mallory")
    assert done.code == 2
    assert "is not a key of the operator root" in done.err
    assert state(shop.site) == before


def test_nodes_that_a_key_approved_which_goes_are_named(shop: Terminal) -> None:
    registration = trusted.registration(cluster=Site(shop.site).cluster).decode()
    spec = {"signingKey": trusted.raw("node"), "registration": registration}
    shop.tools.put("nodes", {"metadata": {"name": NODE}, "spec": spec})
    assert shop("node", "approve", NODE, "--key", shop.keys / "root-2").code == 0
    done = replaced(shop, "root-1", "bob")
    assert f"Warning: {NODE} counts no more (" in done.err
    assert f"kubectl hardpan node approve {NODE}" in done.err


def test_an_interrupted_replacement_leaves_the_site_as_it_was(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    before = state(shop.site)
    monkeypatch.setattr("cli.signer.SshSigner.sign", interrupted)
    assert replaced(shop, "root-1", "bob").code == 130
    assert state(shop.site) == before


# `hardpan control-plane` ----------------------------------------------------------------------------------------------


def test_each_controller_is_monitored_at_a_port_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARDPAN_MONITOR", "[::1]:9090")
    found = [control_plane.environment(role)["HARDPAN_MONITOR"] for role in control_plane.ROLES]
    assert found == [f"[::1]:{port}" for port in range(9090, 9090 + len(control_plane.ROLES))]


@pytest.mark.parametrize("said", ["", "9090x", "localhost:http"])
def test_what_is_no_address_is_left_to_the_controllers_to_refuse(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("HARDPAN_MONITOR", said)
    assert control_plane.environment("admission")["HARDPAN_MONITOR"] == said


def test_every_child_is_given_its_own_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[str] = []

    def spawn(words: list[str], log: Path, environment: dict[str, str]) -> Any:
        given.append(environment["HARDPAN_MONITOR"])
        raise InterruptedError(signal.SIGTERM)

    monkeypatch.setenv("HARDPAN_MONITOR", "127.0.0.1:9090")
    monkeypatch.setattr(control_plane, "spawn", spawn)
    for role in control_plane.ROLES:
        with pytest.raises(InterruptedError):
            control_plane.Child(role, tmp_path).look(1.0)
    assert len(set(given)) == len(control_plane.ROLES)
