"""How a process that fetches apart from the others ends: exit codes as in sysexits.h, 65 never, 75 perhaps later.

The reason is on stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from sal.errors import Busy, SalError

NEVER, LATER = 65, 75


def exit_code(url: str, fetch: Callable[[], None]) -> int:
    """Fetches, and says how that ended."""
    try:
        fetch()
    except Busy as error:
        return _told(str(error), LATER)
    except SalError as error:
        return _told(str(error), NEVER)
    except OSError as error:
        return _told(f"{url} cannot be stored: {error.strerror}", LATER)
    return 0


def _told(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code
