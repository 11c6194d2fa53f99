"""The operator's commands: init, user, tenant, trust, token. Each changes the site folder and signs a new snapshot."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from cli import keys, pinned
from cli import site as sites
from cli.cluster import connect
from cli.errors import Usage
from cli.keys import KeyOption
from cli.output import Form, Output, show
from cli.signer import from_file
from cli.site import Site
from crds.meta import LabelMap, Part
from crds.tenant import TenantSpec
from crds.user import UserSpec
from plans.quantity import parse_quantity
from sal.command import SystemRunner
from trust.dsse import encode
from trust.errors import BadKey
from trust.keys import parse_user_key
from trust.part import format_time

SiteOption = Annotated[Path, typer.Option("--site", help="The operator's folder.")]
ApplyOption = Annotated[bool, typer.Option("--apply/--no-apply", help="Apply the files with kubectl at once.")]
HERE = Path("hardpan-site")
_DURATION = re.compile(r"([1-9][0-9]{0,4})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("init")(init)
    groups: dict[str, tuple[str, dict[str, Any]]] = {
        "user": ("People and their keys.", {"add": user_add, "revoke-key": user_revoke}),
        "tenant": ("Namespaces, their members and ceilings.", {"add": tenant_add}),
        "trust": ("The trust snapshot.", {"renew": trust_renew, "show": trust_show}),
        "token": ("Join tokens for machines.", {"create": token_create}),
    }
    for name, (text, commands) in groups.items():
        group = typer.Typer(help=text, no_args_is_help=True)
        for word, command in commands.items():
            group.command(word)(command)
        app.add_typer(group, name=name)


def init(
    root_key: Annotated[list[Path], typer.Option(help="Public key file of the operator root; give two or more.")],
    region: Annotated[str, typer.Option(help="Region of the first supervisor.")] = "main",
    name: Annotated[str, typer.Option(help="What people call this cluster.")] = "hardpan",
    key: KeyOption = None,
    site: SiteOption = HERE,
) -> None:
    """Makes a cluster's root of trust and its first supervisor."""
    runner = SystemRunner()
    lines = [from_file(runner, file).key for file in root_key]
    signer = keys.choose(runner, key or _private(root_key), {each.key_id for each in lines}, "the operator root")
    made = sites.init(site, name, [each.line for each in lines], signer, region, datetime.now(UTC))
    pinned.Pinned(made.cluster, 1).save()
    for each in lines:
        typer.echo(f"operator root  {each.key_id}  ({each.kind})")
    typer.echo(f"cluster        {made.cluster}  pinned in {pinned.config_file()}")
    typer.echo(f"Next: kubectl apply -f {site}/records -f {site}/trust.yaml; then hardpan user add, hardpan tenant add")


