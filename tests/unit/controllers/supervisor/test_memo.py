"""What is kept change by change is what going through all objects would find."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controllers.loop.cache import Cache
from controllers.loop.kube import Listing
from controllers.loop.objects import Object
from controllers.supervisor.caches import MACHINES, NODES
from controllers.supervisor.holdings import Holdings, Rows
from controllers.supervisor.memo import PerObject, Reserved, Uids, size_of
from controllers.supervisor.model import Capacity, Row

CHANGES = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["n1", "n2"]), st.integers(1, 4), st.integers(0, 2)), max_size=20
)
ROWS = st.dictionaries(
    st.tuples(st.sampled_from(["u1", "u2"]), st.just("machine"), st.sampled_from("abc")),
    st.builds(Row, st.integers(1, 3), st.just(1), st.just(""), st.just(""), namespace=st.sampled_from(["x", "y"])),
)


def machine(name: str, version: int, node: str = "n1", cpus: int = 1, uid: str = "") -> Object:
    metadata = {"name": name, "namespace": "a", "uid": uid or name, "resourceVersion": str(version)}
    return Object(MACHINES, {"metadata": metadata, "spec": {"node": node, "cpus": cpus, "memory": 1, "disk": 1}})


@given(CHANGES)
def test_what_is_reserved_is_the_sum_over_all_objects_after_any_changes(
    changes: list[tuple[str, str, int, int]],
) -> None:
    reserved, uids = Reserved(), Uids()
    cache = Cache(MACHINES, tallies=[reserved.count, uids.count])
    for version, (name, node, cpus, act) in enumerate(changes, 1):
        seen = machine(name, version, node, cpus, f"{name}-{version}" if act == 2 else name)
        if act == 1 and (held := cache.get(seen.key)) is not None:
            cache.drop(held)
        elif act == 2:
            cache.replace(Listing((seen,), str(version)))
        else:
            cache.put(seen)
    expected: dict[str, Capacity] = {}
    for each in cache.all():
        expected[each.spec["node"]] = expected.get(each.spec["node"], Capacity()) + size_of(each)
    assert reserved.now() == expected
    assert uids.strangers({each.uid for each in cache.all()} | {"stranger"}) == {"stranger"}


def test_a_value_is_made_again_only_for_what_changed_and_for_all_when_the_trust_did() -> None:
    cache, made = Cache(NODES), list[str]()
    views = PerObject[str](cache, lambda seen: seen.deletion_timestamp is None)

    def make(seen: Object) -> str:
        made.append(seen.name)
        return seen.resource_version

    def node(name: str, version: int, **metadata: Any) -> Object:
        return Object(NODES, {"metadata": {"name": name, "uid": name, "resourceVersion": str(version), **metadata}})

    for name in ("b", "a"):
        cache.put(node(name, 1))
    first = views.values("trust", make)
    assert list(first) == ["a", "b"]
    cache.put(node("b", 2))
    assert views.values("trust", make) == {"a": "1", "b": "2"}
    assert made == ["a", "b", "b"]
    assert first["b"] == "1"
    assert views.values("other trust", make) == {"a": "1", "b": "2"}
    assert made == ["a", "b", "b", "a", "b"]
    cache.put(node("a", 3, deletionTimestamp="now"))
    assert list(views.values("other trust", make)) == ["b"]


@given(st.lists(st.tuples(st.sampled_from(["n1", "n2"]), ROWS), max_size=8))
def test_holdings_are_the_newest_rows_of_each_node(said: list[tuple[str, Rows]]) -> None:
    holdings, newest = Holdings(), dict[str, Rows]()
    for node, rows in said:
        holdings.replace(node, rows)
        newest[node] = rows
    everything = [(node, *key, row) for node, rows in newest.items() for key, row in rows.items()]
    for uid in ("u1", "u2"):
        found = sorted((node, uid, *key, row.namespace, row.epoch) for node, key, row in holdings.of(uid))
        assert found == sorted(
            (node, u, kind, name, row.namespace, row.epoch) for node, u, kind, name, row in everything if u == uid
        )
    for namespace in ("x", "y"):
        assert holdings.uids(namespace) == {uid for _, uid, _, _, row in everything if row.namespace == namespace}
    for node in ("n1", "n2"):
        holdings.replace(node, {})
    assert not holdings._of
    assert not holdings._places
