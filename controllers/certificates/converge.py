"""Carries plans out until nothing is left to do. Whoever else writes at the same time wins: then it looks again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from controllers.certificates.acts import Act, Issue, Write
from controllers.certificates.leaves import Site
from controllers.certificates.making import Authority, issue, make_authority
from controllers.certificates.observe import Observer
from controllers.certificates.plan import AUTHORITY, Seen, plan
from controllers.certificates.secret import SECRET, body
from controllers.loop.errors import Conflict, NotFound, Unavailable
from controllers.loop.kube import Kube
from controllers.loop.objects import Json, Object, Resource

log = logging.getLogger(__name__)
ROUNDS = 6


@dataclass(frozen=True)
class Outcome:
    """What was done, what only somebody else can do, what will have to be done, and when the first certificate ends."""

    done: tuple[str, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    first_end: datetime | None


async def converge(kube: Kube, site: Site, now: Callable[[], datetime]) -> Outcome:
    """Makes everything so. Raises KubeError when the API server will not, or others never leave it in peace."""
    done: list[str] = []
    observer = Observer(kube, site)
    for _ in range(ROUNDS):
        seen, authority = await observer.look()
        planned = plan(seen, site, now())
        if not planned.acts:
            return Outcome(tuple(done), planned.problems, planned.notes, _first_end(seen))
        try:
            for act in planned.acts:
                done.append(await _perform(kube, site, act, authority, now()))
        except (Conflict, NotFound) as conflict:
            log.info("somebody else wrote meanwhile, looking again: %s", conflict)
    raise Unavailable(f"after {ROUNDS} rounds there is still something to do: does another program write the same?")


async def _perform(kube: Kube, site: Site, act: Act, authority: Authority | None, now: datetime) -> str:
    if isinstance(act, Write):
        await _write(kube, act.resource, act.body, act.target)
        return act.done
    if isinstance(act, Issue):
        assert authority is not None
        made = issue(act.leaf, authority, now)
        whole = body(site.namespace, act.leaf.secret, made, authority.pem.certificate)
        await _write(kube, SECRET, whole, act.target)
        return f"{'issued' if act.target is None else 'renewed'} {act.leaf.secret} ({act.why})"
    made = make_authority(site.cluster, now)
    await _write(kube, SECRET, body(site.namespace, AUTHORITY, made, made.certificate), None)
    return "made the site's authority"


async def _write(kube: Kube, resource: Resource, whole: Json, target: Object | None) -> None:
    if target is None:
        await kube.create(resource, whole)
    else:
        await kube.patch(target, whole)


def _first_end(seen: Seen) -> datetime | None:
    return min((kept.end for _, kept in seen.leaves if kept and kept.end), default=None)
