"""What this user signed last, kept here, so that `sign` shows a difference that no server can make up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cli.environment import state_folder
from plans.errors import BadPlan
from plans.model import Plan, parse_plan
from sal.errors import os_errors
from sal.filesystem import write_durably


@dataclass(frozen=True)
class Memory:
    """The memory of one deployment of one cluster."""

    cluster: str
    namespace: str
    name: str

    @property
    def file(self) -> Path:
        """Where it is kept."""
        cluster = self.cluster.removeprefix("sha256:")[:16]
        return state_folder() / "signed" / cluster / self.namespace / f"{self.name}.json"

    def recall(self) -> tuple[int, Plan | None]:
        """The last revision that this user signed here, and its plan; 0 and None when that is not known."""
        try:
            number, _, data = self.file.read_bytes().partition(b"\n")
            return int(number), parse_plan(data)
        except (OSError, ValueError, BadPlan):
            return 0, None

    def keep(self, revision: int, signed: Plan) -> None:
        """Remembers. Raises SalError."""
        with os_errors(self.file.parent):
            self.file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(self.file, f"{revision}\n".encode() + signed.to_bytes())
