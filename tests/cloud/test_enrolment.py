"""Who may not join is told why, by the real ledger to the real agent: on its console, and in its Node or an Event."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli import site as sites
from cli.demo.control import NAMESPACE
from cli.demo.medium import MediumContent
from cli.errors import CliError
from sal.errors import SalError
from tests.cloud.cloud import Cloud
from tests.system.node_site import Authority
from trust.part import format_time

SECONDS = 90.0
pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Row:
    """A machine that may not join: the terms of its token, and what it and its operator are told."""

    number: int
    reason: str
    said: str
    token: str = ""
    terms: dict[str, Any] = field(default_factory=dict)


ROWS = {
    "the n+1st use of a token": Row(4, "TokenUsedUp", "token one admits 1 machines and all have come", "one"),
    "an expired token": Row(5, "TokenExpired", "join token late ended", "late", {"expires": -1}),
    "wrong hardware": Row(
        6, "HardwareNotAllowed", 'token acme admits board vendor "Acme*"', "acme", {"boardVendor": "Acme*"}
    ),
    "wrong site": Row(
        7, "NetworkNotAllowed", "token attic admits machines from 192.0.2.0/24; this one comes from fd68:7264:7e57::",
        "attic", {"networks": ["192.0.2.0/24"]},
    ),
    "a closed token": Row(8, "TokenClosed", "join token shut is closed by the operator", "shut"),
}  # fmt: skip
MEMBER, STRANGER = 3, 9


class Newcomers:
    """Machines beside the two of the cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.demo = cloud, cloud.demo

    def make_tokens(self) -> None:
        """The tokens of the table."""
        terms: dict[str, dict[str, Any]] = {row.token: row.terms for row in ROWS.values()}
        for name, changes in terms.items():
            expires = format_time(datetime.now(UTC) + timedelta(days=changes.get("expires", 1)))
            plain: dict[str, Any] = {"count": 1, "site": "default", "region": "demo", "labels": {}}
            sites.new_token(self.demo.site, name, plain | changes | {"expires": expires})
        self.renew(closed_tokens=("shut",))

    def renew(self, **amended: tuple[str, ...]) -> None:
        """A new snapshot with these fields."""
        sites.renew(self.demo.site, self.demo.people().root, datetime.now(UTC), amended=amended)
        self.demo.apply_site()

    def start(self, number: int, token: str, authority: Any = None) -> None:
        """Switches a machine on."""
        control = self.demo.control_plane
        authority = authority or control.authority.pair.certificate
        self.demo.nodes.start(number, self.demo.site, MediumContent(control.gateway, authority, token))

    def console(self, number: int) -> str:
        """What it printed."""
        return self.demo.nodes.processes.log(f"node-{number}").read_text(errors="replace")

    def shows(self, number: int, text: str) -> None:
        """Waits for a text on its console."""
        self.cloud.eventually(lambda: text in self.console(number), f"node {number}: {text}", SECONDS)

    def id_of(self, number: int) -> str:
        """The node's id, as the machine says."""
        file = self.demo.layout.node(number).mount / "agent" / "status.json"

        def look() -> str:
            try:
                return str(json.loads(self.demo.nodes.inside(number, file).read_text()).get("node", ""))
            except (OSError, ValueError, SalError):
                return ""

        return self.cloud.eventually(look, f"the id of node {number}", SECONDS)

    def said(self, number: int, type: str = "Approved") -> tuple[str, str, str]:
        """A condition of its Node: status, reason, message."""
        node = self.cloud.kubectl.get("nodes.hardpan.dev", self.id_of(number)) or {}
        found = [each for each in (node.get("status") or {}).get("conditions", []) if each["type"] == type]
        return (found[0]["status"], found[0]["reason"], found[0].get("message", "")) if found else ("", "", "")

    def becomes(self, number: int, reason: str, type: str = "Approved") -> str:
        """Waits for a reason of a condition; its message."""

        def look() -> str | None:
            _, found, message = self.said(number, type)
            return message or "-" if found == reason else None

        return self.cloud.eventually(look, f"{type} {reason} of node {number}", SECONDS)

    def event(self, number: int, reason: str, text: str) -> None:
        """Waits for an Event about its Node."""
        name = self.id_of(number)

        def look() -> bool:
            found = self.cloud.kubectl.list("events", "default") + self.cloud.kubectl.list("events", NAMESPACE)
            about = [each for each in found if each["involvedObject"].get("name") == name]
            return any(each["reason"] == reason and text in each.get("message", "") for each in about)

        self.cloud.eventually(look, f"an Event {reason} of node {number}", SECONDS)

    def decide(self, number: int, **fields: Any) -> None:
        """What an operator writes into the node's spec."""
        patch = json.dumps({"spec": fields})
        self.cloud.kubectl.run("patch", "nodes.hardpan.dev", self.id_of(number), "--type", "merge", "--patch", patch)

    def remove(self, number: int) -> None:
        """Nothing of it is left."""
        self.demo.nodes.remove(number)
        self.demo.network.remove_node(self.demo.layout.node(number))

    def end(self) -> None:
        """All goes back to how it was."""
        for number in range(MEMBER, STRANGER + 1):
            self.remove(number)
        ours = {each["metadata"]["name"] for each in self.cloud.nodes}
        found = [each["metadata"]["name"] for each in self.cloud.kubectl.list("nodes.hardpan.dev")]
        for name in set(found) - ours:
            self.cloud.kubectl.run("delete", "nodes.hardpan.dev", name)
        for name in {row.token for row in ROWS.values()}:
            self.demo.site.record_file("JoinToken", name).unlink(missing_ok=True)
            self.demo.site.token_file(name).unlink(missing_ok=True)
        self.renew(closed_tokens=(), revoked_nodes=())
        for name in {row.token for row in ROWS.values()}:
            self.cloud.kubectl.run("delete", "jointokens.hardpan.dev", name, "--ignore-not-found")


