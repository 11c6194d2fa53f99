"""The signed part of the image: whom this machine belongs to, when the image was built, and how its node is run.

The medium that agent and executor read is made here of the signed part and of what the channels beside it may choose.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from node_agent.boot.offers import Chosen
from node_agent.errors import NeedsOperator
from node_agent.medium import MediumFile
from trust.release import is_version

MEDIUM, SETTINGS, GUESTS = "medium.json", "settings.json", "images"
_REMEDY = "build the image with `hardpan image build --site`"


class SiteFile(BaseModel):
    """`medium.json` as it is in the image: a medium without what may differ between machines."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    roots: Annotated[list[dict[str, Any]], Field(min_length=1)]
    cluster: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    ca: str = "ca.pem"
    snapshot_floor: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True)
class Image:
    """The image's own words about itself. `built` are seconds since 1970; 0 when it does not say."""

    name: str = "Hardpan"
    version: str = ""
    built: int = 0
    flavour: str = ""

    @property
    def comparable(self) -> bool:
        """Whether it says enough of itself to be followed by another."""
        return is_version(self.version) and bool(self.flavour)


def image(os_release: str) -> Image:
    """`os-release`. Pure."""
    fields = {name: value.strip("\"'") for name, _, value in (line.partition("=") for line in os_release.splitlines())}
    built = fields.get("HARDPAN_BUILT", "")
    since = int(built) if built.isdecimal() else 0
    return Image(fields.get("NAME", "Hardpan"), fields.get("VERSION_ID", ""), since, fields.get("VARIANT_ID", ""))


@dataclass(frozen=True)
class Site:
    """The signed part as it was read: the medium's part, and settings of the node that differ from the usual ones."""

    folder: Path
    file: SiteFile
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def authority(self) -> Path:
        """The certificate that the gateway's must come from."""
        return self.folder / self.file.ca

    @property
    def guests(self) -> Path | None:
        """Disk images that came with the image, as an image store; None when none did."""
        folder = self.folder / GUESTS
        return folder if folder.is_dir() else None


def load(folder: Path) -> Site:
    """The signed part in this folder. Raises NeedsOperator for an image of no site."""
    path = folder / MEDIUM
    try:
        read = Site(folder, SiteFile.model_validate_json(path.read_bytes()), _settings(folder / SETTINGS))
    except OSError:
        raise NeedsOperator("NoSite", f"this image belongs to no site ({path} is missing): {_REMEDY}") from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise NeedsOperator("NoSite", f"{path}: {name}: {first['msg']}: {_REMEDY}") from None
    if not read.authority.is_file():
        raise NeedsOperator("NoSite", f"{read.authority}, the CA certificate, is missing: {_REMEDY}")
    return read


def _settings(path: Path) -> Mapping[str, Any]:
    try:
        return dict(json.loads(path.read_bytes())) if path.exists() else {}
    except (ValueError, TypeError):
        raise NeedsOperator("NoSite", f"{path} is no JSON object: {_REMEDY}") from None


def medium(site: Site, chosen: Chosen) -> bytes:
    """`medium.json` for agent and executor; empty until somebody names a gateway."""
    if not chosen.gateway:
        return b""
    made = MediumFile(
        roots=site.file.roots,
        cluster=site.file.cluster,
        ca=str(site.authority),
        gateway=chosen.gateway,
        token=chosen.token,
        labels=dict(chosen.labels),
        snapshot_floor=site.file.snapshot_floor,
        images=str(site.guests) if site.guests else None,
    )
    return made.model_dump_json(by_alias=True).encode()


def settings(site: Site, medium: Path, state: Path, tpm: Path, virtual: bool, image: Mapping[str, str] = {}) -> bytes:
    """The node's settings: the image's own, or the usual ones; `virtual` says that /dev/kvm works. Pure.

    `tpm` need not be there yet: its driver may come late. `image` is what runs, where that can be followed by another.
    """
    usual = {"accelerator": "kvm" if virtual else "tcg", "tpm": str(tpm)}
    fixed = {"medium": str(medium), "state": str(state), **({"image": dict(image)} if image else {})}
    return json.dumps(usual | dict(site.settings) | fixed).encode()
