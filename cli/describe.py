"""Plans and differences in words, as `plan` and `sign` show them. Pure."""

from __future__ import annotations

from typing import Any

from cli.output import table
from crds.workload import ChangeClass, Image, MachineItem, VolumeItem
from plans.ceilings import totals
from plans.difference import Change, Difference, FieldChange
from plans.model import Plan
from plans.quantity import format_quantity
from trust.records import CeilingsRecord

MARKS = {"add": "+", "change": "~", "remove": "-"}
EFFECTS = {
    ChangeClass.LIVE: "at once",
    ChangeClass.RESTART: "restart needed",
    ChangeClass.REBUILD: "rebuild needed: its root disk is made anew, volumes and address stay",
    ChangeClass.REFUSED: "refused: a volume never shrinks",
}
SIZES = frozenset({"memory", "disk", "size"})


def difference_text(found: Difference) -> str:
    """One line a change."""
    return table([_line(each) for each in found.changes])


def _line(change: Change) -> tuple[str, str, str]:
    head = f"{MARKS[change.action]} {change.kind}"
    if change.action == "add":
        return head, change.name, _item(change.item)
    if change.action == "remove":
        note = "DATA: goes to the bin" if change.loses_data else ""
        return head, change.name, note
    fields = ", ".join(_field(each) for each in change.fields)
    return head, change.name, f"{fields}   {EFFECTS[change.effect] if change.effect else ''}"


def _item(item: object) -> str:
    if isinstance(item, VolumeItem):
        return format_quantity(item.size)
    assert isinstance(item, MachineItem)
    image = f"{item.image.url.rpartition('/')[2]}@sha256:{item.image.sha256[:4]}…"
    volumes = " ".join(f"volume {each.volume}" for each in item.volumes)
    return f"{item.cpus} cpus  {format_quantity(item.memory)}  {image}  {volumes}".rstrip()


def _field(change: FieldChange) -> str:
    return f"{change.field} {_value(change.field, change.old)} → {_value(change.field, change.new)}"


def _value(field: str, value: Any) -> str:
    if field in SIZES:
        return format_quantity(value)
    if isinstance(value, Image):
        return f"sha256:{value.sha256[:8]}…"
    if isinstance(value, list | dict):
        return f"({len(value)})"
    return str(value)


def usage_text(plan: Plan, ceilings: CeilingsRecord) -> str:
    """How much of the ceilings a plan uses."""
    asked = totals(plan)
    parts = []
    for name in ("machines", "cpus", "memory", "volumes", "storage"):
        need, may = getattr(asked, name), getattr(ceilings, name)
        shown = (
            (format_quantity(need) if need else "0", format_quantity(may))
            if name in ("memory", "storage")
            else (need, may)
        )
        parts.append(f"{name} {shown[0]}/{shown[1]}")
    return ", ".join(parts)


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


def loses(found: Difference) -> list[str]:
    """What would lose data."""
    return [f"{each.kind} {each.name}" for each in found.changes if each.loses_data]
