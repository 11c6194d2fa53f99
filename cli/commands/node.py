"""`hardpan node approve`, `resolve` and `revoke`: what an operator decides over machines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli import site as sites
from cli.amounts import labels
from cli.cluster import connect
from cli.completion import names_of
from cli.errors import CliError, Usage
from cli.keys import KeyOption
from cli.output import note, say
from cli.overridden import overridden
from cli.publishing import HERE, ApplyOption, Change, SiteOption, publish, root_signer
from cli.signer import signature
from cli.site import Site, only_region
from cli.trusted import read_trust
from cli.wording import require
from crds.meta import DnsLabel, NodeId, Region
from trust.certificate import NodeCertificate, bytes_to_sign, sign_with_root, verify_certificate
from trust.errors import Refusal
from trust.part import format_time
from trust.registration import Registration, open_evidence

NodeArgument = Annotated[
    str, typer.Argument(metavar="NODE", help="The node's id, n-…", show_default=False, autocompletion=names_of("nodes"))
]

VOUCHED = ("cluster", "node", "signingKey", "boxKey", "tlsKey", "myceliumKey")


def approve(
    node: NodeArgument,
    region: Annotated[str, typer.Option(help="Its region.", show_default="the only one")] = "",
    in_site: Annotated[str, typer.Option(help="Its site.")] = "default",
    label: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A label of it; may come again.", show_default="none")
    ] = None,
    key: KeyOption = None,
) -> None:
    """Approves a machine by hand: signs its certificate with the operator root.

    Compare the id with the machine's console first: the id names the machine's own key, and that key must have
    signed the keys that are vouched for, whatever the API server shows. Why the ledger did not let the machine in is
    printed: by approving you decide against that.

    \b
    Example:
      kubectl hardpan node approve n-kzdvvj2umnduyauf35o36k6kw4 --region eu
    """
    require(NodeId, node, "NODE")
    require(DnsLabel, in_site, "--in-site")
    cluster = connect()
    seen, view = cluster.object("nodes", node), read_trust(cluster)
    region = region or only_region(view)
    require(Region, region, "--region")
    if view.node_revoked(node):
        raise CliError(f"{node} is revoked by the operator: wipe the machine, and approve the id that it then has")
    if not any(each.region == region and in_site in each.sites for each in view.supervisors.values()):
        remedy = f"hardpan token create NAME --region {region} --in-site {in_site} has one vouched for"
        raise Usage(f"no supervisor of region {region} serves site {in_site}, so its nodes would refuse all: {remedy}")
    try:
        registration = open_evidence(str(seen["spec"].get("registration", "")), view.cluster, node)
        say(_who(registration))
        for sentence in overridden(seen):
            say(sentence)
        certificate = _certificate(registration, region, in_site, labels(label or []))
        signer = root_signer(view.root.document, key)
        envelope = sign_with_root(certificate, (signature(signer, bytes_to_sign(certificate)),))
        verify_certificate(envelope, view)
    except Refusal as refusal:
        raise CliError(
            f"{node} cannot be approved: {refusal}. Nothing was signed; if the machine is yours:"
            f" kubectl delete nodes.hardpan.dev {node}, and it registers again"
        ) from None
    patch = json.dumps({"spec": {"certificate": envelope.decode()}})
    cluster.kubectl.run("patch", "nodes.hardpan.dev", node, "--type", "merge", "--patch", patch)
    again = " again" if seen["spec"].get("certificate") else ""
    say(f"{node} is approved{again} for region {region}, site {in_site}; it is Ready within its next try")
    say(f"Next: kubectl hardpan explain node {node}")


def _who(registration: Registration) -> str:
    """What the operator compares with the machine; all of it is signed by the key that the id names."""
    machine = registration.inventory
    board = f", board {machine.board_vendor}" if machine.board_vendor else ""
    return f"registered {registration.time} as {machine.hostname}{board}; its screen must show {registration.node}"


def _certificate(registration: Registration, region: str, site: str, tags: dict[str, str]) -> NodeCertificate:
    """The keys that the machine's own signature binds to its id, and no others. Raises Refusal."""
    signed = registration.wire()
    return NodeCertificate.from_wire(
        {
            "kind": "NodeCertificate",
            **{name: signed[name] for name in VOUCHED},
            "site": site,
            "region": region,
            "labels": tags,
            "bootTrusted": False,
            "issued": format_time(datetime.now(UTC)),
        }
    )


def resolve(node: NodeArgument) -> None:
    """Ends the conflict of a node of which two machines ran.

    A copied disk carries the node's key, so both machines are the node, and both are frozen. Switch off all but one
    first, and wipe the others: they come back as new nodes. If you cannot tell which one is yours, revoke the node.

    \b
    Example:
      kubectl hardpan node resolve n-kzdvvj2umnduyauf35o36k6kw4
    """
    require(NodeId, node, "NODE")
    cluster = connect()
    conditions = (cluster.object("nodes", node).get("status") or {}).get("conditions") or ()
    found = next((each for each in conditions if each["type"] == "Conflict" and each["status"] == "True"), None)
    if found is None:
        raise CliError(f"{node} is in no conflict: nothing is to be resolved")
    patch = json.dumps({"spec": {"resolved": found["lastTransitionTime"]}})
    cluster.kubectl.run("patch", "nodes.hardpan.dev", node, "--type", "merge", "--patch", patch)
    say(f"{node} goes on with the one machine that registers next; when two do, both are frozen again")
    say(f"Next: kubectl hardpan explain node {node}")


def revoke(node: NodeArgument, key: KeyOption = None, site: SiteOption = HERE, apply: ApplyOption = True) -> None:
    """Revokes a node for good: it gets no orders, and no way to the queue.

    What runs there cannot be stopped from afar: switch the machine off. Wiped, it comes back as a new node.

    \b
    Example:
      hardpan node revoke n-kzdvvj2umnduyauf35o36k6kw4
    """
    require(NodeId, node, "NODE")
    folder = Site(site)
    revoked = sites.snapshot_of(folder).revoked_nodes
    if node in revoked:
        raise Usage(f"NODE: {node} is revoked already: nothing is to be done")
    publish(folder, Change(amended={"revoked_nodes": tuple(sorted({*revoked, node}))}), key, apply)
    if apply and connect().kubectl.get("nodes.hardpan.dev", node) is None:
        note(f"Warning: there is no node {node} now: is this the id that you meant?")
    say(f"{node} is revoked: no orders, no queue, nobody believes it; what it runs goes on until it is off")
    say(f"Next: switch the machine off, then: kubectl hardpan forget node {node} --yes")
