"""An image of one static program: for the process that holds a pod's namespaces, and for small pods in tests."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

from sal.command import Command, Runner

BUSYBOX = Path("/bin/busybox")
NAMESPACE = "k8s.io"
IMPORT_SECONDS = 300.0
_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


def write_busybox(file: Path, name: str, program: Path = BUSYBOX) -> None:
    """An image tar of that name, which sleeps when it is told nothing else."""
    layer = _layer(program)
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/bin/busybox"], "Cmd": ["sleep", "2147483647"], "User": "65532"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_digest(layer)}"]},
    }
    configuration = json.dumps(config).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _descriptor(_CONFIG, configuration),
            "layers": [_descriptor(_LAYER, layer)],
        }
    ).encode()
    named = {**_descriptor(_MANIFEST, manifest), "annotations": {"io.containerd.image.name": name}}
    index = json.dumps({"schemaVersion": 2, "mediaType": _INDEX, "manifests": [named]}).encode()
    with tarfile.open(file, "w") as tar:
        _add(tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        _add(tar, "index.json", index)
        for blob in (layer, configuration, manifest):
            _add(tar, f"blobs/sha256/{_digest(blob)}", blob)


def load(runner: Runner, socket: Path, file: Path) -> None:
    """Gives an image tar to containerd."""
    words = ("ctr", "--address", str(socket), "--namespace", NAMESPACE, "images", "import", str(file))
    runner.run(Command(words, timeout_seconds=IMPORT_SECONDS, hint="it must be an OCI or Docker image tar"))


def _layer(program: Path) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        _add(tar, "bin/busybox", program.read_bytes(), 0o755)
        link = tarfile.TarInfo("bin/sh")
        link.type, link.linkname = tarfile.SYMTYPE, "busybox"
        tar.addfile(link)
    return held.getvalue()


def _add(tar: tarfile.TarFile, name: str, data: bytes, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), mode
    tar.addfile(member, io.BytesIO(data))


def _descriptor(kind: str, data: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": f"sha256:{_digest(data)}", "size": len(data)}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
