"""What this user trusts: the cluster id, pinned once, and the highest versions seen. Never read from the API server."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cli.environment import config_file
from cli.errors import CliError
from sal.errors import os_errors
from sal.filesystem import write_durably


@dataclass(frozen=True)
class Pinned:
    """The pin of one cluster; `floor` and `root` are the highest versions seen of snapshot and root document."""

    cluster: str
    floor: int = 0
    root: int = 0

    def save(self, file: Path | None = None) -> None:
        """Keeps it. Raises SalError."""
        target = file or config_file()
        with os_errors(target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
        write_durably(target, json.dumps(asdict(self)).encode())


def load() -> Pinned:
    """The pin. Raises CliError when nothing is pinned."""
    found = find()
    if found is None:
        raise CliError("no cluster is pinned here: run `hardpan login CLUSTER_ID` with the id your operator gave you")
    return found


def find() -> Pinned | None:
    """The pin, or None. Raises CliError when it cannot be read."""
    file = config_file()
    try:
        held = json.loads(file.read_text())
        return Pinned(str(held["cluster"]), int(held.get("floor", 0)), int(held.get("root", 0)))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CliError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CliError(f"{file} is damaged: remove it and run `hardpan login CLUSTER_ID` again") from None
