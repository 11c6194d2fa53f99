"""The boot medium: whom this machine belongs to, and how it reaches its control plane.

Root, cluster and CA count only as pinned at the first start (`executor.pin`); a medium of another cluster is refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from node_agent.errors import NeedsOperator

FILE = "medium.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class JoinToken(_Part):
    """A join token's name and the private half of its key (32 bytes, base64)."""

    name: str
    seed: str


class MediumFile(_Part):
    """`medium.json` as it is written. `ca` and `images` are paths, relative to the medium's folder."""

    roots: Annotated[list[dict[str, Any]], Field(min_length=1)]
    cluster: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    ca: str
    gateway: Annotated[str, Field(pattern=r"^https://[^\s/]+$")]
    token: JoinToken | None = None
    labels: dict[str, str] = {}
    snapshot_floor: Annotated[int, Field(ge=0)] = 0
    images: str | None = None


@dataclass(frozen=True)
class Medium:
    """A boot medium that was read. `roots` are the root document's envelopes as canonical JSON, oldest first."""

    folder: Path
    file: MediumFile

    @property
    def roots(self) -> tuple[bytes, ...]:
        """The root documents, each a DSSE envelope in canonical JSON."""
        return tuple(
            json.dumps(each, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            for each in self.file.roots
        )

    @property
    def ca(self) -> Path:
        """The certificate that the gateway's must chain to."""
        return self.folder / self.file.ca

    @property
    def images(self) -> Path | None:
        """Images that came with the medium, named by digest."""
        return self.folder / self.file.images if self.file.images else None


def load(folder: Path) -> Medium:
    """Reads a medium. Raises NeedsOperator that names the file or field that is wrong."""
    path = folder / FILE
    try:
        medium = Medium(folder, MediumFile.model_validate_json(path.read_bytes()))
    except OSError as error:
        raise NeedsOperator("MediumMissing", f"cannot read {path}: {error.strerror}; make the medium anew") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise NeedsOperator("MediumWrong", f"{path}: {field}: {first['msg']}; make the medium anew") from None
    if not medium.ca.is_file():
        raise NeedsOperator("MediumWrong", f"{medium.ca}, the CA certificate, is missing: make the medium anew")
    return medium
