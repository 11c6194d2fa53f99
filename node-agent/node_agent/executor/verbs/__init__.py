"""The verbs, one file each, found by looking into this folder. A verb also needs its row in `trust.authority`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from node_agent.executor.work import Verb


@cache
def verbs() -> dict[tuple[str, str], Verb]:
    """Every verb by (kind, name)."""
    modules = [importlib.import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)]
    return {(module.VERB.kind, module.VERB.name): module.VERB for module in modules}
