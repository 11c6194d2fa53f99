"""What the user's environment says: where our files are, and what the user's own tools inherit."""

from __future__ import annotations

import os
from pathlib import Path


def config_file() -> Path:
    """HARDPAN_CONFIG, else in the user's configuration folder."""
    named = os.environ.get("HARDPAN_CONFIG")
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path(named) if named else base / "hardpan" / "config.json"


def state_folder() -> Path:
    """Where state is kept that may be lost."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "hardpan"


def users_environment() -> dict[str, str]:
    """The whole environment, for the user's own tools: credential plugins, proxies, agents and HOME are in it."""
    return {**os.environ, "LC_ALL": "C.UTF-8"}
