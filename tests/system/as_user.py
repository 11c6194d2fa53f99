"""Tries something as another user, in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable

from node_agent.privileges import become


def as_user(user: int, attempt: Callable[[], object]) -> str:
    """What becomes of it in a process of this user."""
    child = os.fork()
    if child == 0:
        try:
            become(user)
            attempt()
            os._exit(0)
        except PermissionError:
            os._exit(1)
        finally:
            os._exit(2)
    return ("done", "refused", "failed otherwise")[os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]
