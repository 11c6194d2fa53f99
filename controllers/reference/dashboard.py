"""The Grafana dashboard, made from its panels: nobody edits a thousand lines of JSON by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from controllers.reference.panels import Panel
from controllers.reference.rows import ROWS

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH, HEIGHT, SMALL = 24, 8, 4


def text() -> str:
    """The file."""
    made = {
        "title": "Hardpan",
        "uid": "hardpan",
        "description": "Made by `make crds`. Alerts and runbooks: docs/runbooks.md",
        "tags": ["hardpan"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": list(_panels()),
    }
    return json.dumps(made, indent=1) + "\n"


def _panels() -> Iterator[dict[str, Any]]:
    top, number = 0, 1
    for row in ROWS:
        yield {"id": number, "type": "row", "title": row.title, "gridPos": _place(0, top, WIDTH, 1), "panels": []}
        top, number, left = top + 1, number + 1, 0
        height = SMALL if row.panels[0].kind == "stat" else HEIGHT
        for panel in row.panels:
            yield {"id": number, **_panel(panel), "gridPos": _place(left, top, panel.width, height)}
            number, left = number + 1, left + panel.width
        top += height


def _panel(panel: Panel) -> dict[str, Any]:
    targets = [
        {
            "refId": chr(ord("A") + position),
            "expr": query.expression,
            "legendFormat": query.legend,
            "datasource": DATASOURCE,
        }
        for position, query in enumerate(panel.queries)
    ]
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.meaning,
        "datasource": DATASOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0, **_colours(panel)}, "overrides": []},
    }


def _colours(panel: Panel) -> dict[str, Any]:
    """Green and red, where a number is good or bad."""
    if panel.bad_below is not None:
        steps = [{"color": "red", "value": None}, {"color": "green", "value": panel.bad_below}]
    elif panel.bad_above is not None:
        steps = [{"color": "green", "value": None}, {"color": "red", "value": panel.bad_above}]
    else:
        return {}
    return {"thresholds": {"mode": "absolute", "steps": steps}}


def _place(left: int, top: int, width: int, height: int) -> dict[str, int]:
    return {"x": left, "y": top, "w": width, "h": height}
