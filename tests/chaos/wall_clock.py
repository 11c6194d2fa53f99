"""A wall clock that can be stepped for all programs of one place (the control plane, or one node), and for no other.

The place has its own /etc, whose ld.so.preload names a library that adds the seconds in a file to the time of day.
libfaketime would do the same, but moves the monotonic clocks as well unless each program is told not to.
"""

from __future__ import annotations

import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

from sal.command import Command, SystemRunner

SOURCE = Path(__file__).with_name("wall_clock.c")


@dataclass(frozen=True)
class WallClock:
    """The clock of one place; its files are in `folder`."""

    folder: Path

    def make(self) -> None:
        """Builds the library and the /etc."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.step(0)
        library, offset = self.folder / "wall_clock.so", self.folder / "offset"
        words = ("gcc", "-shared", "-fPIC", "-O1", f'-DOFFSET_FILE="{offset}"', "-o", str(library), str(SOURCE))
        SystemRunner().run(Command(words, hint="install gcc"))
        shutil.copytree("/etc", self.etc, symlinks=True, dirs_exist_ok=True)
        (self.etc / "ld.so.preload").write_text(f"{library}\n")

    @property
    def etc(self) -> Path:
        """What the programs of the place find as /etc."""
        return self.folder / "etc"

    @property
    def mount(self) -> tuple[str, ...]:
        """The command that puts it there, in the place's own mount namespace."""
        return ("mount", "--bind", str(self.etc), "/etc")

    def step(self, seconds: int) -> None:
        """The time of day is so many seconds off from now on, for programs that run already too."""
        # In place, not by a new file: the programs have this very file mapped.
        with (self.folder / "offset").open("r+b" if (self.folder / "offset").exists() else "wb") as file:
            file.write(struct.pack("l", seconds))
