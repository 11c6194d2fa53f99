"""btrfs quotas: simple ones where the kernel has them (6.7 and later), else classic groups (reference/sal.md 3.2)."""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from sal.btrfs_ioctl import FS_INFO, GET_SUBVOL_INFO, QGROUP_LIMIT, QUOTA_CTL, call
from sal.errors import NotFound, os_errors

SYSFS = Path("/sys/fs/btrfs")
_ENABLE, _ENABLE_SIMPLE = 1, 4
_LIMIT_REFERENCED = 1


class Mode(Enum):
    """How the kernel counts, as it names it in sysfs."""

    SIMPLE = "squota"
    CLASSIC = "qgroup"


@dataclass(frozen=True)
class Counted:
    """Bytes that a subvolume is charged for, as of the last commit, and its limit (None: no limit)."""

    used: int
    limit: int | None


def mode(path: Path) -> Mode | None:
    """How the file system of a path counts; None while quotas are off."""
    try:
        return Mode((_groups(path) / "mode").read_text().strip())
    except FileNotFoundError:
        return None


def enable(path: Path) -> Mode:
    """Switches quotas on where they are off; tells how the kernel counts."""
    now = mode(path)
    if now is not None:
        return now
    wanted = Mode.SIMPLE if (SYSFS / "features" / "simple_quota").exists() else Mode.CLASSIC
    command = _ENABLE_SIMPLE if wanted is Mode.SIMPLE else _ENABLE
    call(path, QUOTA_CTL, struct.pack("=QQ", command, 0), path)
    return wanted


def limit(subvolume: Path, size: int) -> None:
    """Lets a subvolume hold at most `size` bytes; writes beyond it fail with EDQUOT.

    Asked of its parent: the kernel refuses to change the limit by way of a subvolume that is beyond it.
    """
    arguments = struct.pack("=QQQQQQ", _group(subvolume), _LIMIT_REFERENCED, size, 0, 0, 0)
    call(subvolume.parent, QGROUP_LIMIT, arguments, subvolume)


def counted(subvolume: Path) -> Counted:
    """What a subvolume is charged for. Raises NotFound while quotas are off."""
    group = _groups(subvolume) / f"0_{_group(subvolume)}"
    if not group.exists():
        raise NotFound(f"{subvolume} is not counted: enable quotas first")
    with os_errors(group):
        used, most, flags = (
            int((group / name).read_text()) for name in ("referenced", "max_referenced", "limit_flags")
        )
    return Counted(used, most if flags & _LIMIT_REFERENCED else None)


def _group(subvolume: Path) -> int:
    """The number of a subvolume, and of its group."""
    return int(struct.unpack_from("=Q", call(subvolume, GET_SUBVOL_INFO, bytes(504), subvolume))[0])


def _groups(path: Path) -> Path:
    info = call(path, FS_INFO, bytes(1024), path)
    return SYSFS / str(uuid.UUID(bytes=info[16:32])) / "qgroups"
