"""A boot medium: all that a machine has before its first start."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.site import Site
from cli.site_files import read_secret
from sal.filesystem import write_durably
from trust.dsse import encode


@dataclass(frozen=True)
class MediumContent:
    """Where the control plane is, the CA that its certificate must come from, and the join token's name."""

    gateway: str
    authority: Path
    token: str


def write_medium(folder: Path, site: Site, content: MediumContent, images: Path | None = None) -> None:
    """Writes the medium of a site; `images` is a store that the node fills its own from."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(content.authority, folder / "ca.pem")
    seed = read_secret(site.token_file(content.token)).seed
    medium: dict[str, Any] = {
        "roots": [json.loads(each) for each in site.trust.roots],
        "cluster": site.cluster,
        "ca": "ca.pem",
        "gateway": content.gateway,
        "token": {"name": content.token, "seed": encode(seed)},
    }
    if images is not None:
        medium["images"] = str(images)
    write_durably(folder / "medium.json", json.dumps(medium).encode())
