"""What a panel of the dashboard is, and the forms that most of them have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RATE = "$__rate_interval"


@dataclass(frozen=True)
class Query:
    """What is asked, and what its lines are called."""

    expression: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One picture. `bad_below` and `bad_above` colour a single number red."""

    title: str
    meaning: str
    queries: tuple[Query, ...]
    unit: str
    kind: Literal["timeseries", "stat"] = "timeseries"
    width: int = 8
    bad_below: float | None = None
    bad_above: float | None = None


@dataclass(frozen=True)
class Row:
    """Panels that belong together."""

    title: str
    panels: tuple[Panel, ...]


def lines(title: str, meaning: str, unit: str, *queries: Query) -> Panel:
    """A picture over time."""
    return Panel(title, meaning, queries, unit)


def number(title: str, meaning: str, expression: str, unit: str = "short", **bad: float) -> Panel:
    """A single number, green or red."""
    return Panel(title, meaning, (Query(expression),), unit, "stat", 4, **bad)


def rate(counter: str, by: str, legend: str, where: str = "") -> Query:
    """How many a second."""
    return Query(f"sum by ({by}) (rate({counter}{where}[{RATE}]))", legend)


def states(kind: str) -> Query:
    """How many objects of a kind are Ready, and why the others are not."""
    selected = f'hardpan_objects{{kind="{kind}", condition="Ready"}}'
    return Query(f"sum by (status, reason) ({selected})", "{{status}} {{reason}}")


def quantiles(histogram: str, by: str = "") -> tuple[Query, Query]:
    """The time that half of them take at most, and all but one of a hundred."""
    grouped = ", ".join(filter(None, ("le", by)))
    summed = f"sum by ({grouped}) (rate({histogram}_bucket[{RATE}]))"
    name = f"{{{{{by}}}}} " if by else ""
    return (
        Query(f"histogram_quantile(0.5, {summed})", f"{name}half"),
        Query(f"histogram_quantile(0.99, {summed})", f"{name}99 %"),
    )


def with_role(expression: str) -> Query:
    """A figure that every process has, with the role of the process."""
    return Query(f"{expression} * on (instance) group_left (role) (hardpan_working * 0 + 1)", "{{role}} {{instance}}")
