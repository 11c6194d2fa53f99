"""The next release of this tree: another program and other charts, whose kind of volumes has grown by a field.

Made of a copy by the same commands as ours, so that an upgrade to it and back is one of releases, not of settings.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from cli.control_plane import environment
from crds.stamps import RELEASE
from sal.command import Command, Runner

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "charts", "cli", "controllers", "crds", "efi", "jobs", "node-agent", "oci", "plans", "rhai-py/python", "sal",
    "trust", "docs",
)  # fmt: skip
FIELD = '    next_attempt: Annotated[Timestamp, about("When the current try is due.")] | None = None\n'
GROWN = FIELD + '    seen: Annotated[Timestamp, about("When it was looked at last.")] | None = None\n'
MAKE = ("crds.schema", "charts")
BUILD_SECONDS = 300.0


class NextRelease:
    """In a folder; `version` is what its programs say of themselves."""

    def __init__(self, folder: Path, runner: Runner) -> None:
        self._tree, self._runner = folder / "tree", runner
        *stay, patch = RELEASE.split(".")
        self.version = ".".join([*stay, str(int(patch) + 1)])

    @property
    def charts(self) -> Path:
        """Its charts."""
        return self._tree / "charts"

    def make(self) -> None:
        """The tree."""
        for package in PACKAGES:
            shutil.copytree(ROOT / package, self._tree / package, ignore=shutil.ignore_patterns("__pycache__"))
        told = self._tree / f"hardpan-{self.version}.dist-info" / "METADATA"
        told.parent.mkdir()
        told.write_text(f"Metadata-Version: 2.1\nName: hardpan\nVersion: {self.version}\n")
        for chart in self.charts.glob("*/Chart.yaml"):
            chart.write_text(chart.read_text().replace(RELEASE, self.version))
        kind = self._tree / "crds" / "volume.py"
        assert FIELD in kind.read_text(), "the kind of volumes looks otherwise now: choose another field here"
        kind.write_text(kind.read_text().replace(FIELD, GROWN))
        for module in MAKE:
            self._run(module, "--write")

    def write_image(self, file: Path) -> None:
        """The image of its controllers."""
        self._run("cli.main", "image", "control-plane", "--output", str(file))

    def _run(self, *words: str) -> None:
        paths = (self._tree, self._tree / "node-agent", self._tree / "rhai-py" / "python")
        told = {**environment(), "PYTHONPATH": os.pathsep.join(map(str, paths))}
        # With -P it does not look in the folder where it is started first, which may be our own tree.
        command = (sys.executable, "-P", "-m", *words)
        self._runner.run(Command(command, environment=told, timeout_seconds=BUILD_SECONDS))
