"""The functions of language 1. They only record what is wanted and return handles; nothing happens here.

A version never changes its meaning: functions, options and defaults are frozen by the corpus in tests/cases.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from pydantic import ValidationError

from crds.workload import ItemKind, MachineItem, VolumeItem
from plans.errors import ScriptError
from plans.model import MOST_RESOURCES, Plan, Resource
from plans.quantity import parse_quantity

LANGUAGE = 1
LATER = ("container", "gateway", "herodb", "secret")
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
_IMAGE = re.compile(r"(https://[^\s#]{1,500})#sha256=([0-9a-f]{64})")
_REFERENCE = re.compile(r"machine/(.+)/address")

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


class Recorder:
    """Collects the resources of one evaluation. Its methods raise ScriptError without a place: the caller knows it."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = params
        self._resources: dict[str, Resource] = {}
        self.logged: list[str] = []

    def functions(self) -> dict[str, tuple[Callable[..., Any], Sequence[int]]]:
        """What a script may call, with the numbers of arguments."""
        recorded: dict[str, tuple[Callable[..., Any], Sequence[int]]] = {
            "machine": (self.machine, [2]),
            "volume": (self.volume, [1, 2]),
            "param": (self.param, [1, 2]),
            "fail": (self.fail, [1]),
            "log": (self.log, [1]),
        }
        return recorded | {name: (_later(name), range(4)) for name in LATER}

    def plan(self) -> Plan:
        """What was recorded. Raises ScriptError for a reference to nothing, or a circle of references."""
        resources = tuple(self._resources.values())
        for resource in resources:
            for key in resource.depends_on:
                if key not in self._resources:
                    raise ScriptError(f"{resource.key} refers to {key}, which the script does not make")
        _refuse_circles(resources)
        return Plan(LANGUAGE, resources)

    def machine(self, name: Any, options: Any) -> dict[str, Any]:
        """machine(name, #{ image, cpus, memory, disk, volumes, env, restart, spread, node_labels }) → handle."""
        values = _options(options, {**MACHINE_DEFAULTS, "image": None}, "machine")
        if values["image"] is None:
            raise ScriptError('machine needs an image: image: "https://host/file.raw#sha256=…"')
        volumes = [_volume_use(each, index) for index, each in enumerate(_list(values["volumes"], "volumes"))]
        fields = {
            "runtime": values["runtime"],
            "cpus": values["cpus"],
            "memory": _quantity(values["memory"], "memory"),
            "disk": _quantity(values["disk"], "disk"),
            "image": _image(values["image"]),
            "volumes": volumes,
            "env": {key: _environment(value, key) for key, value in _map(values["env"], "env").items()},
            "restart": values["restart"],
            "spread": values["spread"],
            "nodeLabels": _map(values["node_labels"], "node_labels"),
        }
        item = _checked(MachineItem, fields)
        _refuse_twice([each["volume"] for each in volumes], "volume")
        _refuse_twice([each["mount"] for each in volumes], "mount")
        names = [f"volume/{each['volume']}" for each in volumes]
        names += [_referred(value.ref) for value in item.env.values() if not isinstance(value, str)]
        checked = self._add("machine", name, item, tuple(dict.fromkeys(names)))
        return {"kind": "machine", "name": checked, "address": {"ref": f"machine/{checked}/address"}}

    def volume(self, name: Any, options: Any = None) -> dict[str, Any]:
        """volume(name, #{ size, on_delete, bin_days }) → handle."""
        values = _options(options if options is not None else {}, {**VOLUME_DEFAULTS, "size": None}, "volume")
        if values["size"] is None:
            raise ScriptError('volume needs a size: size: "10Gi"')
        size = _quantity(values["size"], "size")
        fields = {"size": size, "onDelete": values["on_delete"], "binDays": values["bin_days"]}
        return {"kind": "volume", "name": self._add("volume", name, _checked(VolumeItem, fields), ())}

    def param(self, name: Any, *default: Any) -> Any:
        """param(name) or param(name, default)."""
        if name in self._params:
            return self._params[name]
        if default:
            return default[0]
        known = ", ".join(sorted(self._params)) or "none"
        raise ScriptError(f"spec.params has no {name!r} (there: {known}): add it, or write param({name!r}, default)")

    def fail(self, message: Any) -> NoReturn:
        """fail(message): refuses the parameters in the author's words."""
        raise ScriptError(str(message)[:512])

    def log(self, message: Any) -> None:
        """log(message): shown by `hardpan plan`, at most 100 lines."""
        if len(self.logged) < 100:
            self.logged.append(str(message)[:512])

    def _add(self, kind: ItemKind, name: Any, item: MachineItem | VolumeItem, depends_on: tuple[str, ...]) -> str:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            rule = "begin with a letter, then letters a-z, digits and -, at most 40, no - at the end"
            raise ScriptError(f"{kind} name {name!r} is not a name: {rule}")
        resource = Resource(kind, name, item, depends_on)
        if resource.key in self._resources:
            raise ScriptError(f"{kind} {name!r} is made twice: give each a name of its own")
        if len(self._resources) >= MOST_RESOURCES:
            raise ScriptError(f"more than {MOST_RESOURCES} resources: split the script into several deployments")
        self._resources[resource.key] = resource
        return name


