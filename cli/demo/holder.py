"""The demo's bare machine: holds a mount namespace with the node's disk mounted, and nothing else.

Started inside `unshare --mount`; the node's processes enter by way of its pid. The mount goes with the last of them.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from sal.command import Command, SystemRunner

READY = "ready"


def main(disk: Path, target: Path) -> None:
    """Mounts the disk and waits to be ended."""
    target.mkdir(parents=True, exist_ok=True)
    options = "loop,nosuid,nodev,discard=async"
    SystemRunner().run(Command(("mount", "-t", "btrfs", "-o", options, str(disk), str(target))))
    (target.parent / READY).touch()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    stopping.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
