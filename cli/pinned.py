"""What this user trusts: the cluster id, pinned once, and the highest snapshot seen. Never read from the API server."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from cli.errors import CliError
from sal.filesystem import write_durably


@dataclass(frozen=True)
class Pinned:
    """The pin of one cluster."""

    cluster: str
    floor: int = 0

    def save(self, file: Path | None = None) -> None:
        """Keeps it."""
        target = file or config_file()
        target.parent.mkdir(parents=True, exist_ok=True)
        write_durably(target, json.dumps({"cluster": self.cluster, "floor": self.floor}).encode())


def config_file() -> Path:
    """HARDPAN_CONFIG, else in the user's configuration folder."""
    named = os.environ.get("HARDPAN_CONFIG")
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path(named) if named else base / "hardpan" / "config.json"


def load() -> Pinned:
    """The pin. Raises CliError when nothing is pinned."""
    try:
        held = json.loads(config_file().read_text())
        return Pinned(held["cluster"], int(held.get("floor", 0)))
    except OSError:
        raise CliError(
            "no cluster is pinned here: run `hardpan login CLUSTER_ID` with the id your operator gave you"
        ) from None
    except (ValueError, KeyError) as error:
        raise CliError(f"{config_file()} is damaged ({error}): run `hardpan login` again") from None
