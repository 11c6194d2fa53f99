"""`hardpan tenant`: namespaces, their members and ceilings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli import site as sites
from cli.amounts import quantity
from cli.errors import Usage
from cli.keys import KeyOption
from cli.output import say
from cli.publishing import HERE, ApplyOption, Change, SiteOption, publish
from cli.site import Site
from cli.wording import checked, require
from crds.meta import DnsLabel
from crds.tenant import TenantSpec
from plans.quantity import format_quantity
from trust.records import Record

GIBIBYTE = 1 << 30
FIRST_CEILINGS = {"machines": 10, "cpus": 20, "memory": 32 * GIBIBYTE, "volumes": 20, "storage": 256 * GIBIBYTE}
KEPT = "kept"


def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The tenant's name.", show_default=False)],
    member: Annotated[
        list[str] | None, typer.Option(metavar="USER", help="A user who may deploy; may come again.", show_default=KEPT)
    ] = None,
    namespace: Annotated[str, typer.Option(help="Its namespace.", show_default="the tenant's name")] = "",
    machines: Annotated[int | None, typer.Option(min=0, help="Most machines of a plan.", show_default="10")] = None,
    cpus: Annotated[int | None, typer.Option(min=0, help="Most processors of a plan.", show_default="20")] = None,
    memory: Annotated[str, typer.Option(help="Most memory of a plan.", show_default="32Gi")] = "",
    volumes: Annotated[int | None, typer.Option(min=0, help="Most volumes of a plan.", show_default="20")] = None,
    storage: Annotated[str, typer.Option(help="Most storage of a plan.", show_default="256Gi")] = "",
    image_host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="A host that images may come from; may come again.", show_default="any host"),
    ] = None,
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Adds a tenant, or changes one: what is not given stays, and so does its id.

    \b
    Examples:
      hardpan tenant add shop --member alice --member bob
      hardpan tenant add shop --memory 64Gi
    """
    require(DnsLabel, name, "NAME")
    folder = Site(site)
    held = folder.record("Tenant", name)
    asked = {
        "machines": machines,
        "cpus": cpus,
        "memory": quantity(memory, "--memory") if memory else None,
        "volumes": volumes,
        "storage": quantity(storage, "--storage") if storage else None,
    }
    spec = checked(TenantSpec, _fields(name, held, namespace, member, image_host, asked), "tenant")
    _require_members(folder, [each.user for each in spec.members])
    _require_own_namespace(folder, name, spec.namespace)
    publish(folder, Change((Record("Tenant", name, spec.wire()),)), key, apply)
    may = spec.ceilings
    say(f"tenant {name}, id {spec.id}: {', '.join(each.user for each in spec.members)} may deploy in {spec.namespace}")
    storage_words = f"{may.volumes} volumes, storage {_size(may.storage)}"
    say(f"  a plan may have {may.machines} machines, {may.cpus} cpus, memory {_size(may.memory)}, {storage_words}")
    say(f"Next: its members run `hardpan login {folder.cluster}`, then `kubectl hardpan plan FILE`")


def _fields(
    name: str,
    held: Mapping[str, Any] | None,
    namespace: str,
    members: list[str] | None,
    hosts: list[str] | None,
    asked: Mapping[str, int | None],
) -> dict[str, Any]:
    """The record's fields: what is given, else what stands, else the first values."""
    before: Mapping[str, Any] = held or {
        "id": sites.new_tenant_id(),
        "namespace": name,
        "members": [],
        "ceilings": FIRST_CEILINGS,
        "imageHosts": [],
    }
    roles = {each["user"]: each["roles"] for each in before["members"]}
    chosen = {each: roles.get(each, ["deploy", "act", "session"]) for each in members or roles}
    if not chosen:
        raise Usage(f"tenant {name} is new: name those who may deploy with --member")
    return {
        "id": before["id"],
        "namespace": namespace or before["namespace"],
        "members": [{"user": user, "roles": may} for user, may in chosen.items()],
        "thresholds": before.get("thresholds", {"deploy": 1}),
        "ceilings": {**before["ceilings"], **{key: value for key, value in asked.items() if value is not None}},
        "runtimes": before.get("runtimes", ["vm"]),
        "imageHosts": hosts if hosts is not None else before["imageHosts"],
    }


def _require_members(site: Site, members: list[str]) -> None:
    known = {each.name for each in site.records() if each.kind == "User"}
    for member in members:
        if member not in known:
            remedy = f"first: hardpan user add {member} --public-key FILE.pub"
            raise Usage(
                f"--member {member}: there is no such user (there: {', '.join(sorted(known)) or 'nobody'}); {remedy}"
            )


def _require_own_namespace(site: Site, name: str, namespace: str) -> None:
    for each in site.records():
        if each.kind == "Tenant" and each.name != name and each.spec["namespace"] == namespace:
            raise Usage(f"namespace {namespace} belongs to tenant {each.name}: choose another with --namespace")


def _size(amount: int) -> str:
    return format_quantity(amount) if amount else "0"
