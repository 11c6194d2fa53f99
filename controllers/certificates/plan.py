"""Decides what to make, renew and write, from what is there and the time. Pure.

Whatever this role did not make stays as it is: of that it only says what is wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from controllers.certificates.acts import Act, Issue, MakeAuthority, Problem, Write
from controllers.certificates.leaves import Leaf, Site
from controllers.certificates.making import LEAF_LIFE
from controllers.loop.objects import Object

AUTHORITY = "hardpan-site-ca"
RENEWED_BEFORE = timedelta(days=30)
# A new authority needs new boot media, so there is a year to bring them to the machines.
AUTHORITY_WARNED = timedelta(days=365)
WORTHWHILE = timedelta(days=1)


@dataclass(frozen=True)
class Kept:
    """A certificate in a Secret: who wrote it, when it ends (None: unreadable), and what is wrong with it."""

    secret: Object
    ours: bool
    end: datetime | None
    flaw: str


@dataclass(frozen=True)
class Seen:
    """What is there; without a sound authority nothing else is judged. `published`: boot media were made with one."""

    authority: Kept | None
    leaves: tuple[tuple[Leaf, Kept | None], ...] = ()
    others: tuple[Write | Problem, ...] = ()
    published: bool = False


@dataclass(frozen=True)
class Plan:
    """What to do, in order, and what to tell: `problems` need somebody, `notes` do so some day."""

    acts: tuple[Act, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def plan(seen: Seen, site: Site, now: datetime) -> Plan:
    """The authority first: certificates follow when it is there."""
    if seen.authority is None:
        return _begin(seen, site)
    authority = seen.authority
    if trouble := _trouble(authority, now):
        return Plan(problems=(f"Secret {AUTHORITY} {trouble}; {_remedy(authority)}",))
    assert authority.end is not None
    steps = [_leaf(leaf, kept, site, authority.end, now) for leaf, kept in seen.leaves] + [*seen.others]
    return Plan(
        tuple(each for each in steps if isinstance(each, Issue | Write)),
        tuple(each.sentence for each in steps if isinstance(each, Problem)),
        _notes(authority.end, now),
    )


def _begin(seen: Seen, site: Site) -> Plan:
    """Makes the authority; one that was lost is not replaced behind anybody's back, for nodes trust it."""
    if AUTHORITY in site.elsewhere:
        return Plan(problems=(_awaited(AUTHORITY),))
    return Plan(problems=(_lost(site),)) if seen.published else Plan((MakeAuthority(),))


def _leaf(leaf: Leaf, kept: Kept | None, site: Site, last: datetime, now: datetime) -> Issue | Problem | None:
    if kept is None:
        return Problem(_awaited(leaf.secret)) if leaf.secret in site.elsewhere else Issue(leaf, "absent", None)
    trouble = _trouble(kept, now)
    if not kept.ours or leaf.secret in site.elsewhere:
        return Problem(f"Secret {leaf.secret} {trouble}; {_remedy(kept)}") if trouble else None
    if trouble:
        return Issue(leaf, trouble, kept.secret)
    assert kept.end is not None
    return Issue(leaf, f"ends {_day(kept.end)}", kept.secret) if is_due(kept.end, last, now) else None


def is_due(end: datetime, last: datetime, now: datetime) -> bool:
    """Whether it ends soon and a new one would last longer: none outlives its authority, which ends at `last`."""
    return end - now < RENEWED_BEFORE and min(now + LEAF_LIFE, last) - end >= WORTHWHILE


def _trouble(kept: Kept, now: datetime) -> str:
    if kept.end is not None and kept.end <= now:
        return f"ended {_day(kept.end)}"
    return kept.flaw


def _notes(end: datetime, now: datetime) -> tuple[str, ...]:
    if end - now >= AUTHORITY_WARNED:
        return ()
    return (f"the site's authority ends {_day(end)}: replace it before, and the boot media with it",)


def _awaited(secret: str) -> str:
    return f"Secret {secret} is not there yet: whoever is to make it has not done so"


def _lost(site: Site) -> str:
    return (
        f"Secret {AUTHORITY} is gone, and nodes trust what ConfigMap {AUTHORITY} published: put it back from a backup, "
        f"or have a new one made: then boot media must be made anew: {_anew(site.namespace)}"
    )


def _anew(namespace: str) -> str:
    return f"kubectl -n {namespace} delete secret/{AUTHORITY} configmap/{AUTHORITY} --ignore-not-found"


def _remedy(kept: Kept) -> str:
    name = kept.secret.name
    if name == AUTHORITY:
        anew = _anew(kept.secret.namespace)
        return f"put a sound one there, or have a new one made: then boot media must be made anew: {anew}"
    return (
        f"put a sound one there, or delete it to have one made: kubectl -n {kept.secret.namespace} delete secret {name}"
    )


def _day(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
