"""How long a new image has to become a working node. Pid 1 asks, so that nothing else has to work for the way back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TRIAL_SECONDS = 600.0
_WORD = "trial_seconds="


@dataclass(frozen=True)
class Trial:
    """`sound` is a file that is made when the image works. Time is counted from the start of the kernel."""

    sound: Path
    seconds: float = TRIAL_SECONDS
    elapsed: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME)

    def failed(self) -> bool:
        """Whether its time is over."""
        return self.elapsed() > self.seconds and not self.sound.exists()


def trial_seconds(kernel_line: str) -> float:
    """The time that the kernel line gives, which is of the image's signed part; ten minutes without a word. Pure."""
    words = [word.removeprefix(_WORD) for word in kernel_line.split() if word.startswith(_WORD)]
    return float(words[-1]) if words and words[-1].isdecimal() and int(words[-1]) else TRIAL_SECONDS
