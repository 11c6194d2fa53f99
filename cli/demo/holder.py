"""The demo's bare machine: holds a mount namespace with the node's disk mounted and a boot id of its own, nothing else.

Started inside `unshare --mount`; the node's processes enter by way of its pid. The mount goes with the last of them.
"""

from __future__ import annotations

import signal
import sys
import threading
import uuid
from pathlib import Path

from sal.command import Command, SystemRunner

READY = "ready"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def main(disk: Path, target: Path) -> None:
    """Mounts the disk and waits to be ended."""
    target.mkdir(parents=True, exist_ok=True)
    options = "loop,nosuid,nodev,discard=async"
    SystemRunner().run(Command(("mount", "-t", "btrfs", "-o", options, str(disk), str(target))))
    _boot(target.parent / "boot_id")
    (target.parent / READY).touch()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    stopping.wait()


def _boot(file: Path) -> None:
    """Each start of the machine has its own id, as the kernel of a real one would say."""
    file.write_text(f"{uuid.uuid4()}\n")
    SystemRunner().run(Command(("mount", "--bind", str(file), str(BOOT_ID))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
