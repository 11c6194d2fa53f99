"""`hardpan trust`: the snapshot of what counts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli import site as sites
from cli.errors import Usage
from cli.keys import KeyOption
from cli.output import Form, Output, say, show
from cli.publishing import HERE, ApplyOption, Change, SiteOption, publish
from cli.site import Site
from cli.wording import require
from crds.meta import DnsLabel, ResourceName
from trust.records import Record
from trust.snapshot import DEFAULT_VALIDITY_DAYS, TrustView


def renew(
    days: Annotated[int, typer.Option(min=1, max=365, help="For how long it counts.")] = DEFAULT_VALIDITY_DAYS,
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Signs a new snapshot of all records in the site folder.

    Where the snapshot ends, what runs goes on and nothing new is accepted: renew it before.

    \b
    Example:
      hardpan trust renew --days 30
    """
    publish(Site(site), Change(days=days), key, apply)
    say("Next: hardpan trust show")


def floor(
    deployment: Annotated[str, typer.Argument(metavar="NAMESPACE/NAME", help="The deployment.", show_default=False)],
    revision: Annotated[int, typer.Argument(min=1, max=2**53 - 1, help="The lowest that counts.", show_default=False)],
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Sets the lowest revision of a deployment that counts; it never falls.

    Every node and supervisor refuses revisions below it, also one that has not seen a newer one.

    \b
    Example:
      hardpan trust floor tenant-a/web 8
    """
    namespace, _, name = deployment.partition("/")
    require(DnsLabel, namespace, "NAMESPACE/NAME")
    require(ResourceName, name, "NAMESPACE/NAME")
    folder = Site(site)
    floors = sites.snapshot_of(folder).revision_floors
    if revision <= floors.get(deployment, 0):
        held = floors[deployment]
        raise Usage(
            f"REVISION is {revision}: the floor of {deployment} is {held} and never falls; take {held + 1} or more"
        )
    publish(folder, Change(amended={"revision_floors": {**floors, deployment: revision}}), key, apply)
    say(f"revisions of {deployment} below {revision} count nowhere any more; what runs goes on until it is signed anew")
    say(f"Next: kubectl hardpan explain deployment {name} -n {namespace}")


def show_(site: SiteOption = HERE, output: Output = Form.TEXT) -> None:
    """Shows the cluster's id and what counts.

    That is what the newest snapshot of the site folder lists.

    \b
    Example:
      hardpan trust show -o json
    """
    folder = Site(site)
    view = folder.view()
    lines = [f"cluster {view.cluster}", _validity(view), *(_listed(each, view) for each in folder.records())]
    gone = sorted(set(view.body.records) - {each.key for each in folder.records()})
    lines += [f"  {each}  has no file in {site}/records: restore it, or renew to leave it out" for each in gone]
    show(output, view.body.wire(), "\n".join(lines))


def _validity(view: TrustView) -> str:
    over = "ended" if datetime.now(UTC) >= view.expires else "counts until"
    remedy = ": hardpan trust renew" if over == "ended" else ""
    return f"trust snapshot {view.version} of {view.body.issued} {over} {view.body.expires}{remedy}"


def _listed(record: Record, view: TrustView) -> str:
    counts = view.body.records.get(record.key) == record.digest
    return f"  {record.key}" + ("" if counts else "  differs from what was signed: hardpan trust renew")
