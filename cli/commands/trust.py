"""`hardpan trust`: the snapshot of what counts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.keys import KeyOption
from cli.output import Form, Output, say, show
from cli.publishing import HERE, ApplyOption, Change, SiteOption, publish
from cli.site import Site
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
