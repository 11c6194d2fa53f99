"""Records show whether they count; a join token also whether it still admits machines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from controllers.ledger.records import RecordReconciler
from controllers.loop.cache import Cache
from controllers.loop.controller import RequeueAfter
from controllers.loop.objects import Object, ObjectKey, resource_of
from controllers.loop.testing import MemoryKube
from crds.jointoken import JoinTokenStatus
from crds.node import NODE
from crds.tenant import TenantStatus
from crds.trust import TrustStatus
from crds.user import UserStatus
from tests.unit.controllers.installed import RESOURCES, install
from tests.unit.trust.world import CLUSTER, DAY, NOW, World, token, user

NODES = resource_of(NODE)
STATUSES = {"User": UserStatus, "Tenant": TenantStatus, "JoinToken": JoinTokenStatus, "Trust": TrustStatus}


async def told(kind: str, name: str, world: World, now: datetime = NOW, joined: int = 0, **edited: Any) -> Object:
    """The object after its reconcile; `edited` is written into its spec behind the snapshot's back."""
    kube, nodes = MemoryKube(lambda: now), Cache(NODES)
    trust = await install(kube, world)
    for number in range(joined):
        body = {"metadata": {"name": f"n-{number}"}, "spec": {"token": name}}
        nodes.put(await kube.create(NODES, body))
    if edited:
        cache = trust.records(kind)
        seen = cache.get(ObjectKey("", name))
        assert seen is not None
        cache.put(await kube.patch(seen, {"spec": edited}))
    await RecordReconciler(kube, trust, nodes, lambda: now).reconcile(ObjectKey(kind, name))
    found = await kube.get(RESOURCES[kind], ObjectKey("", name))
    STATUSES[kind].model_validate(found.status)
    return found


def ready(seen: Object) -> tuple[str, str]:
    (condition,) = seen.status["conditions"]
    return condition["status"], condition["reason"]


@pytest.mark.parametrize(("kind", "name"), [("User", "alice"), ("Tenant", "a"), ("JoinToken", "rack")])
async def test_a_record_that_the_snapshot_lists_counts(kind: str, name: str) -> None:
    assert ready(await told(kind, name, World())) == ("True", "Listed")


async def test_a_record_that_was_edited_since_does_not_count() -> None:
    seen = await told("User", "alice", World(), keys=user("alice", "alice-2")["keys"])
    assert ready(seen) == ("False", "RecordNotListed")
    assert "with other content: run `hardpan trust renew`" in seen.status["conditions"][0]["message"]


async def test_the_trust_shows_its_version_end_and_cluster() -> None:
    seen = await told("Trust", "cluster", World())
    assert ready(seen) == ("True", "Valid")
    assert {name: seen.status[name] for name in ("version", "cluster")} == {"version": 5, "cluster": CLUSTER}


async def test_a_trust_that_ended_says_so() -> None:
    assert ready(await told("Trust", "cluster", World(), NOW + 14 * DAY)) == ("False", "TrustExpired")


async def test_an_open_token_counts_the_machines_that_came_by_it() -> None:
    seen = await told("JoinToken", "rack", World(), joined=2)
    assert (ready(seen), seen.status["used"]) == (("True", "Listed"), 2)


async def test_a_token_is_not_open_when_it_is_closed_ended_or_used_up() -> None:
    closed = await told("JoinToken", "rack", World(snapshot={"closedTokens": ["rack"]}))
    ended = await told("JoinToken", "rack", World(), NOW + 2 * DAY)
    small = World()
    small.records["JoinToken/rack"] = token(count=2)
    used_up = await told("JoinToken", "rack", small, joined=2)
    assert [ready(each) for each in (closed, ended, used_up)] == [
        ("False", "TokenClosed"),
        ("False", "TokenExpired"),
        ("False", "TokenUsedUp"),
    ]


async def test_a_token_is_looked_at_again_when_it_ends() -> None:
    now = NOW + DAY - timedelta(minutes=2)
    kube = MemoryKube(lambda: now)
    trust = await install(kube, World())
    outcome = await RecordReconciler(kube, trust, Cache(NODES), lambda: now).reconcile(ObjectKey("JoinToken", "rack"))
    assert outcome == RequeueAfter(120.0)
