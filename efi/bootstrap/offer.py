"""What can be had of the server, by name: a closed set, so that no request leads to a file that was not meant."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from efi.bootstrap.site import Image, Medium, Site
from efi.credentials import Credentials

WITH_TOKEN = "-with-token"


@dataclass(frozen=True)
class Kind:
    """How a medium is named and called; firmware looks at the type."""

    stem: str
    suffix: str
    type: str
    title: str


KINDS: Mapping[Medium, Kind] = {
    Medium.USB: Kind("hardpan", ".img", "application/vnd.efi-img", "USB stick or disk"),
    Medium.ISO: Kind("hardpan", ".iso", "application/vnd.efi-iso", "CD"),
    Medium.IPXE: Kind("boot", ".ipxe", "text/plain", "network, by iPXE"),
    Medium.HTTP: Kind("hardpan", ".efi", "application/efi", "network, by UEFI HTTP boot"),
}


@dataclass(frozen=True)
class Offer:
    """One file: an image of a site on a medium, with or without the site's join token."""

    site: Site
    image: Image
    medium: Medium
    with_token: bool = False

    @property
    def kind(self) -> Kind:
        """See Kind."""
        return KINDS[self.medium]

    @property
    def name(self) -> str:
        """The last part of its address."""
        return f"{self.kind.stem}{WITH_TOKEN if self.with_token else ''}{self.kind.suffix}"

    @property
    def saved_as(self) -> str:
        """A name that tells files of several sites apart."""
        parts = ("hardpan", self.site.name, self.image.flavour, self.image.version)
        return f"{'-'.join(parts)}{WITH_TOKEN if self.with_token else ''}{self.kind.suffix}"

    @property
    def carries_token(self) -> bool:
        """Whether who has the file has a join token."""
        return self.with_token or self.image.has_token

    @property
    def beside(self) -> Credentials:
        """What stands beside the image."""
        return self.site.beside if self.with_token else self.site.beside.without_token()

    def key(self, made_by: str) -> str:
        """Names what is made of all of it; `made_by` changes with the tools."""
        parts = (made_by, self.image.digest, self.image.line, self.medium, self.beside.by_name())
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def offers(site: Site, image: Image) -> tuple[Offer, ...]:
    """All that can be had of an image; firmware fetches the image alone, beside which no token can stand."""
    plain = tuple(Offer(site, image, each) for each in Medium)
    with_token = (Medium.USB, Medium.ISO, Medium.IPXE) if site.beside.token else ()
    return (*plain, *(Offer(site, image, each, True) for each in with_token if each in site.token_on))


class Catalogue:
    """All sites by name."""

    def __init__(self, sites: tuple[Site, ...]) -> None:
        self.sites = {each.name: each for each in sites}

    def find(self, site: str, flavour: str, version: str, name: str) -> Offer | None:
        """The offer at an address."""
        known = self.sites.get(site)
        image = known.image(flavour, version) if known else None
        if known is None or image is None:
            return None
        return next((each for each in offers(known, image) if each.name == name), None)
