"""`hardpan node approve` and `hardpan forget node`: what an operator decides over machines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli import keys
from cli.cluster import connect
from cli.commands.site import labels_of
from cli.errors import CliError, Usage
from cli.keys import KeyOption
from cli.signer import signature
from cli.site import only_region
from sal.command import SystemRunner
from trust.certificate import NodeCertificate, bytes_to_sign, sign_with_root
from trust.part import format_time


def approve(
    node: Annotated[str, typer.Argument(help="The node's id, n-…")],
    region: Annotated[str | None, typer.Option(help="Its region; by default the only one.")] = None,
    site: Annotated[str, typer.Option("--in-site", help="Its site.")] = "default",
    label: Annotated[list[str] | None, typer.Option(help="name=value")] = None,
    key: KeyOption = None,
) -> None:
    """Signs a node's certificate with the operator root."""
    cluster, runner = connect(), SystemRunner()
    seen, view = cluster.object("nodes", node), cluster.trust()
    signer = keys.choose(runner, key, view.root.document.key_ids(), "the operator root")
    spec, region = seen["spec"], region or only_region(view)
    certificate = NodeCertificate(
        cluster=view.cluster,
        node=node,
        signing_key=spec["signingKey"],
        box_key=spec["boxKey"],
        tls_key=spec["tlsKey"],
        mycelium_key=spec["myceliumKey"],
        site=site,
        region=region,
        labels=labels_of(label or []),
        boot_trusted=False,
        issued=format_time(datetime.now(UTC)),
    )
    envelope = sign_with_root(certificate, (signature(signer, bytes_to_sign(certificate)),)).decode()
    cluster.kubectl.run("patch", "nodes.hardpan.dev", node, "--type", "merge", "--patch", _patch(envelope))
    typer.echo(f"{node} approved for site {site}, region {region}; it is Ready within its next try")


def forget(
    kind: Annotated[str, typer.Argument(help="node")],
    name: Annotated[str, typer.Argument(help="The node's id, n-…")],
    yes: Annotated[
        bool, typer.Option("--yes", help="The machine is off and will not come back with its disks.")
    ] = False,
) -> None:
    """The way out for a dead node: what was on it is given up, and removals no longer wait for it."""
    if kind != "node":
        raise Usage(f"{kind!r} cannot be forgotten: only a node can")
    cluster = connect()
    seen = cluster.object("nodes", name)
    ready = next((c["status"] for c in (seen.get("status") or {}).get("conditions") or () if c["type"] == "Ready"), "")
    if ready == "True":
        raise CliError(f"{name} is Ready: switch the machine off first, or what it runs would run on unseen")
    if not yes:
        raise CliError(f"volumes on {name} are given up; say --yes when the machine is off for good")
    cluster.kubectl.run("delete", "nodes.hardpan.dev", name)
    typer.echo(f"{name} is forgotten")


def _patch(envelope: str) -> str:
    return json.dumps({"spec": {"certificate": envelope}})
