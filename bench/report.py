"""What every benchmark prints: the machine, the versions, the date, and each figure beside its budget of DESIGN §13."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("kopf", "redis", "pynacl", "pydantic", "rhai-py")


@dataclass(frozen=True)
class Row:
    """One figure. `budget` is an upper bound unless `at_least`; None where none is decided."""

    what: str
    measured: float
    unit: str
    budget: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the budget is kept; None without one."""
        if self.budget is None:
            return None
        return self.measured >= self.budget if self.at_least else self.measured <= self.budget


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that so large a share (0 to 1) of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def percentiles(what: str, values: Sequence[float], unit: str, budgets: dict[int, float | None]) -> list[Row]:
    """A row for each percentile (50, 95, …) with its budget."""
    return [Row(f"{what}, p{share}", percentile(values, share / 100), unit, limit) for share, limit in budgets.items()]


def header() -> str:
    """Machine, versions and date."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    today = datetime.now(UTC).date().isoformat()
    return (
        f"{today}  {os.cpu_count()} cores {_processor()}  load {os.getloadavg()[0]:.1f}  "
        f"Linux {platform.release()}  Python {platform.python_version()}\n{packages}"
    )


def table(title: str, rows: Iterable[Row]) -> str:
    """The figures beside their budgets."""
    return "\n".join([title, *(_line(row) for row in rows)])


def _line(row: Row) -> str:
    sign = "≥" if row.at_least else "≤"
    budget = "" if row.budget is None else f"{sign} {row.budget:,.4g} {row.unit}"
    verdict = {True: "met", False: "MISSED", None: ""}[row.met]
    return f"  {row.what:<58} {row.measured:>10,.2f} {row.unit:<7} {budget:>14}  {verdict}".rstrip()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
