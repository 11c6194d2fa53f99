"""The flavours of the image: which kernel, which of its modules, which firmware."""

from __future__ import annotations

from dataclasses import dataclass

from efi.contents import names
from efi.errors import MediumWrong


@dataclass(frozen=True)
class Flavour:
    """A flavour; `kernel` is the Debian package that stands for the newest kernel of its kind."""

    name: str
    kernel: str

    @property
    def modules(self) -> tuple[str, ...]:
        """The kernel modules that are wanted."""
        return tuple(each for name in dict.fromkeys(("cloud", self.name)) for each in names(f"modules.{name}"))


FLAVOURS = {
    each.name: each
    for each in (
        Flavour("cloud", "linux-image-cloud-amd64"),
        Flavour("metal", "linux-image-amd64"),
    )
}


def flavour(name: str) -> Flavour:
    """A flavour by its name. Raises MediumWrong."""
    if name not in FLAVOURS:
        raise MediumWrong(f"there is no flavour {name!r}: there is {', '.join(FLAVOURS)}")
    return FLAVOURS[name]
