"""Deployment manifests: read as Kubernetes reads them, written back with comments and layout kept."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString as Quoted
from ruamel.yaml.scalarstring import LiteralScalarString as Literal

from cli.errors import Usage
from crds.meta import API_VERSION
from sal.filesystem import write_durably


@dataclass
class Manifest:
    """One deployment in a file. `document` is the round-trip form that keeps comments."""

    file: Path
    document: Any
    documents: list[Any]
    namespace: str

    @property
    def name(self) -> str:
        """metadata.name."""
        return str(self.document["metadata"]["name"])

    @property
    def spec(self) -> dict[str, Any]:
        """The spec as plain values."""
        plain = _plain(self.document["spec"])
        assert isinstance(plain, dict)
        return plain

    def sign_with(self, fields: dict[str, Any], key_id: str, signature: str) -> None:
        """Puts in what signing fills, and one signature in the place of any others."""
        spec = self.document["spec"]
        for name, value in fields.items():
            spec[name] = Quoted(value) if isinstance(value, str) else value
        spec["signatures"] = [{"keyID": Quoted(key_id), "signature": Literal(signature)}]

    def save(self) -> None:
        """Writes the file back, whole."""
        write_durably(self.file, self.text().encode(), 0o644)

    def text(self) -> str:
        """The file's text, in JSON when that is what it was."""
        if self.file.read_text().lstrip().startswith("{"):
            return json.dumps(_plain(self.document), indent=2) + "\n"
        stream = io.StringIO()
        _yaml().dump_all(self.documents, stream)
        return stream.getvalue()


def load(file: Path, namespace: str = "") -> Manifest:
    """The one deployment in a file. Raises Usage."""
    try:
        documents = [each for each in _yaml().load_all(file.read_text()) if each is not None]
    except OSError as error:
        raise Usage(f"{file}: {error.strerror}") from None
    except YAMLError as error:
        raise Usage(f"{file} is not YAML: {error}") from None
    found = [each for each in documents if each.get("kind") == "Deployment" and each.get("apiVersion") == API_VERSION]
    if len(found) != 1:
        raise Usage(f"{file} holds {len(found)} deployments of {API_VERSION}: sign one at a time")
    document = found[0]
    try:
        given = document["metadata"].get("namespace") or namespace or "default"
        document["metadata"]["name"], document["spec"]["script"]
    except (KeyError, TypeError) as error:
        raise Usage(f"{file}: {error} is missing") from None
    return Manifest(file, document, documents, str(given))


def _yaml() -> YAML:
    made = YAML()
    made.preserve_quotes = True
    made.width = 4096
    # kubectl reads YAML 1.1 scalars; times are strings to it, so they must be to us.
    made.indent(mapping=2, sequence=4, offset=2)
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return float(value)
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if hasattr(value, "strftime") else str(value)
