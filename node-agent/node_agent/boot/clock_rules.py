"""What may set this machine's clock, and how far.

Nobody can prove the time to a machine whose clock is wrong, and a clock that was set back makes ended documents count.
So the clock never falls below the image's build time; one source corrects by minutes; more needs two hands that agree,
unless the clock was below the build time, which makes it worth nothing. The time servers that a DHCP lease names are
one hand, since whoever gave the lease chose them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

SMALL_SECONDS = 600.0
AGREE_SECONDS = 30.0
TOLD_SECONDS = 60.0
REMEDY = "set the clock in the firmware's setup, or name a time server by DHCP (option 42)"


class Hand(Enum):
    """Who tells the time, with the seconds to which that is known."""

    NETWORK = "the network's time server"
    CONTROL_PLANE = "the control plane"

    @property
    def tolerance(self) -> float:
        """An HTTP date has whole seconds."""
        return 0.1 if self is Hand.NETWORK else 2.0


@dataclass(frozen=True)
class Reading:
    """What one hand says: seconds to add to the clock."""

    hand: Hand
    offset: float


@dataclass(frozen=True)
class Correction:
    """Seconds to add, 0 for none. `told`: what was set, or why a wrong clock stays wrong, with the remedy."""

    seconds: float = 0.0
    told: str = ""


def below_floor(now: float, built: int) -> bool:
    """Whether the clock says a time before the image was built. Pure."""
    return now < built


def correct(readings: Sequence[Reading], worthless: bool) -> Correction:
    """The correction that these readings allow; `worthless` says that the clock was below its floor. Pure."""
    by_hand = {reading.hand: reading for reading in readings}
    network, control_plane = by_hand.get(Hand.NETWORK), by_hand.get(Hand.CONTROL_PLANE)
    agree = network and control_plane and abs(network.offset - control_plane.offset) <= AGREE_SECONDS
    # The network's is finer; but only the control plane showed a certificate of the pinned CA.
    best = network if agree else control_plane or network
    if best is None or abs(best.offset) <= best.hand.tolerance:
        return Correction()
    if worthless or agree or abs(best.offset) <= SMALL_SECONDS:
        return Correction(best.offset, f"was {_wrong(best)}, and was set" if abs(best.offset) >= TOLD_SECONDS else "")
    return Correction(told=f"is {_wrong(best)}, and nobody else confirms it: {REMEDY}")


def _wrong(reading: Reading) -> str:
    direction = "behind" if reading.offset > 0 else "ahead of"
    return f"{_span(abs(reading.offset))} {direction} what {reading.hand.value} says"


def _span(seconds: float) -> str:
    for name, length in (("days", 86_400), ("hours", 3_600)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {name}"
    return f"{seconds / 60:.0f} minutes"
