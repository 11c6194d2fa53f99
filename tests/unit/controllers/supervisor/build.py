"""Short ways to build what the supervisor's decisions read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from controllers.supervisor.model import Accepted, Capacity, NodeView, OpenJob, Placed, Row, Snapshot, Want
from crds.job import Step
from crds.workload import MachineItem, VolumeItem

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GIB = 1 << 30
MIB = 1 << 20


def node_id(number: int) -> str:
    """A well-formed node id."""
    return "n-" + "abcdefghijklmnopqrstuvwxyz"[number] * 26


def node(number: int, **changes: Any) -> NodeView:
    """A ready node of region eu with 4 processors and 4 GiB."""
    view = NodeView(node_id(number), "eu", {}, Capacity(4, 4 * GIB, 100 * GIB, 1000), True, True, True)
    return dataclasses.replace(view, **changes)


def machine(name: str, *, memory: int = 512 * MIB, cpus: int = 1, volumes: Iterable[str] = (), **changes: Any) -> Want:
    """A wanted machine; its digest stands for all of its fields."""
    references = [{"volume": volume, "mount": f"/{volume}", "readOnly": False} for volume in volumes]
    values: dict[str, Any] = {
        "runtime": "vm", "cpus": cpus, "memory": memory, "disk": 64 * MIB,
        "image": {"url": "https://images.example/a.raw", "sha256": "0" * 64},
        "volumes": references, "env": {}, "restart": "always", "spread": "", "nodeLabels": {},
    }  # fmt: skip
    item = MachineItem.model_validate({**values, **changes})
    return Want("machine", name, item, f"sha256:{hash(item.model_dump_json()) & (2**256 - 1):064x}")


def volume(name: str, size: int = GIB) -> Want:
    """A wanted volume."""
    return Want("volume", name, VolumeItem(size=size, on_delete="bin", bin_days=7), f"sha256:{size:064x}")


def accepted(*wants: Want, revision: int = 1, max_unavailable: int = 1) -> Accepted:
    """An accepted revision of these resources, valid for 60 days."""
    digest = f"sha256:{revision:064x}"
    return Accepted(revision, digest, digest, ("alice",), NOW + timedelta(days=60), max_unavailable, "", wants)


def placed(want: Want, on: int = 0, *, runs: bool = True, **changes: Any) -> Placed:
    """The object of a resource; `runs` says that its node reported it up at this generation."""
    size = (
        Capacity(disk=want.item.size, resources=1)
        if isinstance(want.item, VolumeItem)
        else Capacity(want.item.cpus, want.item.memory, want.item.disk, 1)
    )
    volumes = () if isinstance(want.item, VolumeItem) else tuple(each.volume for each in want.item.volumes)
    made = Placed(
        want.kind,
        want.name,
        f"uid-{want.kind}-{want.name}",
        "1",
        1,
        node_id(on),
        1,
        want.digest,
        size,
        volumes,
        reported=True,
    )
    state = "running" if want.kind == "machine" else "present"
    return dataclasses.replace(made, **{"row": Row(1, 1, want.digest, state) if runs else None, **changes})


def job(*steps: tuple[str, str], on: int = 0, generation: int = 1, **changes: Any) -> OpenJob:
    """An open job ensuring these resources."""
    made = tuple(Step(kind=k, name=n, verb="ensure", epoch=1, generation=generation) for k, n in steps)
    return dataclasses.replace(OpenJob("web-1", "uid-job", "1", node_id(on), 1, "sha256:" + "0" * 64, made), **changes)


def snapshot(
    wanted: Accepted | None,
    *objects: Placed,
    jobs: tuple[OpenJob, ...] = (),
    nodes: Iterable[NodeView] | None = None,
    **changes: Any,
) -> Snapshot:
    """A deployment `demo/web` on two ready nodes."""
    views = {view.name: view for view in (nodes if nodes is not None else (node(0), node(1)))}
    made = Snapshot(
        "demo", "web", "uid-web", 1, wanted.revision if wanted else 1, False, False, wanted, None, objects, jobs, views,
        reserved(objects), frozenset(), NOW,
    )  # fmt: skip
    return dataclasses.replace(made, **changes)


def reserved(objects: Iterable[Placed]) -> Mapping[str, Capacity]:
    """What these objects take on their nodes."""
    taken: dict[str, Capacity] = {}
    for each in objects:
        taken[each.node] = taken.get(each.node, Capacity()) + each.size
    return taken
