"""The folder of sites that the bootstrap server is given: one YAML file a site, refused in plain words when wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cli.boot_media import GATEWAY, token_word
from cli.errors import CliError, Usage
from cli.small_files import read_small
from cli.wording import checked, require
from cli.yaml_reading import documents, plain
from crds.meta import DnsLabel, LabelMap, Part
from efi.bootstrap.site import Image, Medium, Site, image_of
from efi.credentials import Credentials
from efi.errors import NotAnImage

LARGEST_IMAGE = 1 << 30
_WORD = re.compile(r"[a-z0-9][a-z0-9.+-]{0,62}")
_IN_IMAGE = "image"
Keep = Callable[[Image, bytes], None]


class SiteFile(Part):
    """What an operator writes of a site; the file's name is the site's. Other files are named from where it is."""

    gateway: Annotated[str, StringConstraints(pattern=GATEWAY, max_length=256)]
    images: Annotated[list[str], Field(min_length=1, max_length=16)]
    token: str | None = None
    token_on: list[Literal["usb", "iso", "ipxe", "image"]] = Field(default=[])
    labels: LabelMap = Field(default={})


def read_sites(folder: Path, keep: Keep) -> tuple[Site, ...]:
    """All sites of a folder; `keep` is given each image. Raises Usage, CliError."""
    try:
        files = sorted(each for each in folder.iterdir() if each.suffix == ".yaml")
    except OSError as error:
        raise Usage(f"{folder}: {error.strerror}: name the folder with one YAML file for each site") from None
    if not files:
        raise Usage(f"{folder} has no site: write {folder / 'NAME.yaml'}, as docs/boot-image.md shows")
    return tuple(read_site(each, keep) for each in files)


def read_site(file: Path, keep: Keep) -> Site:
    """One site. Raises Usage, CliError."""
    require(DnsLabel, file.stem, f"{file}: the file's name")
    found = documents(read_small(file), str(file))
    if len(found) != 1:
        raise Usage(f"{file} has {len(found)} documents: write one")
    said = checked(SiteFile, _map(plain(found[0], str(file)), file), str(file))
    token = _token(said, file)
    images = tuple(_image(file, number, name, keep) for number, name in enumerate(said.images))
    _require_distinct(images, file)
    _require_open(said, images, file)
    on = frozenset(Medium(each) for each in said.token_on if each != _IN_IMAGE)
    return Site(file.stem, Credentials(said.gateway, token, dict(said.labels)), images, on)


def _map(found: object, file: Path) -> dict[str, object]:
    if not isinstance(found, dict):
        raise Usage(f"{file} is no map: write gateway, images and what else the site has, a line each")
    return found


def _token(said: SiteFile, file: Path) -> str:
    """The token as it stands beside an image; where it may be is always said, and never guessed."""
    beside = [each for each in said.token_on if each != _IN_IMAGE]
    if said.token is None:
        if beside:
            raise Usage(f"{file}.tokenOn names {', '.join(beside)}, and there is no token: add token, or remove them")
        return ""
    if not beside:
        raise Usage(f"{file}.tokenOn is missing: name the media that anybody may take the token with (usb, iso, ipxe)")
    return token_word(file.parent / said.token, f"{file}.token")


def _image(file: Path, number: int, name: str, keep: Keep) -> Image:
    place, named = f"{file}.images.{number}", file.parent / name
    try:
        if not named.is_file() or named.stat().st_size > LARGEST_IMAGE:
            raise CliError(f"{place} is {named}, which is no file of at most 1 GiB: make it with hardpan image build")
        data = named.read_bytes()
        found = image_of(data)
    except OSError as error:
        raise CliError(f"{place} is {named}: {error.strerror}") from None
    except NotAnImage as error:
        raise CliError(f"{place} is {named}: {error}; make it with hardpan image build") from None
    if not (_WORD.fullmatch(found.flavour) and _WORD.fullmatch(found.version)):
        raise CliError(f"{place} is {named}, which names no flavour and version: make it with hardpan image build")
    keep(found, data)
    return found


def _require_distinct(images: tuple[Image, ...], file: Path) -> None:
    seen: set[tuple[str, str]] = set()
    for number, each in enumerate(images):
        if (each.flavour, each.version) in seen:
            raise Usage(f"{file}.images.{number} is {each.flavour} {each.version} again: leave one of them out")
        seen.add((each.flavour, each.version))


def _require_open(said: SiteFile, images: tuple[Image, ...], file: Path) -> None:
    """A token inside an image goes to everybody, so the operator must have said that this is meant."""
    for number, each in enumerate(images):
        if each.has_token and _IN_IMAGE not in said.token_on:
            raise Usage(
                f"{file}.images.{number} has a join token inside, which everybody who reaches the server could read: "
                "build it without --token, or add image to tokenOn"
            )
