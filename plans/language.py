"""The functions of a script, language version 1. They only record and return handles; nothing happens here.

A version never changes its meaning: functions, options and defaults are frozen by the corpus in tests/cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, NoReturn

from crds.workload import ItemKind, MachineItem, VolumeItem
from plans.errors import ScriptError
from plans.model import LARGEST_PLAN, MOST_RESOURCES, Plan, Resource
from plans.options import (
    environment_of,
    image_of,
    item_of,
    list_of,
    map_of,
    name_of,
    options_of,
    quantity_of,
    referred,
    use_of,
)
from plans.spelling import printable, spelled

LANGUAGE = 1
LATER = ("container", "gateway", "herodb", "secret")
MOST_LINES = 100
LONGEST_LINE = 512

MACHINE_DEFAULTS: dict[str, Any] = {
    "runtime": "vm",
    "cpus": 1,
    "memory": "512Mi",
    "disk": "2Gi",
    "volumes": [],
    "env": {},
    "restart": "always",
    "spread": "",
    "node_labels": {},
}
VOLUME_DEFAULTS: dict[str, Any] = {"on_delete": "bin", "bin_days": 7}
Functions = Mapping[str, tuple[Callable[..., Any], Sequence[int]]]
Place = tuple[int, int]


class Recorder:
    """Collects the resources of one evaluation.

    `place` says where in the script the call at hand is. Its functions raise ScriptError without a place: the caller
    knows it; what is found out only at the end has the place of the resource that it is about.
    """

    def __init__(self, params: Mapping[str, Any], place: Callable[[], Place] = lambda: (0, 0)) -> None:
        self._params = params
        self._place = place
        self._resources: dict[str, Resource] = {}
        self._places: dict[str, Place] = {}
        self._uses: dict[str, tuple[str, bool]] = {}
        self._size = 0
        self.logged: list[str] = []

    def functions(self) -> Functions:
        """What a script may call, with the numbers of arguments."""
        recorded: dict[str, tuple[Callable[..., Any], Sequence[int]]] = {
            "machine": (self.machine, [2]),
            "volume": (self.volume, [1, 2]),
            "param": (self.param, [1, 2]),
            "fail": (self.fail, [1]),
            "log": (self.log, [1]),
        }
        return recorded | {name: (_later(name), range(9)) for name in LATER}

    def plan(self) -> Plan:
        """What was recorded. Raises ScriptError for a reference to nothing, or a circle of references."""
        for key, resource in self._resources.items():
            for needed in resource.depends_on:
                if needed not in self._resources:
                    message = f"{key} refers to {needed}, which the script does not make"
                    raise ScriptError(message, *self._places[key])
        self._refuse_circles()
        return Plan(LANGUAGE, tuple(self._resources.values()))

    def machine(self, name: Any, options: Any) -> dict[str, Any]:
        """machine(name, #{ image, cpus, memory, disk, volumes, env, restart, spread, node_labels }) → handle."""
        values = options_of(options, {**MACHINE_DEFAULTS, "image": None}, "machine")
        if values["image"] is None:
            raise ScriptError('machine needs an image: image: "https://host/file.raw#sha256=…"')
        uses = [use_of(each, index) for index, each in enumerate(list_of(values["volumes"], "volumes"))]
        fields = {
            "runtime": values["runtime"],
            "cpus": values["cpus"],
            "memory": quantity_of(values["memory"], "memory"),
            "disk": quantity_of(values["disk"], "disk"),
            "image": image_of(values["image"]),
            "volumes": uses,
            "env": {key: environment_of(value, key) for key, value in map_of(values["env"], "env").items()},
            "restart": values["restart"],
            "spread": values["spread"],
            "nodeLabels": map_of(values["node_labels"], "node_labels"),
        }
        item: MachineItem = item_of(MachineItem, fields)
        needs = [f"volume/{each.volume}" for each in item.volumes]
        needs += [str(referred(value.ref)) for value in item.env.values() if not isinstance(value, str)]
        checked = self._add("machine", name, item, tuple(dict.fromkeys(needs)))
        self._use(checked, item)
        return {"kind": "machine", "name": checked, "address": {"ref": f"machine/{checked}/address"}}

    def volume(self, name: Any, options: Any = None) -> dict[str, Any]:
        """volume(name, #{ size, on_delete, bin_days }) → handle."""
        values = options_of(options if options is not None else {}, {**VOLUME_DEFAULTS, "size": None}, "volume")
        if values["size"] is None:
            raise ScriptError('volume needs a size: size: "10Gi"')
        size = quantity_of(values["size"], "size")
        fields = {"size": size, "onDelete": values["on_delete"], "binDays": values["bin_days"]}
        return {"kind": "volume", "name": self._add("volume", name, item_of(VolumeItem, fields), ())}

    def param(self, name: Any, *default: Any) -> Any:
        """param(name) or param(name, default)."""
        if not isinstance(name, str):
            raise ScriptError(f'param is asked for {spelled(name)}: write a name, like param("replicas")')
        if name in self._params:
            return self._params[name]
        if default:
            return default[0]
        known, asked = ", ".join(sorted(self._params)) or "none", spelled(name)
        raise ScriptError(f"spec.params has no {asked} (there: {known}): add it, or write param({asked}, default)")

    def fail(self, message: Any) -> NoReturn:
        """fail(message): refuses the parameters in the author's words."""
        raise ScriptError(_text(message))

    def log(self, message: Any) -> None:
        """log(message): shown by `hardpan plan`, at most 100 lines."""
        if len(self.logged) < MOST_LINES:
            self.logged.append(printable(_text(message), LONGEST_LINE))

    def _add(self, kind: ItemKind, name: Any, item: MachineItem | VolumeItem, depends_on: tuple[str, ...]) -> str:
        resource = Resource(kind, name_of(name, kind), item, depends_on)
        if resource.key in self._resources:
            raise ScriptError(f"{kind} {spelled(name)} is made twice: give each a name of its own")
        if len(self._resources) >= MOST_RESOURCES:
            raise ScriptError(f"more than {MOST_RESOURCES} resources: split the script into several deployments")
        self._size += len(item.model_dump_json(by_alias=True))
        if self._size > LARGEST_PLAN:
            raise too_large()
        self._resources[resource.key], self._places[resource.key] = resource, self._place()
        return resource.name

    def _use(self, machine: str, item: MachineItem) -> None:
        """A volume is a disk with one file system: two that write to it would destroy it."""
        mounts = [each.mount for each in item.volumes]
        for use in item.volumes:
            if mounts.count(use.mount) > 1:
                raise ScriptError(f"mount {use.mount} is used twice by one machine")
            user, read_only = self._uses.setdefault(use.volume, (machine, use.read_only))
            if user == machine and [each.volume for each in item.volumes].count(use.volume) > 1:
                raise ScriptError(f"volume {use.volume} is used twice by one machine")
            if user != machine and not (read_only and use.read_only):
                remedy = "give each machine its own, or mount it with read_only: true everywhere"
                raise ScriptError(f"volume {use.volume} is used by machine {user} already: {remedy}")

    def _refuse_circles(self) -> None:
        try:
            TopologicalSorter({key: each.depends_on for key, each in self._resources.items()}).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]
            place = min(self._places[key] for key in circle)
            raise ScriptError(f"these refer to each other in a circle: {' → '.join(circle)}", *place) from None


def too_large() -> ScriptError:
    """The refusal of a plan that is larger than nodes read."""
    return ScriptError(f"the plan is larger than {LARGEST_PLAN} bytes: split the script into several deployments")


def _later(name: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any) -> NoReturn:
        raise ScriptError(f"{name} is not available in this version of Hardpan yet")

    return refuse


def _text(value: Any) -> str:
    return value if isinstance(value, str) else spelled(value)
