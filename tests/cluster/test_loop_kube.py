"""The real API server behind our adapter keeps the contract that the fake keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol
from uuid import uuid4

import pytest

from controllers.loop.access import login
from controllers.loop.errors import NotFound, Refused
from controllers.loop.kube_http import HttpKube
from controllers.loop.objects import EVENT, Json, ObjectKey, Resource
from tests.cluster.loop_kinds import install
from tests.unit.controllers.loop.kube_contract import WIDGET, KubeContract, widget


class Cluster(Protocol):
    """What the tests need of the running cluster."""

    @property
    def kubeconfig(self) -> object: ...


@pytest.fixture
async def kube(kubernetes: Cluster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpKube]:
    monkeypatch.setenv("KUBECONFIG", str(kubernetes.kubeconfig))
    kube = HttpKube(login)
    await install(kube)
    yield kube
    await kube.close()


class TestHttpKube(KubeContract):
    """Every test of the contract."""


async def test_what_the_schema_forbids_is_refused_with_the_servers_words(kube: HttpKube) -> None:
    made = await kube.create(WIDGET, widget())
    with pytest.raises(Refused, match=r"spec\.size"):
        await kube.patch(made, {"spec": {"size": -1}})


async def test_a_list_of_many_pages_is_whole_and_projected(kube: HttpKube, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controllers.loop.kube_http.PAGE", 3)
    label = uuid4().hex
    made = [await kube.create(WIDGET, widget(labels={"is": label})) for _ in range(8)]

    def only_metadata(raw: Json) -> Json:
        return {"metadata": raw["metadata"]}

    listing = await kube.list(WIDGET, selector=f"is={label}", projection=only_metadata)
    assert {each.key for each in listing.objects} == {each.key for each in made}
    assert not any(each.spec for each in listing.objects)


async def test_a_list_may_come_from_the_servers_cache(kube: HttpKube) -> None:
    listing = await kube.list(WIDGET, consistent=False)
    assert int(listing.resource_version) > 0


async def test_a_kind_that_is_not_there_is_neither_served_nor_listed(kube: HttpKube) -> None:
    gadget = Resource(WIDGET.group, WIDGET.version, "gadgets", "Gadget", namespaced=True)
    nowhere = Resource("nowhere.hardpan.dev", "v1", "gadgets", "Gadget", namespaced=True)
    assert [await kube.served(each) for each in (WIDGET, EVENT, gadget, nowhere)] == [True, True, False, False]
    with pytest.raises(NotFound):
        await kube.list(gadget)


async def test_a_namespace_that_is_not_there_is_named(kube: HttpKube) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        await kube.create(WIDGET, widget("w", "nowhere"))


async def test_a_name_can_be_used_again_after_its_object_has_gone(kube: HttpKube) -> None:
    first = await kube.create(WIDGET, widget())
    await kube.delete(first)
    second = await kube.create(WIDGET, widget(first.name))
    assert (second.key, second.uid != first.uid) == (ObjectKey("default", first.name), True)
