"""A tenant's commands: login, plan, sign, verify."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli import keys, pinned, signing
from cli.cluster import Cluster, connect, plan_of
from cli.describe import difference_data, difference_text, usage_text
from cli.errors import CliError, Different, Usage
from cli.keys import KeyOption
from cli.manifest import Manifest, load
from cli.output import Form, Output, show
from plans.difference import Difference, difference
from plans.errors import BadPlan
from plans.model import Plan, parse_plan
from sal.command import SystemRunner
from sal.filesystem import write_durably
from trust.deployment import Expected, SignatureText, bytes_to_sign, signed_body, verify_deployment
from trust.errors import NotCanonical, Refusal
from trust.records import TenantRecord
from trust.snapshot import TrustView
from trust.sshsig import NAMESPACE

FileArgument = Annotated[Path, typer.Argument(help="The manifest.")]
NamespaceOption = Annotated[str, typer.Option("--namespace", "-n", help="When the manifest names none.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for name, command in (("login", login), ("plan", plan), ("sign", sign), ("verify", verify)):
        app.command(name)(command)


def login(cluster: Annotated[str, typer.Argument(help="The cluster's id, from its operator: sha256:…")]) -> None:
    """Pins the cluster that this user trusts. Everything the API server says is checked against it."""
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", cluster):
        raise Usage("the cluster id is sha256: and 64 hexadecimal digits; ask your operator (hardpan trust show)")
    pinned.Pinned(cluster).save()
    view = connect().trust()
    typer.echo(f"pinned {cluster}; trust snapshot {view.version} counts until {view.body.expires}")


def plan(file: FileArgument, namespace: NamespaceOption = "", output: Output = Form.TEXT) -> None:
    """Shows what applying a manifest would change. Exit code 3 when something would."""
    cluster = connect()
    manifest, view = _load(file, namespace, cluster), cluster.trust()
    tenant = _tenant(view, manifest)
    mark = cluster.mark(tenant, manifest.namespace, manifest.name)
    running = mark.revision if mark else 0
    prepared = signing.prepare(manifest, view, running + 1, datetime.now(UTC))
    found = difference(plan_of(mark), prepared.plan)
    usage = usage_text(prepared.plan, tenant.ceilings)
    head = f"revision {running} → {running + 1}, within {manifest.namespace}'s ceilings ({usage})"
    said = "".join(f"\n  log: {line}" for line in prepared.said)
    data = {"digest": prepared.plan.digest, "unchanged": found.unchanged, "changes": difference_data(found)}
    show(
        output,
        data,
        "\n".join(part for part in (head + said, difference_text(found), _summary(found, prepared.plan, file)) if part),
    )
    if found.changes:
        raise Different("")


def sign(
    file: FileArgument,
    key: KeyOption = None,
    revision: Annotated[int | None, typer.Option(min=1, help="Default: one above the highest known.")] = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="How long the signature may be accepted.")] = 60,
    namespace: NamespaceOption = "",
) -> None:
    """Evaluates the script, shows the plan and signs its digest into the manifest."""
    cluster, runner = connect(), SystemRunner()
    manifest, view = _load(file, namespace, cluster), cluster.trust()
    tenant = _tenant(view, manifest)
    signer = keys.choose(
        runner, key, _deployers(view, tenant), f"a user who may deploy in namespace {manifest.namespace}"
    )
    mark = cluster.mark(tenant, manifest.namespace, manifest.name)
    before = _remembered(view.cluster, manifest)
    number = revision or max(mark.revision if mark else 0, before[0], int(manifest.spec.get("revision") or 0)) + 1
    prepared = signing.prepare(manifest, view, number, datetime.now(UTC), days)
    found = difference(before[1] or plan_of(mark), prepared.plan)
    signing.sign(manifest, prepared, signer)
    _remember(view.cluster, manifest, number, prepared.plan)
    typer.echo(difference_text(found) or "  no change to what was signed last")
    typer.echo(
        f"signed {file} as revision {number} with {signer.key.key_id}, until {prepared.fields['expires']}.\n"
        f"Plan digest {prepared.plan.digest}; apply with: kubectl apply -f {file}"
    )


def verify(
    file: FileArgument,
    namespace: NamespaceOption = "",
    export: Annotated[Path | None, typer.Option(help="Folder for what plain `ssh-keygen -Y verify` needs.")] = None,
) -> None:
    """Checks the signature of a manifest, as the control plane and every node would."""
    cluster = connect()
    manifest, view = _load(file, namespace, cluster), cluster.trust()
    tenant = _tenant(view, manifest)
    try:
        body = signed_body(view.cluster, tenant.id, manifest.namespace, manifest.name, manifest.spec)
        texts = [SignatureText(each["keyID"], each["signature"]) for each in manifest.spec.get("signatures") or ()]
        expected = Expected(view.cluster, tenant, manifest.namespace, manifest.name)
        verified = verify_deployment(body, texts, view, expected, datetime.now(UTC))
    except (Refusal, NotCanonical) as error:
        raise CliError(str(error)) from None
    revision, signers = verified.document.spec.revision, ", ".join(verified.signers)
    typer.echo(f"revision {revision} is signed by {signers}; digest {verified.digest}")
    if export is not None:
        _export(export, manifest, view, body, texts[0])
        words = f"ssh-keygen -Y verify -f {export}/allowed_signers -I {verified.signers[0]} -n {NAMESPACE}"
        typer.echo(
            f"Check it without us: {words} -s {export}/{manifest.name}.sig < {export}/{manifest.name}.signed-bytes"
        )


def _load(file: Path, namespace: str, cluster: Cluster) -> Manifest:
    manifest = load(file, namespace)
    if manifest.namespace == "default" and not namespace and "namespace" not in manifest.document["metadata"]:
        return load(file, cluster.namespace())
    return manifest


def _tenant(view: TrustView, manifest: Manifest) -> TenantRecord:
    try:
        return view.tenant_of(manifest.namespace)
    except Refusal as refusal:
        raise CliError(str(refusal)) from None


def _deployers(view: TrustView, tenant: TenantRecord) -> set[str]:
    members = [each.user for each in tenant.members if "deploy" in each.roles]
    return {
        key.key_id for name in members if name in view.users for key in view.users[name].keys if key.state == "active"
    }


def _summary(found: Difference, new: Plan, file: Path) -> str:
    count = len(found.changes)
    changes = f"{count} change{'' if count == 1 else 's'}, {found.unchanged} unchanged. Plan digest {new.digest}"
    return f"{changes}; next: kubectl hardpan sign {file}" if count else f"No change. Plan digest {new.digest}"


def _export(folder: Path, manifest: Manifest, view: TrustView, body: bytes, text: SignatureText) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_durably(folder / f"{manifest.name}.signed-bytes", bytes_to_sign(body), 0o644)
    armoured = text.signature if text.signature.startswith("-----") else _armour(text.signature)
    write_durably(folder / f"{manifest.name}.sig", armoured.encode(), 0o644)
    lines = [
        f'{name} namespaces="{NAMESPACE}" {key.public_key}' for name, user in view.users.items() for key in user.keys
    ]
    write_durably(folder / "allowed_signers", ("\n".join(lines) + "\n").encode(), 0o644)


def _armour(bare: str) -> str:
    lines = [bare[start : start + 70] for start in range(0, len(bare), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])


def _memory(cluster: str, manifest: Manifest) -> Path:
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return (
        base
        / "hardpan"
        / "signed"
        / cluster.removeprefix("sha256:")[:16]
        / manifest.namespace
        / f"{manifest.name}.json"
    )


def _remembered(cluster: str, manifest: Manifest) -> tuple[int, Plan | None]:
    """The last revision that this user signed here, and its plan."""
    try:
        number, _, data = _memory(cluster, manifest).read_bytes().partition(b"\n")
        return int(number), parse_plan(data)
    except (OSError, ValueError, BadPlan):
        return 0, None


def _remember(cluster: str, manifest: Manifest, revision: int, signed: Plan) -> None:
    file = _memory(cluster, manifest)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_durably(file, f"{revision}\n".encode() + signed.to_bytes())