@pytest.fixture(scope="module")
def newcomers(cloud: Cloud) -> Iterator[Newcomers]:
    """The machines of the table are switched on, after one that uses up its token."""
    made = Newcomers(cloud)
    try:
        made.make_tokens()
        made.start(MEMBER, "one")
        made.becomes(MEMBER, "Reporting", "Ready")
        for row in ROWS.values():
            made.start(row.number, row.token)
        yield made
    finally:
        made.end()


@pytest.mark.parametrize("what", ROWS)
def test_a_machine_that_may_not_join_is_told_why_and_so_is_its_operator(newcomers: Newcomers, what: str) -> None:
    row = ROWS[what]
    newcomers.shows(row.number, f"control plane Pending {row.reason}: {row.said}")
    assert row.said in newcomers.becomes(row.number, row.reason)
    newcomers.shows(row.number, f"Approve anyway: kubectl hardpan node approve {newcomers.id_of(row.number)}")


def test_a_stranger_s_control_plane_is_not_obeyed_and_is_named(newcomers: Newcomers) -> None:
    foreign = newcomers.demo.layout.folder / "stranger.pem"
    foreign.write_text(Authority("stranger").certificate)
    try:
        newcomers.start(STRANGER, "one", foreign)
        newcomers.shows(STRANGER, "control plane Unregistered ForeignCertificate")
        assert "shows a certificate that this medium's CA did not sign" in newcomers.console(STRANGER)
        with pytest.raises(CliError):
            newcomers.cloud.kubectl.run("get", "nodes.hardpan.dev", newcomers.id_of(STRANGER))
    finally:
        foreign.unlink()
        newcomers.remove(STRANGER)


def test_two_machines_from_one_disk_are_both_frozen_and_told_so(newcomers: Newcomers) -> None:
    layout, nodes = newcomers.demo.layout, newcomers.demo.nodes
    nodes.stop_agent(MEMBER)
    nodes.switch_off(MEMBER)
    layout.node(STRANGER).folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(layout.node(MEMBER).disk, layout.node(STRANGER).disk)
    for number in (MEMBER, STRANGER):
        newcomers.start(number, "one")
    for number in (MEMBER, STRANGER):
        newcomers.shows(number, "NodeConflict: two machines speak with the key of")
    assert "kubectl hardpan node resolve" in newcomers.becomes(MEMBER, "NodeConflict", "Conflict")
    newcomers.event(MEMBER, "NodeConflict", "two machines speak")
    newcomers.remove(STRANGER)
    told = newcomers.cloud.kubectl.get("nodes.hardpan.dev", newcomers.id_of(MEMBER)) or {}
    since = [each["lastTransitionTime"] for each in told["status"]["conditions"] if each["type"] == "Conflict"]
    newcomers.decide(MEMBER, resolved=since[0])
    newcomers.becomes(MEMBER, "Reporting", "Ready")


def test_a_node_that_was_removed_is_told_so_when_it_comes_back_and_how_it_is_taken_back(newcomers: Newcomers) -> None:
    newcomers.becomes(MEMBER, "Reporting", "Ready")
    newcomers.decide(MEMBER, removal="Graceful")
    newcomers.becomes(MEMBER, "NodeRemoved")
    newcomers.shows(MEMBER, "control plane Refused NodeRemoved: ")
    newcomers.event(MEMBER, "NodeRemoved", "it came back, and was refused")
    assert f"kubectl hardpan node uncordon {newcomers.id_of(MEMBER)}" in newcomers.console(MEMBER)
    newcomers.decide(MEMBER, removal=None)
    newcomers.becomes(MEMBER, "Reporting", "Ready")


def test_a_revoked_node_is_told_so_and_so_is_its_operator(newcomers: Newcomers) -> None:
    newcomers.becomes(MEMBER, "Reporting", "Ready")
    newcomers.renew(revoked_nodes=(newcomers.id_of(MEMBER),))
    assert "wipe the machine to enrol it anew" in newcomers.becomes(MEMBER, "Revoked")
    newcomers.shows(MEMBER, "is revoked by the operator")
    newcomers.event(MEMBER, "Revoked", "is revoked by the operator")
