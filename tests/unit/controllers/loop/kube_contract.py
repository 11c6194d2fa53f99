"""What every `Kube` does, the fake and the real one alike: the same tests run on both."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

import pytest

from controllers.loop.conditions import Condition, ConditionStatus, condition, merge
from controllers.loop.errors import AlreadyExists, Conflict, NotFound, Refused
from controllers.loop.kube import Event, Kube
from controllers.loop.objects import EVENT, LEASE, Json, Object, ObjectKey, Resource

WIDGET = Resource("test.hardpan.dev", "v1", "widgets", "Widget", namespaced=True)
SITE = Resource("test.hardpan.dev", "v1", "sites", "Site", namespaced=False)
NAMES = (f"widget-{uuid4().hex[:12]}" for _ in count())
FINALIZER = "test.hardpan.dev/held"


def widget(name: str | None = None, namespace: str = "default", **metadata: object) -> Json:
    """The body of a widget; a name of its own where none is given."""
    return {"metadata": {"name": name or next(NAMES), "namespace": namespace, **metadata}, "spec": {"size": 1}}


def said(type: str, status: ConditionStatus, reason: str = "Tested") -> Json:
    """A status of one condition."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return {"conditions": merge((), [Condition(type, status, reason)], 1, now)}


def exactly(seen: Object) -> str:
    """A label selector for one widget made with the label `is`."""
    return f"is={seen.labels['is']}"


