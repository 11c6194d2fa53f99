"""Deployment manifests: read as kubectl reads them, written back with comments and layout kept."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli.errors import CliError, Usage
from cli.small_files import STDIN, read_small
from cli.yaml_editing import Field, with_fields
from cli.yaml_reading import documents, entry, plain
from crds.meta import API_VERSION
from sal.filesystem import write_durably

BYTE_ORDER_MARK = "\ufeff"


@dataclass
class Manifest:
    """One deployment in a text; `file` is `-` for what came from stdin."""

    file: Path
    text: str
    name: str
    namespace: str
    spec: dict[str, Any]
    read: str

    def sign_with(self, fields: Mapping[str, str | int], key_id: str, signature: str) -> None:
        """Puts in what signing fills, and one signature in the place of any others. Raises CliError."""
        filled: dict[str, Field] = {**fields, "signatures": [{"keyID": key_id, "signature": signature}]}
        wanted = {**self.spec, **fields, "signatures": [{"keyID": key_id, "signature": _clipped(signature)}]}
        self.text, self.spec = _with_spec(self, filled, wanted), wanted

    def require_writable(self) -> None:
        """Whether `save` can write here: asked before a person is asked to touch a key. Raises Usage."""
        if self.file == STDIN:
            return
        target = self.file.resolve()
        if not target.is_file():
            raise Usage(f"{self.file} is no file that can be written back: give - to read stdin and print the result")
        if not os.access(target.parent, os.W_OK):
            raise Usage(
                f"{target.parent} cannot be written, and the signature goes into {self.file}: copy it elsewhere"
            )

    def save(self) -> None:
        """Writes the text back, whole, through links and with the file's own mode; to stdout for stdin's."""
        if self.file == STDIN:
            sys.stdout.write(self.text)
            sys.stdout.flush()
            return
        target = self.file.resolve()
        if read_small(target) != self.read:
            raise CliError(f"{self.file} was changed while it was being signed: sign it again")
        write_durably(target, self.text.encode(), stat.S_IMODE(target.stat().st_mode))
        self.read = self.text


def load(file: Path, namespace: str = "") -> Manifest:
    """The one deployment in a file, or in stdin for `-`. Raises Usage."""
    text = read_small(file)
    bare = text.removeprefix(BYTE_ORDER_MARK)
    name = "stdin" if file == STDIN else str(file)
    values = _values(bare, name)
    found = [each for each in values if _is_deployment(each)]
    if len(found) != 1:
        what = "no deployment" if not found else f"{len(found)} deployments"
        remedy = f"it needs `apiVersion: {API_VERSION}` and `kind: Deployment`" if not found else "give each its own"
        raise Usage(f"{name} holds {what}, a file that is signed holds one: {remedy}")
    metadata, spec = found[0].get("metadata"), found[0].get("spec")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise Usage(f"{name}: metadata.name is missing: give the deployment a name")
    if not isinstance(spec, dict) or not isinstance(spec.get("script"), str):
        raise Usage(f"{name}: spec.script is missing: write the script under it, after `script: |`")
    return Manifest(file, text, metadata["name"], _namespace(metadata, namespace, name), spec, text)


def _namespace(metadata: Mapping[str, Any], asked: str, source: str) -> str:
    own = metadata.get("namespace")
    if own is not None and not isinstance(own, str):
        raise Usage(f"{source}: metadata.namespace must be a text")
    if own and asked and own != asked:
        raise Usage(f"{source} is for namespace {own}, not {asked}: leave out --namespace, or change the file")
    return own or asked


def _values(text: str, source: str) -> list[Any]:
    """What the deployment of each document says, in plain types; other documents are not read closely."""
    whole = _json(text)
    return [_read(each, source) for each in documents(text, source)] if whole is None else [whole]


def _read(node: yaml.Node, source: str) -> Any:
    """Only deployments are signed, so only they must have one reading."""
    heads = (entry(node, "apiVersion"), entry(node, "kind"))
    said = [getattr(each[1], "value", None) if each else None for each in heads]
    return plain(node, source) if said == [API_VERSION, "Deployment"] else {}


def _is_deployment(value: Any) -> bool:
    return isinstance(value, dict) and (value.get("apiVersion"), value.get("kind")) == (API_VERSION, "Deployment")


def _json(text: str) -> dict[str, Any] | None:
    """The map of a JSON text. None for all else, also for a key that comes twice: YAML's reader names its line."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError
        return found

    try:
        found = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _clipped(text: str) -> str:
    """A block of lines ends with one line break."""
    return text.rstrip("\n") + "\n" if "\n" in text else text


def _with_spec(manifest: Manifest, fields: Mapping[str, Field], wanted: Mapping[str, Any]) -> str:
    """The text with these fields in its spec, only if it then reads as wanted. Raises CliError."""
    mark = BYTE_ORDER_MARK if manifest.text.startswith(BYTE_ORDER_MARK) else ""
    text = manifest.text.removeprefix(mark)
    whole = _json(text)
    if whole is not None:
        return mark + json.dumps({**whole, "spec": wanted}, indent=2, ensure_ascii=False) + "\n"
    nodes = documents(text, str(manifest.file))
    before = [_read(each, "") for each in nodes]
    place = next(index for index, each in enumerate(before) if _is_deployment(each))
    expected = [{**each, "spec": wanted} if index == place else each for index, each in enumerate(before)]
    found = entry(nodes[place], "spec")
    target = found[1] if found else None
    for edited in with_fields(text, target, fields) if isinstance(target, yaml.MappingNode) else ():
        if _reads(edited) == expected:
            return mark + edited
    raise CliError(f"{manifest.file}: spec is laid out in a way that cannot be signed: write one field a line")


def _reads(text: str) -> list[Any] | None:
    try:
        return [_read(each, "") for each in documents(text, "")]
    except Usage:
        return None
