"""`hardpan token`: join tokens for machines, made and closed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from pydantic import ValidationError

from cli import site as sites
from cli.amounts import duration, labels
from cli.errors import Usage
from cli.keys import KeyOption
from cli.output import note, say
from cli.publishing import HERE, ApplyOption, Change, SiteOption, publish
from cli.site import Site
from cli.site_files import write_secret
from cli.wording import require, worded
from crds.meta import DnsLabel, Region
from trust.dsse import encode
from trust.part import format_time
from trust.records import Record

LONGEST = timedelta(days=365)


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The token's name.", show_default=False)],
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many machines it admits.")] = 1,
    expires: Annotated[str, typer.Option(help="For how long it admits machines: 7d, 12h, 30m.")] = "7d",
    region: Annotated[str, typer.Option(help="Region of its machines.", show_default="the only one")] = "",
    in_site: Annotated[str, typer.Option(help="Site of its machines.")] = "default",
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A label of its machines; may come again.", show_default="none"),
    ] = None,
    board_vendor: Annotated[
        str, typer.Option(help="Pattern that a machine's board vendor must match.", show_default="any")
    ] = "",
    machine: Annotated[
        list[str] | None,
        typer.Option(
            help="A machine that it admits: serial number, UUID or a network card's address; may come again.",
            show_default="any",
        ),
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option(metavar="CIDR", help="A network that its machines come from; may come again.", show_default="any"),
    ] = None,
    measured: Annotated[
        bool,
        typer.Option("--measured", help="Only machines whose TPM says that they started an image of a release."),
    ] = False,
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Makes a join token, and prints its private half for a boot medium.

    Whoever holds the private half can enrol machines until the token ends: hand it out as you would a password.

    \b
    Example:
      hardpan token create rack-7 --count 40 --expires 7d --label rack=7 > rack-7.token
    """
    require(DnsLabel, name, "NAME")
    require(DnsLabel, in_site, "--in-site")
    folder = Site(site)
    region = region or sites.only_region(folder.view())
    require(Region, region, "--region")
    if folder.record("JoinToken", name) is not None:
        raise Usage(f"join token {name} is there already: choose another name")
    ends = format_time(datetime.now(UTC) + duration(expires, "--expires", LONGEST))
    fields = {"count": count, "expires": ends, "site": in_site, "region": region, "labels": labels(label or [])}
    bound = {"boardVendor": board_vendor, "machines": machine, "networks": network, "measured": measured}
    try:
        spec, made = sites.make_token({**fields, **{name: value for name, value in bound.items() if value}})
    except ValidationError as error:
        raise Usage(worded(error, "token")) from None
    write_secret(folder.token_file(name), made.seed)
    try:
        serving = sites.vouching(folder, region, in_site)
        publish(folder, Change((Record("JoinToken", name, spec.wire()), *serving)), key, apply)
    finally:
        if folder.record("JoinToken", name) is None:
            folder.token_file(name).unlink()
    say(json.dumps({"name": name, "seed": encode(made.seed)}))
    for each in serving:
        note(f"supervisor {each.name} is vouched for site {in_site} from now on")
    note(f"token {name} admits {count} machines of region {region} until {ends}; kept in {folder.token_file(name)}")
    if measured and not any(each.pcr_11 for each in folder.view().releases.values()):
        note("Warning: no release says what a TPM holds after its image started, so the token admits nobody yet")
    note("Next: boot machines with it, then: kubectl get nodes.hardpan.dev")


def close(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The token's name.", show_default=False)],
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Closes a join token: it admits no more machines.

    Who has joined by it stays. A single machine is taken back with `hardpan node revoke`.

    \b
    Example:
      hardpan token close rack-7
    """
    require(DnsLabel, name, "NAME")
    folder = Site(site)
    if folder.record("JoinToken", name) is None:
        names = ", ".join(each.name for each in folder.records() if each.kind == "JoinToken") or "none"
        raise Usage(f"NAME: there is no join token {name} in {site}: there is {names}")
    closed = sites.snapshot_of(folder).closed_tokens
    if name in closed:
        raise Usage(f"NAME: join token {name} is closed already: nothing is to be done")
    publish(folder, Change(amended={"closed_tokens": tuple(sorted({*closed, name}))}), key, apply)
    say(f"token {name} admits no more machines; who has joined by it stays")
    say("Next: kubectl get jointokens.hardpan.dev")
