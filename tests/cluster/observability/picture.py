"""Draws the dashboard's panels from what Prometheus answered. Not Grafana's own picture: it has no package here.

Pure: places come from the dashboard's file, lines from the answers, out comes SVG.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

CELL, TALL, GAP = 50, 32, 6
MARGIN_LEFT, MARGIN_TOP, LEGEND = 62, 30, 14
MOST_NAMES = 5
COLOURS = ("#73bf69", "#f2cc0c", "#5794f2", "#ff780a", "#b877d9", "#8ab8ff", "#fade2a", "#ff9830", "#37872d", "#e02f44")
GOOD, BAD, INK, PALE = "#73bf69", "#f2495c", "#d8d9da", "#8e8e8e"
BACK, PAPER, GRID = "#111217", "#181b1f", "#2c3235"
DAY = 86_400.0


@dataclass(frozen=True)
class Line:
    """One series: its name, and values by time."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Box:
    """Where a panel is, in pixels."""

    left: float
    top: float
    width: float
    height: float


def draw(panels: Iterable[Mapping[str, Any]], lines: Mapping[int, list[Line]]) -> str:
    """The picture; `lines` are those of each panel, by its id."""
    held = list(panels)
    bottom = max(each["gridPos"]["y"] + each["gridPos"]["h"] for each in held) * TALL
    parts = [part for each in held for part in _panel(each, lines.get(each["id"], []))]
    size = f'viewBox="0 0 {24 * CELL} {bottom}" font-family="DejaVu Sans, sans-serif"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    return "\n".join([head, f'<rect width="100%" height="100%" fill="{BACK}"/>', *parts, "</svg>"]) + "\n"


def _panel(panel: Mapping[str, Any], lines: list[Line]) -> Iterator[str]:
    place = panel["gridPos"]
    box = Box(place["x"] * CELL, place["y"] * TALL, place["w"] * CELL - GAP, place["h"] * TALL - GAP)
    if panel["type"] == "row":
        yield _text(box.left + 4, box.top + 19, panel["title"], INK, 14)
        return
    yield f'<rect x="{box.left}" y="{box.top}" width="{box.width}" height="{box.height}" rx="3" fill="{PAPER}"/>'
    yield _text(box.left + 8, box.top + 18, panel["title"], INK, 12)
    yield from (_number if panel["type"] == "stat" else _lines)(panel, box, lines)


def _number(panel: Mapping[str, Any], box: Box, lines: list[Line]) -> Iterator[str]:
    defaults = panel["fieldConfig"]["defaults"]
    value = lines[0].points[-1][1] if lines else float("nan")
    steps = defaults["thresholds"]["steps"]
    met = value >= steps[1]["value"]
    colour = BAD if steps[1 if met else 0]["color"] == "red" else GOOD
    middle, base = box.left + box.width / 2, box.top + box.height / 2 + 22
    yield _text(middle, base, shown(value, defaults["unit"]), colour, 30, "middle")


def _lines(panel: Mapping[str, Any], box: Box, lines: list[Line]) -> Iterator[str]:
    names = min(len(lines), MOST_NAMES)
    width, height = box.width - MARGIN_LEFT - 8, box.height - MARGIN_TOP - 12 - names * LEGEND
    plot = Box(box.left + MARGIN_LEFT, box.top + MARGIN_TOP, width, height)
    top = max((value for line in lines for _, value in line.points), default=0.0) or 1.0
    yield from _grid(plot, top, panel["fieldConfig"]["defaults"]["unit"])
    times = sorted(time for line in lines for time, _ in line.points) or [0.0]
    for number, line in enumerate(lines):
        yield _curve(plot, line, (times[0], times[-1]), top, COLOURS[number % len(COLOURS)])
    yield from _legend(plot, box.left, [line.name for line in lines])


def _grid(plot: Box, top: float, unit: str) -> Iterator[str]:
    for share in (0.0, 0.5, 1.0):
        height = plot.top + plot.height * (1 - share)
        yield f'<line x1="{plot.left}" x2="{plot.left + plot.width}" y1="{height}" y2="{height}" stroke="{GRID}"/>'
        yield _text(plot.left - 4, height + 4, shown(top * share, unit), PALE, 9, "end")


def _curve(plot: Box, line: Line, span: tuple[float, float], top: float, colour: str) -> str:
    first, last = span
    across = plot.width / ((last - first) or 1)
    places = [
        f"{plot.left + across * (time - first):.1f},{plot.top + plot.height * (1 - value / top):.1f}"
        for time, value in line.points
    ]
    return f'<polyline points="{" ".join(places)}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _legend(plot: Box, left: float, names: list[str]) -> Iterator[str]:
    for number, name in enumerate(names[:MOST_NAMES]):
        height = plot.top + plot.height + 16 + number * LEGEND
        left_out = len(names) - MOST_NAMES if number == MOST_NAMES - 1 else 0
        yield f'<rect x="{left + 10}" y="{height - 5}" width="10" height="3" fill="{COLOURS[number]}"/>'
        yield _text(left + 26, height, f"{name} and {left_out} more" if left_out > 0 else name, PALE, 10)


def shown(value: float, unit: str) -> str:
    """A number with its unit, as short as Grafana writes it."""
    if unit == "bytes":
        return f"{value / (1 << 20):.0f} MiB"
    if unit == "s":
        if value >= DAY:
            return f"{value / DAY:.1f} days"
        return f"{value:.1f} s" if value >= 1 else f"{value * 1000:.0f} ms"
    ending = {"ops": " ops/s", "reqps": " req/s"}.get(unit, "")
    return f"{value:.3g}{ending}"


def _text(left: float, base: float, words: str, colour: str, size: int, anchor: str = "start") -> str:
    place = f'x="{left:.1f}" y="{base:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="{size}" fill="{colour}">{escape(words)}</text>'
