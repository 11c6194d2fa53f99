"""A cache holds the newest of each object, finds by index, and believes a list on what is gone."""

from __future__ import annotations

from controllers.loop.cache import Cache, light
from controllers.loop.kube import Listing
from controllers.loop.objects import Json, Object, ObjectKey
from tests.unit.controllers.loop.kube_contract import WIDGET


def seen(name: str, version: int, uid: str = "", owner: str = "", **raw: object) -> Object:
    metadata = {"name": name, "namespace": "ns", "uid": uid or f"uid-{name}", "resourceVersion": str(version)}
    return Object(WIDGET, {"metadata": {**metadata, "labels": {"owner": owner}}, **raw})


def by_owner(each: Object) -> list[str]:
    return [each.labels["owner"]] if each.labels.get("owner") else []


def listed(version: int, *objects: Object) -> Listing:
    return Listing(objects, str(version))


def names(cache: Cache) -> list[str]:
    return [each.name for each in cache.all()]


KEY = ObjectKey("ns", "a")


def test_the_newest_version_wins_in_whichever_order_it_comes() -> None:
    cache = Cache(WIDGET)
    assert cache.put(seen("a", 9))
    assert not cache.put(seen("a", 8))
    assert not cache.put(seen("a", 9))
    held = cache.get(KEY)
    assert held is not None
    assert held.resource_version == "9"


def test_versions_are_compared_as_numbers() -> None:
    cache = Cache(WIDGET)
    cache.put(seen("a", 99))
    assert cache.put(seen("a", 100))


def test_an_index_follows_its_objects() -> None:
    cache = Cache(WIDGET, indexes={"owner": by_owner})
    cache.put(seen("b", 1, owner="x"))
    cache.put(seen("a", 2, owner="x"))
    assert [each.name for each in cache.by("owner", "x")] == ["a", "b"]
    cache.put(seen("a", 3, owner="y"))
    assert [each.name for each in cache.by("owner", "x")] == ["b"]
    cache.drop(seen("b", 4, owner="x"))
    assert cache.by("owner", "x") == ()
    assert [each.name for each in cache.by("owner", "y")] == ["a"]


def test_the_projection_drops_what_nobody_reads() -> None:
    cache = Cache(WIDGET, lambda raw: {**light(raw), "spec": {}})
    cache.put(seen("a", 1, spec={"script": "long"}))
    held = cache.get(KEY)
    assert held is not None
    assert not held.spec


def test_the_default_projection_drops_the_bookkeeping_of_others() -> None:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "mine": "1"}
    raw: Json = {"metadata": {"name": "a", "managedFields": [1], "annotations": applied}, "spec": {"size": 1}}
    assert light(raw) == {"metadata": {"name": "a", "annotations": {"mine": "1"}}, "spec": {"size": 1}}


def test_a_list_drops_what_it_does_not_name_and_tells_what_it_changed() -> None:
    cache = Cache(WIDGET)
    for each in (seen("a", 1), seen("b", 2), seen("c", 3)):
        cache.put(each)
    changed = cache.replace(listed(10, seen("a", 1), seen("c", 7), seen("d", 8)))
    assert names(cache) == ["a", "c", "d"]
    assert sorted(each.name for each in changed) == ["b", "c", "d"]
    assert cache.synced


def test_what_was_written_while_the_list_was_under_way_stays() -> None:
    cache = Cache(WIDGET)
    cache.put(seen("new", 11))
    cache.put(seen("a", 12))
    cache.replace(listed(10, seen("a", 9)))
    assert [(each.name, each.resource_version) for each in cache.all()] == [("a", "12"), ("new", "11")]


def test_what_went_while_the_list_was_under_way_does_not_return() -> None:
    cache = Cache(WIDGET)
    cache.put(seen("a", 1))
    cache.drop(seen("a", 11))
    assert cache.replace(listed(10, seen("a", 1))) == ()
    assert names(cache) == []


def test_a_late_answer_to_an_own_write_does_not_revive_what_is_gone() -> None:
    cache = Cache(WIDGET)
    cache.drop(seen("a", 11))
    assert not cache.put(seen("a", 10))
    cache.replace(listed(12))
    assert not cache.put(seen("a", 10))


def test_a_namesake_takes_the_place_of_what_is_gone() -> None:
    cache = Cache(WIDGET)
    cache.put(seen("a", 1, uid="first"))
    assert cache.put(seen("a", 5, uid="second"))
    assert not cache.drop(seen("a", 4, uid="first"))
    assert names(cache) == ["a"]


def test_a_list_that_shows_a_namesake_replaces_the_one_before() -> None:
    cache = Cache(WIDGET)
    cache.put(seen("a", 1, uid="first"))
    cache.replace(listed(9, seen("a", 5, uid="second")))
    held = cache.get(KEY)
    assert held is not None
    assert held.uid == "second"


def test_the_memory_of_what_is_gone_does_not_grow_for_ever() -> None:
    cache = Cache(WIDGET)
    for number in range(100):
        cache.drop(seen(f"w-{number}", number))
    cache.replace(listed(200))
    cache.replace(listed(201))
    assert not cache._gone
    assert not cache._gone_before
