"""What a cache holds packed is what it would hold open, and only what was used last is open."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controllers.loop.cache import Cache
from controllers.loop.objects import Json, Object, ObjectKey
from controllers.loop.packed import EVERY, Packed, PackedObjects
from tests.unit.controllers.loop.kube_contract import WIDGET

NAMES = st.sampled_from("abcde")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def seen(name: str, version: int = 1, **raw: object) -> Object:
    metadata = {"name": name, "namespace": "ns", "uid": f"uid-{name}", "resourceVersion": str(version)}
    return Object(WIDGET, {"metadata": metadata, **raw})


def key(name: str) -> ObjectKey:
    return ObjectKey("ns", name)


def opened(held: PackedObjects) -> str:
    return "".join(each.name for each in held if isinstance(held.look(each), Object))


def holding(names: str, most: int) -> PackedObjects:
    held = PackedObjects(WIDGET, most)
    for name in names:
        held.put(key(name), seen(name))
    return held


@given(st.dictionaries(st.text(), JSON))
def test_what_was_packed_is_opened_as_it_was(spec: Json) -> None:
    assert Packed.of(seen("a", 7, spec=spec)).open(WIDGET) == seen("a", 7, spec=spec)


def test_the_objects_used_last_are_open_and_uid_and_version_of_the_others_are_to_be_seen() -> None:
    held = holding("abcd", 2)
    assert opened(held) == "cd"
    assert held.get(key("a")) == seen("a")
    assert opened(held) == "ad"
    packed = held.look(key("b"))
    assert isinstance(packed, Packed)
    assert (packed.uid, packed.resource_version) == ("uid-b", "1")


def test_going_through_all_opens_none() -> None:
    held = holding("abcd", 2)
    assert [each.name for each in held.values(held)] == [*"abcd"]
    assert opened(held) == "cd"


def test_what_is_asked_for_together_is_in_use_unless_it_would_push_out_nearly_all() -> None:
    held = holding("abcdef", 4)
    assert held.together([key("a"), key("b")]) == (seen("a"), seen("b"))
    assert opened(held) == "abef"
    assert [each.name for each in held.together([key(name) for name in "bcd"])] == [*"bcd"]
    assert opened(held) == "abef"


def test_what_is_let_go_is_gone_whether_it_was_open_or_not() -> None:
    held = holding("abcd", 2)
    assert [held.pop(key(name)) for name in "ad"] == [seen("a"), seen("d")]
    assert sorted(held) == [key("b"), key("c")]
    assert held.get(key("a")) is held.look(key("d")) is None
    assert len(held) == 2


@given(st.lists(st.tuples(st.sampled_from(["put", "drop", "get"]), NAMES, st.integers(1, 9))))
def test_a_cache_that_packs_answers_as_one_that_does_not(steps: list[tuple[str, str, int]]) -> None:
    def by_size(each: Object) -> list[int]:
        return [each.spec["size"] % 2]

    both = [Cache(WIDGET, indexes={"parity": by_size}, most_open=most) for most in (EVERY, 1)]
    for what, name, number in steps:
        told = [
            getattr(cache, what)(key(name) if what == "get" else seen(name, number, spec={"size": number}))
            for cache in both
        ]
        assert told[0] == told[1]
    plain, packing = both
    assert plain.all() == packing.all()
    assert [plain.by("parity", each) for each in (0, 1)] == [packing.by("parity", each) for each in (0, 1)]
