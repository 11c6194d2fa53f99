"""Makes docs/images/dashboard.svg anew: real controllers, real data of some minutes, as root.

`python -m tests.cluster.observability [SECONDS]`
"""

from __future__ import annotations

import json
import math
import re
import sys
import time
from pathlib import Path
from typing import Any

from tests.cluster.observability.picture import Line, draw
from tests.cluster.observability.prometheus import Prometheus
from tests.cluster.observability.scene import scene

ROOT = Path(__file__).parents[3]
DASHBOARD = ROOT / "charts" / "hardpan" / "files" / "dashboard.json"
PICTURE = ROOT / "docs" / "images" / "dashboard.svg"
POINTS = 60


def main(seconds: float) -> None:
    """Lets deployments come for so long, and draws what the dashboard asks."""
    with scene() as made:
        began = time.monotonic()
        number = 0
        while time.monotonic() - began < seconds:
            made.deploy(f"web-{number}")
            made.forge(f"forged-{number}")
            number += 1
            time.sleep(5)
        panels: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
        lines = {each["id"]: answers(made.prometheus, each, seconds) for each in panels}
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw(panels, lines))
    print(f"{PICTURE}: {number} deployments in {seconds:g} s")


def answers(prometheus: Prometheus, panel: dict[str, Any], seconds: float) -> list[Line]:
    """The lines of a panel."""
    found: list[Line] = []
    for target in panel.get("targets", ()):
        for series in prometheus.series(target["expr"], seconds, seconds / POINTS):
            points = tuple((float(at), float(value)) for at, value in series["values"])
            sound = tuple(point for point in points if math.isfinite(point[1]))
            if sound:
                found.append(Line(name_of(target["legendFormat"], series["metric"]), sound))
    return found


def name_of(legend: str, labels: dict[str, str]) -> str:
    """The name of a line, as Grafana fills it in."""
    return re.sub(r"{{(\w+)}}", lambda each: labels.get(each[1], ""), legend)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 180.0)