class KubeContract:
    """Subclasses give the fixture `kube`, where widgets and sites are served."""

    async def test_what_was_created_is_read_back(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget(labels={"is": "read"}))
        read = await kube.get(WIDGET, made.key)
        assert (read.uid, read.spec, read.labels, read.generation) == (made.uid, {"size": 1}, {"is": "read"}, 1)
        assert read.resource_version == made.resource_version != ""

    async def test_a_cluster_scoped_object_has_no_namespace(self, kube: Kube) -> None:
        made = await kube.create(SITE, {"metadata": {"name": next(NAMES)}, "spec": {}})
        assert made.key == ObjectKey("", made.name)
        assert (await kube.get(SITE, made.key)).uid == made.uid

    async def test_a_name_is_given_once(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        with pytest.raises(AlreadyExists, match=made.name):
            await kube.create(WIDGET, widget(made.name))

    async def test_what_is_not_there_is_not_found(self, kube: Kube) -> None:
        with pytest.raises(NotFound, match="nobody"):
            await kube.get(WIDGET, ObjectKey("default", "nobody"))

    async def test_a_status_in_a_new_object_is_ignored(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, {**widget(), "status": {"phase": "Forged"}})
        assert not made.status

    async def test_a_list_selects_by_label_and_namespace(self, kube: Kube) -> None:
        label = next(NAMES)
        wanted = await kube.create(WIDGET, widget(labels={"is": label}))
        await kube.create(WIDGET, widget(labels={"is": "other"}))
        listing = await kube.list(WIDGET, selector=exactly(wanted))
        assert [each.key for each in listing.objects] == [wanted.key]
        assert int(listing.resource_version) >= int(wanted.resource_version)
        assert not (await kube.list(WIDGET, namespace="kube-system", selector=exactly(wanted))).objects

    async def test_a_patch_merges_and_a_changed_spec_raises_the_generation(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget(labels={"a": "1", "b": "2"}))
        labelled = await kube.patch(made, {"metadata": {"labels": {"a": None, "c": "3"}}})
        assert (labelled.labels, labelled.generation) == ({"b": "2", "c": "3"}, 1)
        resized = await kube.patch(labelled, {"spec": {"size": 2}})
        assert (resized.spec["size"], resized.generation) == (2, 2)

    async def test_a_patch_that_changes_nothing_makes_no_version(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        assert (await kube.patch(made, {"spec": {"size": 1}})).resource_version == made.resource_version

    async def test_a_patch_decided_on_an_old_version_conflicts(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        await kube.patch(made, {"spec": {"size": 2}})
        with pytest.raises(Conflict, match=made.name):
            await kube.patch(made, {"spec": {"size": 3}})

    async def test_a_patch_of_what_is_gone_is_not_found(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        await kube.delete(made)
        with pytest.raises(NotFound):
            await kube.patch(made, {"spec": {"size": 3}})

    async def test_a_namesake_is_not_deleted(self, kube: Kube) -> None:
        first = await kube.create(WIDGET, widget())
        await kube.delete(first)
        second = await kube.create(WIDGET, widget(first.name))
        with pytest.raises(Conflict):
            await kube.delete(first)
        assert (await kube.get(WIDGET, first.key)).uid == second.uid

    async def test_a_deletion_may_be_bound_to_the_version_seen(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        newer = await kube.patch(made, {"spec": {"size": 2}})
        with pytest.raises(Conflict):
            await kube.delete(made, unchanged=True)
        await kube.delete(newer, unchanged=True)

    async def test_deleting_twice_is_not_found(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        await kube.delete(made)
        with pytest.raises(NotFound):
            await kube.delete(made)

    async def test_a_finalizer_holds_an_object_until_it_is_taken_off(self, kube: Kube) -> None:
        made = await kube.set_finalizers(await kube.create(WIDGET, widget()), [FINALIZER])
        await kube.delete(made)
        held = await kube.get(WIDGET, made.key)
        assert held.deletion_timestamp is not None
        assert (held.finalizers, held.generation) == ((FINALIZER,), 2)
        await kube.set_finalizers(held, [])
        with pytest.raises(NotFound):
            await kube.get(WIDGET, made.key)

    async def test_finalizers_decided_on_an_old_version_conflict(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        await kube.patch(made, {"spec": {"size": 2}})
        with pytest.raises(Conflict):
            await kube.set_finalizers(made, [FINALIZER])

    async def test_a_terminating_object_takes_no_new_finalizer(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget(finalizers=[FINALIZER]))
        await kube.delete(made)
        terminating = await kube.get(WIDGET, made.key)
        with pytest.raises(Refused, match=made.name):
            await kube.set_finalizers(terminating, [FINALIZER, "test.hardpan.dev/more"])
        await kube.set_finalizers(terminating, [])

    async def test_a_status_touches_neither_spec_nor_generation(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        told = await kube.apply_status(made, {"phase": "Ready"}, "one")
        assert (told.status, told.spec, told.generation) == ({"phase": "Ready"}, {"size": 1}, 1)
        assert told.resource_version != made.resource_version

    async def test_a_status_said_again_is_not_written_again(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        told = await kube.apply_status(made, {"phase": "Ready", **said("Ready", "True")}, "one")
        assert await kube.apply_status(told, {"phase": "Ready", **said("Ready", "True")}, "one") is told

    async def test_conditions_of_two_managers_stand_side_by_side(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        first = await kube.apply_status(made, {"phase": "Ready", **said("Ready", "True")}, "one")
        both = await kube.apply_status(first, said("Assigned", "True"), "two")
        flipped = await kube.apply_status(both, {"phase": "Ready", **said("Ready", "False")}, "one")
        assert {each["type"]: each["status"] for each in flipped.status["conditions"]} == {
            "Assigned": "True",
            "Ready": "False",
        }
        assert flipped.status["phase"] == "Ready"

    async def test_a_field_left_out_vanishes_and_that_of_another_stays(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        first = await kube.apply_status(made, {"phase": "Ready", "address": "a", **said("Ready", "True")}, "one")
        both = await kube.apply_status(first, said("Assigned", "True"), "two")
        less = await kube.apply_status(both, {"phase": "Ready"}, "one")
        assert "address" not in less.status
        assert condition(less.status, "Ready") is None
        assert condition(less.status, "Assigned") is not None

    async def test_a_field_of_another_manager_is_refused_and_its_holder_named(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        told = await kube.apply_status(made, {"phase": "Ready"}, "one")
        with pytest.raises(Refused, match="one"):
            await kube.apply_status(told, {"phase": "Lost"}, "two")

    async def test_a_status_decided_on_an_old_version_conflicts(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        await kube.patch(made, {"spec": {"size": 2}})
        with pytest.raises(Conflict):
            await kube.apply_status(made, {"phase": "Ready"}, "one")

    async def test_the_status_of_a_namesake_is_not_written(self, kube: Kube) -> None:
        first = await kube.create(WIDGET, widget())
        await kube.delete(first)
        await kube.create(WIDGET, widget(first.name))
        with pytest.raises(Conflict):
            await kube.apply_status(first, {"phase": "Ready"}, "one")

    async def test_a_status_of_what_is_gone_is_not_found(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        await kube.delete(made)
        with pytest.raises(NotFound):
            await kube.apply_status(made, {"phase": "Ready"}, "one")

    async def test_a_lease_is_kept_by_its_version(self, kube: Kube) -> None:
        name = next(NAMES)
        body = {"metadata": {"name": name, "namespace": "default"}, "spec": {"holderIdentity": "a"}}
        lease = await kube.create(LEASE, body)
        await kube.patch(lease, {"spec": {"holderIdentity": "b"}})
        with pytest.raises(Conflict):
            await kube.patch(lease, {"spec": {"holderIdentity": "c"}})
        assert (await kube.get(LEASE, lease.key)).spec["holderIdentity"] == "b"

    async def test_an_event_names_what_it_is_about(self, kube: Kube) -> None:
        made = await kube.create(WIDGET, widget())
        await kube.record_event(made, Event("Tested", "a sentence", "contract"))
        events = (await kube.list(EVENT, namespace=made.namespace)).objects
        about_it = [each for each in events if each.raw["involvedObject"]["uid"] == made.uid]
        assert [each.raw["message"] for each in about_it] == ["a sentence"]
