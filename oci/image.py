"""Layers and what they are run with, as one file: the image layout of the OCI in an archive.

containerd, k3s, Docker, podman and every tool that talks to registries read it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from efi.cpio import FILE, Entry
from oci.layer import Layer, archive

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
USER = "65532:65532"
ENTRY_POINT = ("/usr/bin/python3", "-P", "-m", "controllers")
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin",
    # The root is read-only, and there is byte code of everything.
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    # Some clusters run each pod as a user of its own, whom no file of ours names; kopf asks for a name.
    "USER": "hardpan",
}


@dataclass(frozen=True)
class Name:
    """What the image is called where it is loaded: repository and tag."""

    repository: str
    tag: str

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True)
class Image:
    """Layers from the lowest to the highest, the time that the image has, and its name."""

    layers: Sequence[Layer]
    built: datetime
    name: Name

    @property
    def config(self) -> bytes:
        """How it is run."""
        created = self.built.strftime("%Y-%m-%dT%H:%M:%SZ")
        run = {
            "User": USER,
            "Env": [f"{name}={value}" for name, value in sorted(ENVIRONMENT.items())],
            "Entrypoint": list(ENTRY_POINT),
            "WorkingDir": "/",
            "Labels": {
                "org.opencontainers.image.title": "Hardpan",
                "org.opencontainers.image.version": self.name.tag,
                "org.opencontainers.image.licenses": "Apache-2.0",
            },
        }
        return _json(
            {
                "architecture": "amd64",
                "os": "linux",
                "created": created,
                "config": run,
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{each.plain_digest}" for each in self.layers]},
                "history": [{"created": created, "created_by": each.made_by} for each in self.layers],
            }
        )

    @property
    def manifest(self) -> bytes:
        """What it is made of: its digest is the image's."""
        layers = [_descriptor(LAYER, each.data) for each in self.layers]
        return _json(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": _descriptor(CONFIG, self.config),
                "layers": layers,
            }
        )

    @property
    def digest(self) -> str:
        """By which registries and Kubernetes name it, in hexadecimal."""
        return _sha256(self.manifest)

    def archive(self) -> bytes:
        """The file."""
        named = _descriptor(MANIFEST, self.manifest) | {
            "platform": {"architecture": "amd64", "os": "linux"},
            "annotations": {
                "io.containerd.image.name": str(self.name),
                "org.opencontainers.image.ref.name": self.name.tag,
            },
        }
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [named]}
        blobs = [self.config, self.manifest, *(each.data for each in self.layers)]
        files = {
            "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
            "index.json": _json(index),
            **{f"blobs/sha256/{_sha256(each)}": each for each in sorted(blobs, key=_sha256)},
        }
        entries = [Entry(name, FILE, data) for name, data in files.items()]
        return archive(entries, int(self.built.timestamp()))


def _descriptor(media_type: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": f"sha256:{_sha256(data)}", "size": len(data)}


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
