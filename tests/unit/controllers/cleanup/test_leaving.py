"""A clean-up asks the nodes first, says what they did not answer for, and leaves what is not ours alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controllers.certificates.making import Pem
from controllers.certificates.secret import SECRET, body, encoded, labels
from controllers.certificates.trusted import CONFIG_MAP
from controllers.cleanup import leaving
from controllers.cleanup.leaving import Leaving, Unfinished
from controllers.cleanup.settings import Extent, Settings, settings_from
from controllers.loop.errors import BadSettings
from controllers.loop.objects import ObjectKey, Resource, resource_of
from controllers.loop.testing.memory import MemoryKube
from crds.deployment import DEPLOYMENT
from crds.kinds import KINDS
from crds.machine import MACHINE
from crds.meta import DEPLOYMENT_FINALIZER, REMOVALS_AGREED_UNTIL, WORKLOAD_FINALIZER
from crds.node import NODE as NODE_KIND
from crds.supervisor import SUPERVISOR
from crds.trust import TRUST

DEPLOYMENTS, MACHINES, SUPERVISORS, TRUSTS = (resource_of(each) for each in (DEPLOYMENT, MACHINE, SUPERVISOR, TRUST))
NODE = "n-" + "a" * 26
FOREIGN = "backup.example/wait"


class Clock:
    """Each look is a second later."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "PAUSE_SECONDS", 0)


@pytest.fixture
async def kube() -> MemoryKube:
    made = MemoryKube()
    await _make(made, SUPERVISORS, "main", "")
    await _make(made, TRUSTS, "cluster", "")
    await _make(made, DEPLOYMENTS, "web", "tenant", finalizers=[DEPLOYMENT_FINALIZER])
    await _make(made, MACHINES, "web-0", "tenant", {"node": NODE}, [WORKLOAD_FINALIZER, FOREIGN])
    await _make(made, SECRET, "hardpan-supervisor-key", "hardpan-system")
    for resource, name in ((SECRET, "hardpan-redis"), (CONFIG_MAP, "hardpan-site-ca")):
        metadata = {"name": name, "namespace": "hardpan-system", "labels": labels()}
        await made.create(resource, {"metadata": metadata})
    return made


async def _make(
    kube: MemoryKube,
    resource: Resource,
    name: str,
    namespace: str,
    spec: dict[str, Any] | None = None,
    finalizers: list[str] | None = None,
) -> None:
    metadata: dict[str, Any] = {"name": name, "finalizers": finalizers or []}
    if namespace:
        metadata["namespace"] = namespace
    await kube.create(resource, {"metadata": metadata, "spec": spec or {}})


def _leaving(kube: MemoryKube, extent: Extent) -> Leaving:
    return Leaving(kube, Settings("hardpan-system", extent, 5.0, ("hardpan-redis", "hardpan-gateway-tls")), Clock())


def _answer(kube: MemoryKube) -> None:
    """The supervisor takes off what a node has confirmed, as soon as it is asked for."""

    def look(verb: str, resource: Resource, _: ObjectKey) -> None:
        if verb == "list" and resource == MACHINES:
            for kind in (DEPLOYMENTS, MACHINES):
                for each in kube.objects(kind):
                    kube._objects.pop((kind, each.key))

    kube.interrupt = look


async def test_workloads_are_taken_off_their_nodes_and_records_stay(kube: MemoryKube) -> None:
    _answer(kube)
    await _leaving(kube, Extent.WORKLOADS).run()
    assert kube.objects(DEPLOYMENTS) == kube.objects(MACHINES) == ()
    assert len(kube.objects(TRUSTS)) == len(kube.objects(SUPERVISORS)) == 1
    assert len(kube.objects(SECRET)) == 2


async def test_who_uninstalls_agrees_to_all_removals(kube: MemoryKube) -> None:
    _answer(kube)
    await _leaving(kube, Extent.WORKLOADS).run()
    [supervisor] = kube.objects(SUPERVISORS)
    assert supervisor.annotations[REMOVALS_AGREED_UNTIL] > "2026-01-01T00:00:05Z"


async def test_what_a_node_does_not_answer_for_is_said_and_nothing_is_cut_off(kube: MemoryKube) -> None:
    with pytest.raises(Unfinished, match=rf"2 objects are left on {NODE} .*: bring the nodes back and uninstall again"):
        await _leaving(kube, Extent.WORKLOADS).run()
    [machine] = kube.objects(MACHINES)
    assert WORKLOAD_FINALIZER in machine.finalizers


async def test_everything_goes_but_what_is_somebody_elses(kube: MemoryKube) -> None:
    await _leaving(kube, Extent.EVERYTHING).run()
    left = {str(each) for kind in KINDS for each in kube.objects(resource_of(kind))}
    assert left == {str(each) for each in kube.objects(MACHINES)}
    [machine] = kube.objects(MACHINES)
    assert (machine.finalizers, machine.deletion_timestamp is None) == ((FOREIGN,), False)
    assert [each.name for each in kube.objects(SECRET)] == ["hardpan-supervisor-key"]
    assert kube.objects(CONFIG_MAP) == ()


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_certificate_that_somebody_else_put_there_stays(kube: MemoryKube, replaced: bool) -> None:
    made = body("hardpan-system", "hardpan-gateway-tls", Pem(b"ours", b"key"), b"root")
    await kube.create(SECRET, {**made, "data": encoded({"tls.crt": b"theirs" if replaced else b"ours"})})
    await _leaving(kube, Extent.EVERYTHING).run()
    assert ("hardpan-gateway-tls" in {each.name for each in kube.objects(SECRET)}) is replaced


async def test_trust_goes_last_for_everything_else_hangs_on_it(kube: MemoryKube) -> None:
    await _leaving(kube, Extent.EVERYTHING).run()
    ours = [each.resource for each in kube.writes if each.verb == "delete" and each.resource.group == "hardpan.dev"]
    assert ours[-1] == TRUSTS


async def test_a_node_that_registers_anew_meanwhile_does_not_stay(kube: MemoryKube) -> None:
    nodes = resource_of(NODE_KIND)
    await _make(kube, nodes, NODE, "")
    [seen] = kube.objects(nodes)

    def look(verb: str, resource: Resource, _: ObjectKey) -> None:
        if verb == "delete" and resource == TRUSTS:
            assert kube.objects(nodes) == ()
            kube._objects[nodes, seen.key] = seen.raw

    kube.interrupt = look
    await _leaving(kube, Extent.EVERYTHING).run()
    assert kube.objects(nodes) == ()


def test_another_extent_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadSettings, match="HARDPAN_CLEANUP is 'All': it takes Workloads or Everything"):
        settings_from({"HARDPAN_CLEANUP": "All"})
