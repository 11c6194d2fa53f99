"""What executor and boot tell each other of an update, and what outlives a restart: small files, each of one writer."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from node_agent.update import SOUND
from sal.errors import os_errors
from sal.filesystem import sync_folder, write_durably

Document = TypeVar("Document", bound="_Document")
State = Literal["current", "upgrading", "fell-back", "failed"]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Order(_Document):
    """An image to go to, as the operator signed for it. `release` and `asked` name the order."""

    release: str
    asked: str
    version: str
    digest: str
    size: int
    url: str

    def same(self, other: Order | None) -> bool:
        """Whether the other is this very order."""
        return other is not None and (other.release, other.asked) == (self.release, self.asked)


class Attempt(_Document):
    """An image that was installed to be tried. `said` is how far it came by its own words; empty: it never spoke."""

    order: Order
    said: str = ""


class Told(_Document):
    """What became of the latest order that was heard, for the ledger and the console."""

    state: State = "current"
    release: str | None = None
    asked: str | None = None
    reason: str | None = None
    message: str | None = None


def told(order: Order | None, state: State, message: str = "", reason: str = "") -> Told:
    """What is to be said of an order. Pure."""
    if order is None:
        return Told(state=state)
    return Told(
        state=state, release=order.release, asked=order.asked, reason=reason or None, message=message[:256] or None
    )


@dataclass(frozen=True)
class Desk:
    """The files of this start of the machine, in a folder that only root reads."""

    folder: Path

    @property
    def order(self) -> Path:
        """Written by the executor: an Order."""
        return self.folder / "order.json"

    @property
    def told(self) -> Path:
        """Written by the boot: a Told."""
        return self.folder / "told.json"

    @property
    def sound(self) -> Path:
        """Made by the boot once this image is a working node."""
        return self.folder / SOUND

    @property
    def leaving(self) -> Path:
        """Made by the boot when the machine goes down."""
        return self.folder / "leaving"

    def ensure(self) -> None:
        """Makes the folder."""
        with os_errors(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def mark(self, file: Path) -> None:
        """Makes a mark."""
        self.ensure()
        with os_errors(file):
            file.touch(mode=0o600)


@dataclass(frozen=True)
class Shelf:
    """What outlives a restart, on the node's pool."""

    folder: Path

    @property
    def attempt(self) -> Path:
        """An Attempt."""
        return self.folder / "attempt.json"

    def image(self, digest: str) -> Path:
        """An image as far as it came; named by its digest, so that no other is ever gone on with."""
        return self.folder / f"image-{digest.rpartition(':')[2][:16]}.part"

    def forget_images(self, but: Path | None = None) -> None:
        """Removes what was fetched."""
        for each in self.folder.glob("image-*.part"):
            if each != but:
                each.unlink(missing_ok=True)

    def begin(self, attempt: Attempt) -> None:
        """Keeps an attempt. Raises SalError."""
        with os_errors(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        keep(self.attempt, attempt)

    def clear(self) -> None:
        """Nothing is tried any more."""
        with suppress(FileNotFoundError), os_errors(self.attempt):
            self.attempt.unlink()
            sync_folder(self.folder)


def read(file: Path, model: type[Document]) -> Document | None:
    """A document; None when there is none, or when it is damaged."""
    try:
        return model.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None


def keep(file: Path, document: _Document) -> None:
    """Writes a document, whole and durably. Raises SalError."""
    write_durably(file, document.model_dump_json(exclude_none=True).encode())
