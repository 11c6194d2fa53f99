"""A server that imports agent and executor while the boot itself is still imported, and drivers are loaded.

On an emulated machine imports are most of the time from power-on to registered, so this must import next to nothing.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing import forkserver

_MODULES = ["node_agent.executor.process", "node_agent.agent.process"]


def warm() -> None:
    """The server begins to import, and this goes on."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(_MODULES)
    forkserver.ensure_running()
