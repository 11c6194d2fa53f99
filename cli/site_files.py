"""Files of a site: manifests and records in YAML, and seeds that only their owner may read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cli.errors import CliError
from cli.yaml_reading import LOADER
from crds.meta import API_VERSION
from sal.errors import os_errors
from sal.filesystem import write_durably
from trust.dsse import decode, encode
from trust.keys import SigningKey
from trust.records import Record


def manifest(kind: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """An object as kubectl takes it."""
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": dict(spec)}


def write_yaml(file: Path, content: dict[str, Any]) -> None:
    """Writes a manifest, whole."""
    _write(file, yaml.safe_dump(content, sort_keys=False).encode(), 0o644)


def write_secret(file: Path, seed: bytes) -> None:
    """Writes a private seed, base64, readable by the owner only."""
    _write(file, encode(seed).encode(), 0o600)


def _write(file: Path, data: bytes, mode: int) -> None:
    with os_errors(file.parent):
        file.parent.mkdir(parents=True, exist_ok=True)
    write_durably(file, data, mode)


def read_secret(file: Path) -> SigningKey:
    """The key of a seed file."""
    return SigningKey(decode(file.read_text().strip()))


def read_record(file: Path) -> Record:
    """The record in a file. Raises CliError."""
    try:
        found = read_yaml(file)
        return Record(found["kind"], found["metadata"]["name"], found["spec"])
    except (KeyError, TypeError):
        raise CliError(f"{file} is no record: restore it from your backup, or remove it") from None


def read_yaml(file: Path) -> Any:
    """The content of a file. Raises CliError."""
    try:
        return yaml.load(file.read_text(), Loader=LOADER)
    except OSError as error:
        raise CliError(f"{file}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise CliError(f"{file} is damaged: restore it from your backup") from None
