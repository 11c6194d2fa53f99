"""`python -m controllers ROLE`: one controller, as pods and `hardpan control-plane` start it.

Only the role's own modules are imported: what others need would cost each process its memory.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence

from controllers.loop.errors import BadSettings

ROLES = {
    "ledger": "controllers.ledger.app",
    "coord": "controllers.coord.app",
    "supervisor": "controllers.supervisor.app",
    "gateway": "controllers.gateway.main",
    "admission": "controllers.admission.app",
    "cleanup": "controllers.cleanup.app",
    "certificates": "controllers.certificates.app",
}
EXIT_FAILED = 1
EXIT_USAGE = 2


def main(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs a role to its end; settings come from HARDPAN_* variables."""
    if len(words) != 1 or words[0] not in ROLES:
        print(f"usage: python -m controllers ROLE, which is one of {', '.join(ROLES)}", file=sys.stderr)
        return EXIT_USAGE
    [role] = words
    try:
        return int(importlib.import_module(ROLES[role]).main(environment))
    except BadSettings as error:
        print(f"{role} does not start: {error}", file=sys.stderr)
        return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
