"""What a new plan does to what runs: added, changed by field class, removed, and where data would be lost. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from crds.meta import Part
from crds.workload import ChangeClass, VolumeItem
from plans.model import Plan, Resource

ORDER = (ChangeClass.LIVE, ChangeClass.RESTART, ChangeClass.REBUILD, ChangeClass.REFUSED)


@dataclass(frozen=True)
class FieldChange:
    """One field's old and new value, and what changing it does."""

    field: str
    old: Any
    new: Any
    effect: ChangeClass


@dataclass(frozen=True)
class Change:
    """What happens to one resource. `loses_data` marks the removal of a volume."""

    action: Literal["add", "change", "remove"]
    kind: str
    name: str
    item: Part
    fields: tuple[FieldChange, ...] = ()
    loses_data: bool = False

    @property
    def effect(self) -> ChangeClass | None:
        """The strongest class of the changed fields."""
        return max((each.effect for each in self.fields), key=ORDER.index, default=None)


@dataclass(frozen=True)
class Difference:
    """All changes in plan order, removals last, and how many resources stay as they are."""

    changes: tuple[Change, ...]
    unchanged: int


def difference(old: Plan | None, new: Plan) -> Difference:
    """From the plan that runs (None: nothing does) to the new one."""
    before = {each.key: each for each in old.resources} if old else {}
    after = {each.key for each in new.resources}
    changes = [change for each in new.resources if (change := _change(before.get(each.key), each))]
    removed = [each for key, each in before.items() if key not in after][::-1]
    changes += [Change("remove", each.kind, each.name, each.item, loses_data=each.kind == "volume") for each in removed]
    return Difference(tuple(changes), len(new.resources) - sum(1 for each in changes if each.action != "remove"))


def _change(old: Resource | None, new: Resource) -> Change | None:
    if old is None:
        return Change("add", new.kind, new.name, new.item)
    fields = field_changes(old.item, new.item)
    return Change("change", new.kind, new.name, new.item, fields) if fields else None


def field_changes(old: Part, new: Part) -> tuple[FieldChange, ...]:
    """The fields that differ, each with its class; a volume that would shrink is refused."""
    found = []
    for name, info in type(new).model_fields.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            extra = info.json_schema_extra
            effect = ChangeClass(str(extra["x-change"])) if isinstance(extra, dict) else ChangeClass.REBUILD
            if isinstance(new, VolumeItem) and name == "size" and after < before:
                effect = ChangeClass.REFUSED
            found.append(FieldChange(name, before, after, effect))
    return tuple(found)
