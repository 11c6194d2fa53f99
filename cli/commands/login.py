"""`hardpan login`: pins the cluster that this user trusts."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import pinned
from cli.cluster import connect
from cli.environment import config_file
from cli.output import say
from cli.pinned import Pinned
from cli.text import short
from cli.trusted import trust_of
from cli.wording import require
from crds.meta import Digest


def login(
    cluster: Annotated[
        str, typer.Argument(metavar="CLUSTER", help="The cluster's id, from its operator.", show_default=False)
    ],
) -> None:
    """Pins the cluster that you trust.

    Everything that the API server says is checked against this id, so take it from your operator and not from the
    API server. Operators see it with `hardpan trust show`.

    \b
    Example:
      hardpan login sha256:5e0c…
    """
    require(Digest, cluster, "CLUSTER")
    before = pinned.find()
    kept = before if before and before.cluster == cluster else Pinned(cluster)
    view = trust_of(connect(), kept)
    Pinned(cluster, max(kept.floor, view.version), max(kept.root, view.root.document.version)).save()
    if before and before.cluster != cluster:
        say(f"replaces the pin of {short(before.cluster)}")
    say(f"pinned {short(cluster)} in {config_file()}; trust snapshot {view.version} counts until {view.body.expires}")
    say("Next: kubectl hardpan plan FILE")
