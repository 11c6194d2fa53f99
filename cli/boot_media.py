"""What a boot medium is given of a site: the part that firmware checks, and what nobody signs and stands beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.amounts import labels
from cli.errors import CliError, Usage
from cli.site import Site, snapshot_of
from cli.small_files import read_small
from efi.site_part import SitePart

_GATEWAY = re.compile(r"https://[^\s/]+")
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
PREFIX = "hardpan."


def site_part(site: Site, authority: Path) -> SitePart:
    """The signed part of a site's images: its root chain, its cluster, its newest snapshot as the floor, its CA."""
    text = read_small(authority, "--ca")
    if _CERTIFICATE not in text:
        raise Usage(f"--ca {authority} is no certificate in PEM form")
    roots = tuple(json.loads(each) for each in site.trust.roots)
    return SitePart(roots, site.cluster, snapshot_of(site).version, text.encode())


@dataclass(frozen=True)
class Credentials:
    """Where the control plane is, a join token as `name:seed`, and labels. They choose, and give no trust."""

    gateway: str
    token: str
    labels: dict[str, str]

    def by_name(self) -> dict[str, str]:
        """As the node looks for them."""
        named = {"gateway": self.gateway, "token": self.token}
        named |= {f"label.{name}": value for name, value in sorted(self.labels.items())}
        return {f"{PREFIX}{name}": value for name, value in named.items() if value}

    def words(self) -> tuple[str, ...]:
        """As the kernel line has them."""
        return tuple(f"{name}={value}" for name, value in self.by_name().items())


def carried(gateway: str, token: Path | None, label: Sequence[str]) -> Credentials:
    """What the options say. Raises Usage."""
    if gateway and not _GATEWAY.fullmatch(gateway):
        raise Usage(f"--gateway is {gateway!r}: write it like https://cp.example:8443, without a path")
    return Credentials(gateway, _token(token) if token else "", labels(label))


def _token(file: Path) -> str:
    try:
        found = json.loads(read_small(file, "--token"))
        return f"{found['name']}:{found['seed']}"
    except (ValueError, KeyError, TypeError):
        raise Usage(f"--token {file} is none: give what `hardpan token create` printed") from None


def authority_of(site: Path, named: Path | None) -> Path:
    """The CA that was named, else the site's own. Raises CliError when there is neither."""
    file = named or site / "ca.pem"
    if not file.is_file():
        raise CliError(f"{file} is missing: name with --ca the CA (PEM) that the gateway's certificate comes from")
    return file
