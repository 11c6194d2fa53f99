"""What a boot medium is given of a site: the part that firmware checks, and what nobody signs and stands beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from pydantic import ValidationError

from cli.amounts import labels
from cli.errors import CliError, Usage
from cli.site import Site, snapshot_of
from cli.small_files import read_small
from cli.wording import worded
from efi.credentials import Credentials
from efi.site_part import SitePart
from node_agent.settings import NodeSettings

GATEWAY = r"^https://[A-Za-z0-9.:\[\]-]+$"
"""Where a control plane is. Nothing in it means anything to a kernel line or to iPXE."""


def site_part(site: Site, authority: Path, settings: Path | None = None) -> SitePart:
    """The signed part of a site's images: root chain, cluster, newest snapshot as the floor, CA, nodes' settings."""
    text = read_small(authority, "--ca")
    try:
        x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise Usage(f"--ca {authority} is no certificate in PEM form") from None
    roots = tuple(json.loads(each) for each in site.trust.roots)
    return SitePart(roots, site.cluster, snapshot_of(site).version, text.encode(), _settings(settings))


def _settings(file: Path | None) -> dict[str, Any]:
    """What a file says of how nodes are run; where a node's own folders are is not for it to say. Raises Usage."""
    if file is None:
        return {}
    text = read_small(file, "--settings")
    try:
        found = dict(json.loads(text))
        NodeSettings.model_validate_json(json.dumps({**found, "medium": "/", "state": "/"}))
    except ValidationError as error:
        raise Usage(worded(error, f"--settings {file}")) from None
    except (ValueError, TypeError):
        raise Usage(f"--settings {file} is no JSON object") from None
    if clash := found.keys() & {"medium", "state"}:
        raise Usage(f"--settings {file}: {', '.join(sorted(clash))} is the same on every node: leave it out")
    return found


def carried(gateway: str, token: Path | None, label: Sequence[str]) -> Credentials:
    """What the options say. Raises Usage."""
    if gateway and not re.fullmatch(GATEWAY, gateway):
        raise Usage(f"--gateway is {gateway!r}: write it like https://cp.example:8443, without a path")
    return Credentials(gateway, token_word(token) if token else "", labels(label))


def token_word(file: Path, option: str = "--token") -> str:
    """A token's file as it stands beside an image. Raises Usage."""
    try:
        found = json.loads(read_small(file, option))
        return f"{found['name']}:{found['seed']}"
    except (ValueError, KeyError, TypeError):
        raise Usage(f"{option} {file} is none: give what `hardpan token create` printed") from None


def authority_of(site: Path, named: Path | None) -> Path:
    """The CA that was named, else the site's own. Raises CliError when there is neither."""
    file = named or site / "ca.pem"
    if not file.is_file():
        raise CliError(f"{file} is missing: name with --ca the CA (PEM) that the gateway's certificate comes from")
    return file
