"""Plans and differences in words, as `plan` and `sign` show them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.text import table
from crds.workload import ChangeClass, Image, MachineItem, VolumeItem, VolumeReference
from plans.ceilings import totals
from plans.difference import Change, Difference, FieldChange
from plans.model import Plan
from plans.quantity import format_quantity
from trust.records import CeilingsRecord

MARKS = {"add": "+", "change": "~", "remove": "-"}
EFFECTS = {
    ChangeClass.LIVE: "at once",
    ChangeClass.RESTART: "restart needed",
    ChangeClass.REBUILD: "rebuild needed: new root disk; volumes and address stay",
    ChangeClass.REFUSED: "refused: a volume never shrinks",
}
SIZES = frozenset({"memory", "disk", "size"})
ALWAYS_SHOWN = ("machines", "cpus", "memory")


def difference_text(found: Difference) -> str:
    """One line a change."""
    return table([_line(each) for each in found.changes])


def _line(change: Change) -> tuple[str, str, str]:
    head = f"{MARKS[change.action]} {change.kind:<7}"
    if change.action == "add":
        return head, change.name, _item(change.item)
    if change.action == "remove":
        return head, change.name, _loss(change.item)
    fields = ", ".join(_field(each) for each in change.fields)
    return head, change.name, f"{fields}   {EFFECTS[change.effect]}" if change.effect else fields


def _item(item: object) -> str:
    if isinstance(item, VolumeItem):
        return format_quantity(item.size)
    assert isinstance(item, MachineItem)
    volumes = "".join(f"   volume {each.volume}" for each in item.volumes)
    return f"{item.cpus} cpus  {format_quantity(item.memory)}  {_image(item.image)}{volumes}"


def _image(image: Image) -> str:
    name = image.url.rpartition("/")[2]
    for suffix in (".raw", ".img"):
        name = name.removesuffix(suffix)
    return f"{name}@sha256:{image.sha256[:8]}…"


def _loss(item: object) -> str:
    """What goes with a resource that is removed."""
    if not isinstance(item, VolumeItem):
        return "its root disk goes with it"
    if item.on_delete == "destroy" or item.bin_days == 0:
        return f"DATA LOSS: {format_quantity(item.size)} are destroyed at once"
    days = f"{item.bin_days} day{'' if item.bin_days == 1 else 's'}"
    return f"DATA LOSS: {format_quantity(item.size)} wait {days} in the bin, then they are gone"


def _field(change: FieldChange) -> str:
    if isinstance(change.new, Mapping):
        return f"{change.field} {_keys(change.old, change.new)}"
    return f"{change.field} {_value(change.field, change.old)} → {_value(change.field, change.new)}"


def _keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Names only: values may be long, and are nobody's business on a shared screen."""
    changes = [("+", key) for key in new if key not in old] + [("-", key) for key in old if key not in new]
    changes += [("~", key) for key in new if key in old and old[key] != new[key]]
    return " ".join(mark + key for mark, key in changes)


def _value(field: str, value: Any) -> str:
    if field in SIZES:
        return format_quantity(value)
    if isinstance(value, Image):
        return _image(value)
    if isinstance(value, list):
        return ", ".join(_mount(each) for each in value) or "none"
    return str(value) or "none"


def _mount(each: VolumeReference) -> str:
    return f"{each.volume} on {each.mount}{' (read-only)' if each.read_only else ''}"


def usage_text(plan: Plan, ceilings: CeilingsRecord) -> str:
    """How much of the ceilings a plan uses."""
    asked = totals(plan)
    parts = []
    for name in ("machines", "cpus", "memory", "volumes", "storage"):
        need, may = getattr(asked, name), getattr(ceilings, name)
        if need or name in ALWAYS_SHOWN:
            parts.append(f"{name} {_amount(name, need)}/{_amount(name, may)}")
    return ", ".join(parts)


def _amount(name: str, value: int) -> str:
    return format_quantity(value) if name in ("memory", "storage") else str(value)


def difference_data(found: Difference) -> list[dict[str, Any]]:
    """The same as data."""
    return [
        {
            "action": each.action,
            "kind": each.kind,
            "name": each.name,
            "effect": each.effect.value if each.effect else None,
            "losesData": each.loses_data,
            "fields": [field.field for field in each.fields],
        }
        for each in found.changes
    ]


def refused(found: Difference) -> str:
    """The first change that no supervisor would make, with the remedy; empty when there is none."""
    for change in found.changes:
        for field in change.fields:
            if field.effect is ChangeClass.REFUSED:
                remedy = "a volume never shrinks: make a new volume and remove this one"
                return f"{change.kind} {change.name}: {_field(field)}: {remedy}"
    return ""