def user_add(
    name: Annotated[str, typer.Argument(help="The user's name.")],
    public_key: Annotated[list[Path], typer.Option(help="Public key file (ssh-ed25519 or sk-ssh-ed25519).")],
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Adds a user, or replaces the user's keys."""
    try:
        lines = [parse_user_key(file.read_text().strip()).line for file in public_key]
    except OSError as error:
        raise Usage(f"--public-key: {error}") from None
    except BadKey as error:
        raise Usage(f"--public-key: {error}") from None
    spec = _checked(UserSpec, {"keys": [{"publicKey": line, "state": "active"} for line in lines]})
    _publish(Site(site), key, apply, ("User", name, spec))


def user_revoke(
    name: Annotated[str, typer.Argument(help="The user's name.")],
    key_id: Annotated[str, typer.Argument(help="The key, as `ssh-keygen -lf` prints it.")],
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Revokes one key of a user: what it signed counts no longer for anything new."""
    held = next((each for each in Site(site).records() if each.key == f"User/{name}"), None)
    if held is None:
        raise Usage(f"there is no user {name} in {site}")
    changed = [
        {**each, "state": "revoked"} if parse_user_key(each["publicKey"]).key_id == key_id else each
        for each in held.spec["keys"]
    ]
    if changed == list(held.spec["keys"]):
        raise Usage(f"user {name} has no active key {key_id}")
    _publish(Site(site), key, apply, ("User", name, _checked(UserSpec, {"keys": changed})))


def tenant_add(
    name: Annotated[str, typer.Argument(help="The tenant's name.")],
    member: Annotated[list[str], typer.Option(help="A user who may deploy.")],
    namespace: Annotated[str, typer.Option(help="Its namespace; default: its name.")] = "",
    machines: Annotated[int, typer.Option(help="Most machines of one plan.")] = 10,
    cpus: Annotated[int, typer.Option(help="Most processors of one plan.")] = 20,
    memory: Annotated[str, typer.Option(help="Most memory of one plan.")] = "32Gi",
    volumes: Annotated[int, typer.Option(help="Most volumes of one plan.")] = 20,
    storage: Annotated[str, typer.Option(help="Most storage of one plan.")] = "256Gi",
    image_host: Annotated[
        list[str] | None, typer.Option(help="A host that images may come from; default: any.")
    ] = None,
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Adds a tenant, or changes its members and ceilings; its id stays."""
    held = next((each for each in Site(site).records() if each.key == f"Tenant/{name}"), None)
    ceilings = {"machines": machines, "cpus": cpus, "memory": _bytes(memory, "--memory"), "volumes": volumes}
    fields = {
        "id": held.spec["id"] if held else sites.new_tenant_id(),
        "namespace": namespace or name,
        "members": [{"user": each, "roles": ["deploy", "act", "session"]} for each in member],
        "thresholds": {"deploy": 1},
        "ceilings": {**ceilings, "storage": _bytes(storage, "--storage")},
        "runtimes": ["vm"],
        "imageHosts": image_host or [],
    }
    _publish(Site(site), key, apply, ("Tenant", name, _checked(TenantSpec, fields)))


def trust_renew(
    days: Annotated[int, typer.Option(min=1, max=365, help="How long the snapshot counts.")] = 14,
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Signs a new snapshot of all records in the site folder."""
    _publish(Site(site), key, apply, days=days)


def trust_show(site: SiteOption = HERE, output: Output = Form.TEXT) -> None:
    """Shows what the newest snapshot of the site folder lists."""
    body = Site(site).view().body
    lines = [f"snapshot {body.version} of {body.issued}, counts until {body.expires}", *sorted(body.records)]
    show(output, body.wire(), "\n  ".join(lines))


def token_create(
    name: Annotated[str, typer.Argument(help="The token's name.")],
    count: Annotated[int, typer.Option(min=1, help="How many machines it admits.")] = 1,
    expires: Annotated[str, typer.Option(help="How long it admits machines: 7d, 12h, 30m.")] = "7d",
    region: Annotated[str | None, typer.Option(help="Region of its machines; by default the only one.")] = None,
    where: Annotated[str, typer.Option("--in-site", help="Site of its machines.")] = "default",
    label: Annotated[list[str] | None, typer.Option(help="name=value for its machines.")] = None,
    board_vendor: Annotated[str | None, typer.Option(help="Pattern that the board vendor must match.")] = None,
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Makes a join token; prints the private half for the boot medium."""
    ends = datetime.now(UTC) + _duration(expires)
    fields = {
        "count": count,
        "expires": format_time(ends),
        "site": where,
        "region": region or sites.only_region(Site(site).view()),
        "labels": labels_of(label or []),
        **({"boardVendor": board_vendor} if board_vendor else {}),
    }
    try:
        made = sites.new_token(Site(site), name, fields)
    except ValidationError as error:
        raise Usage(_worded(error)) from None
    _publish(Site(site), key, apply)
    typer.echo(json.dumps({"name": name, "seed": encode(made.seed)}))


def _publish(
    site: Site, key: Path | None, apply: bool, record: tuple[str, str, Any] | None = None, days: int = 14
) -> None:
    """Writes a record, signs a snapshot that lists it, applies both."""
    runner = SystemRunner()
    root = site.view().root.document
    signer = keys.choose(runner, key, root.key_ids(), "the operator root")
    if record is not None:
        site.put(*record)
    body = sites.renew(site, signer, datetime.now(UTC), days)
    typer.echo(
        f"trust snapshot {body.version}, counts until {body.expires}, lists {len(body.records)} records", err=True
    )
    if apply:
        files = [*sorted((site.folder / "records").glob("*.yaml")), site.trust_file]
        connect(runner).kubectl.apply("---\n".join(each.read_text() for each in files))
        typer.echo("applied", err=True)
    else:
        typer.echo(f"Next: kubectl apply -f {site.folder}/records -f {site.trust_file}", err=True)


def _private(public: list[Path]) -> Path | None:
    """The private half beside the first public key file, when it is there."""
    for file in public:
        candidate = file.with_suffix("") if file.suffix == ".pub" else file
        if candidate.exists():
            return candidate
    return None


def _checked(model: type[Part], fields: dict[str, Any]) -> Any:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise Usage(_worded(error)) from None


def _worded(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])} is {first['input']!r}: {first['msg']}"


def _bytes(text: str, option: str) -> int:
    try:
        return parse_quantity(text, option)
    except ValueError as error:
        raise Usage(str(error)) from None


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Usage(f"--expires is {text!r}: write it like 7d, 12h or 30m")
    return timedelta(**{_UNITS[match.group(2)]: int(match.group(1))})


def labels_of(pairs: list[str]) -> dict[str, str]:
    """Labels from name=value words. Raises Usage."""
    found = dict(pair.partition("=")[::2] for pair in pairs)
    if len(found) != len(pairs) or not all("=" in pair for pair in pairs):
        raise Usage("--label takes name=value, each name once")
    try:
        return TypeAdapter(LabelMap).validate_python(found)
    except ValidationError:
        raise Usage("--label takes letters, digits, '.', '_' and '-', at most 63; a name may have '/' too") from None
