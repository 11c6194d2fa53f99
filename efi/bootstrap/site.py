"""A site as the bootstrap server knows it: its images, as somebody else made them, and what stands beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from efi.credentials import TOKEN, Credentials
from efi.inspect import inspect

CURRENT = "current"
"""Stands for a version in an address: the first image of its flavour that a site lists."""


class Medium(StrEnum):
    """A way to start machines."""

    USB = "usb"
    ISO = "iso"
    IPXE = "ipxe"
    HTTP = "http"


@dataclass(frozen=True)
class Image:
    """An image as it says of itself; `digest` is its SHA-256 in hexadecimal, `line` its kernel line."""

    flavour: str
    version: str
    line: str
    digest: str
    size: int
    signed: bool

    @property
    def has_token(self) -> bool:
        """Whether a join token is in it."""
        return any(word.startswith(f"{TOKEN}=") for word in self.line.split())


def image_of(data: bytes) -> Image:
    """Reads an image. Raises NotAnImage."""
    found = inspect(data)
    flavour, version = found.release.get("VARIANT_ID", ""), found.release.get("VERSION_ID", "")
    return Image(flavour, version, found.line, found.digest, found.bytes, found.signed)


@dataclass(frozen=True)
class Site:
    """A site: `token_on` are the media on which its operator lets the join token be."""

    name: str
    beside: Credentials
    images: tuple[Image, ...]
    token_on: frozenset[Medium] = frozenset()

    def image(self, flavour: str, version: str = CURRENT) -> Image | None:
        """The image of a flavour; the first of several, when no version is named."""
        fitting = (each for each in self.images if each.flavour == flavour and version in (each.version, CURRENT))
        return next(fitting, None)

    @property
    def flavours(self) -> tuple[str, ...]:
        """What it has images of."""
        return unique(each.flavour for each in self.images)


def unique(words: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order in which they come."""
    return tuple(dict.fromkeys(words))
