"""What somebody changed by hand, and what to do about it. Pure: observed against wanted gives acts and a sentence.

Nothing here can lose data: what could is told instead, and waits for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sal.hypervisor import Trouble
from sal.pool import VolumeState

GONE = (
    "its disk is not on this node, somebody moved or deleted it; nothing empty takes its place: put it back, or delete"
    " the Machine and the Volume object to begin anew"
)
NO_ROOM = "paused: its disk could not be written, for the node's disk is full; free some space, it goes on by itself"
SILENT = (
    "its control socket does not answer, so it cannot be asked to stop: the next stop ends it as a power cut does; to"
    " stop it in order, power it off from within"
)
FULL = 0.98


class Mend(Enum):
    """What is done without asking."""

    RENAME = "volume.rename"
    RESET = "volume.mend"
    RESUME = "machine.resume"


@dataclass(frozen=True)
class Drift:
    """What to do, and what a person has to know; both empty when all is as it must be.

    `down`: what it is about does not work as long as this holds.
    """

    mends: tuple[Mend, ...] = ()
    trouble: str = ""
    down: bool = False


IN_SYNC = Drift()


def volume(size: int, now: VolumeState) -> Drift:
    """A volume of `size` bytes against what is there."""
    if now.size is None and len(now.elsewhere) == 1:
        return Drift((Mend.RENAME,))
    if now.size is None and now.elsewhere:
        names = ", ".join(now.elsewhere)
        return Drift(trouble=f"it was renamed, and {names} all have its mark: rename the right one", down=True)
    if now.size is None:
        return Drift(trouble=GONE, down=True)
    mends = () if now.writable and now.limited and now.marked else (Mend.RESET,)
    if now.size < size:
        return Drift(mends, f"its disk was cut from {size} to {now.size} bytes: what was at its end is lost", down=True)
    return Drift(mends)


def guest(trouble: Trouble | None, fullness: float) -> Drift:
    """A guest that has a process but may not work; `fullness` is the pool's, from 0 to 1."""
    if trouble is None:
        return IN_SYNC
    if trouble is Trouble.UNREACHABLE:
        return Drift(trouble=SILENT)
    if trouble is Trouble.NO_ROOM and fullness > FULL:
        return Drift(trouble=NO_ROOM, down=True)
    return Drift((Mend.RESUME,))