def _later(name: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any) -> NoReturn:
        raise ScriptError(f"{name} is not available in this version of Hardpan yet")

    return refuse


def _options(given: Any, defaults: Mapping[str, Any], function: str) -> dict[str, Any]:
    for name in _map(given, f"the options of {function}"):
        if name not in defaults:
            near = difflib.get_close_matches(name, defaults, 1)
            hint = f"; did you mean `{near[0]}`?" if near else f"; it takes {', '.join(sorted(defaults))}"
            raise ScriptError(f"{function} has no option `{name}`{hint}")
    return {**defaults, **given}


def _map(value: Any, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ScriptError(f"{field} must be a map: #{{ … }}")
    return value


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise ScriptError(f"{field} must be a list: [ … ]")
    return value


def _quantity(value: Any, field: str) -> int:
    try:
        return parse_quantity(value, field)
    except ValueError as error:
        raise ScriptError(str(error)) from None


def _image(value: Any) -> dict[str, str]:
    match = _IMAGE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ScriptError(f'image is {value!r}: write "https://host/file.raw#sha256=<64 hexadecimal digits>"')
    return {"url": match.group(1), "sha256": match.group(2)}


def _volume_use(value: Any, index: int) -> dict[str, Any]:
    options = _options(value, {"volume": None, "mount": None, "read_only": False}, f"volumes[{index}]")
    handle = options["volume"]
    if not isinstance(handle, dict) or handle.get("kind") != "volume":
        raise ScriptError(f"volumes[{index}].volume must be what volume(…) returned")
    if options["mount"] is None:
        raise ScriptError(f'volumes[{index}] needs a mount: mount: "/data"')
    return {"volume": handle["name"], "mount": options["mount"], "readOnly": options["read_only"]}


def _environment(value: Any, name: str) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) or (isinstance(value, dict) and set(value) == {"ref"}):
        return value
    raise ScriptError(f"env {name} must be a text, a number, or the .address of a machine")


def _checked(model: type[Any], fields: dict[str, Any]) -> Any:
    """The item, or ScriptError in words of the script; strict, so that "2" is no number of processors."""
    try:
        return model.model_validate(fields, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("str", "Reference"))
        raise ScriptError(f"{place} is {_short(first['input'])}: {_worded(first['msg'])}") from None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def _worded(message: str) -> str:
    return message[0].lower() + message[1:]


def _refuse_twice(values: Sequence[str], what: str) -> None:
    for value in values:
        if values.count(value) > 1:
            raise ScriptError(f"{what} {value} is used twice by one machine")


def _referred(reference: str) -> str:
    match = _REFERENCE.fullmatch(reference)
    return f"machine/{match.group(1)}" if match else reference


def _refuse_circles(resources: Sequence[Resource]) -> None:
    waiting = {each.key: set(each.depends_on) for each in resources}
    while free := [key for key, needs in waiting.items() if not needs]:
        for key in free:
            del waiting[key]
        for needs in waiting.values():
            needs.difference_update(free)
    if waiting:
        raise ScriptError(f"these refer to each other in a circle: {', '.join(sorted(waiting))}")
