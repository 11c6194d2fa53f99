"""Who the image says that it is: os-release, for boot menus, the node's console and `hardpan image inspect`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """Version and flavour, the lock's digest, and the time (seconds since 1970) that a node's clock is never below."""

    version: str
    flavour: str
    lock: str
    built: int

    def text(self) -> str:
        """The file."""
        return (
            "ID=hardpan\n"
            'NAME="Hardpan"\n'
            f"VERSION_ID={self.version}\n"
            f'PRETTY_NAME="Hardpan {self.version} ({self.flavour})"\n'
            f"VARIANT_ID={self.flavour}\n"
            f"HARDPAN_BUILT={self.built}\n"
            f"HARDPAN_LOCK={self.lock}\n"
        )


def parse_release(text: str) -> dict[str, str]:
    """The words of the file by their names."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name: value.strip('"') for name, value in pairs}
