"""The API server as plain HTTP: what it says word by word, which our own adapter would shorten."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from controllers.loop.objects import resource_of
from controllers.loop.places import collection
from crds.meta import KindDefinition

DRY = {"dryRun": "All", "fieldValidation": "Strict"}
MERGE = {"Content-Type": "application/merge-patch+json"}


@dataclass(frozen=True)
class Answer:
    """What the server said; `causes` are (field, message) of a refusal."""

    code: int
    message: str
    causes: tuple[tuple[str, str], ...]

    @property
    def taken(self) -> bool:
        """Whether the object was taken."""
        return self.code < 300

    def says(self, field: str, words: str) -> bool:
        """Whether a cause names the field and says these words."""
        return any(field == place and words in message for place, message in self.causes)


class Api:
    """Makes, changes and removes objects of our kinds; by default without keeping them."""

    def __init__(self, kubeconfig: Path, folder: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        (cluster,), (user,) = ([each[word] for each in config[f"{word}s"]] for word in ("cluster", "user"))
        authority, *own = (
            _file(folder, name, data)
            for name, data in (
                ("authority", cluster["certificate-authority-data"]),
                ("certificate", user["client-certificate-data"]),
                ("key", user["client-key-data"]),
            )
        )
        context = ssl.create_default_context(cafile=str(authority))
        context.load_cert_chain(*map(str, own))
        self._client = httpx.Client(base_url=cluster["server"], verify=context, trust_env=False, timeout=30)

    def close(self) -> None:
        """Closes every connection."""
        self._client.close()

    def create(self, kind: KindDefinition, made: Mapping[str, Any], *, keep: bool = False) -> Answer:
        """Makes an object."""
        place = collection(resource_of(kind), made["metadata"].get("namespace", ""))
        return _answer(self._client.post(place, json=made, params={} if keep else DRY))

    def change(self, kind: KindDefinition, made: Mapping[str, Any], patch: Mapping[str, Any]) -> Answer:
        """Changes an object that is there by a merge patch, without keeping it."""
        return _answer(self._client.patch(_place(kind, made), json=patch, params=DRY, headers=MERGE))

    def status(self, kind: KindDefinition, made: Mapping[str, Any], status: Mapping[str, Any]) -> Answer:
        """Writes a status."""
        return _answer(
            self._client.patch(f"{_place(kind, made)}/status", json={"status": status}, params={}, headers=MERGE)
        )

    def remove(self, kind: KindDefinition, made: Mapping[str, Any]) -> None:
        """Removes an object, finalizers or not."""
        self._client.patch(_place(kind, made), json={"metadata": {"finalizers": None}}, headers=MERGE)
        assert _answer(self._client.delete(_place(kind, made))).code in (200, 404)


def _place(kind: KindDefinition, made: Mapping[str, Any]) -> str:
    metadata = made["metadata"]
    return f"{collection(resource_of(kind), metadata.get('namespace', ''))}/{metadata['name']}"


def _file(folder: Path, name: str, data: str) -> Path:
    file = folder / f"{name}.pem"
    file.write_bytes(base64.b64decode(data))
    return file


def _answer(response: httpx.Response) -> Answer:
    said = response.json()
    causes: Iterable[Mapping[str, str]] = (said.get("details") or {}).get("causes") or ()
    pairs = tuple((each.get("field", ""), each.get("message", "")) for each in causes)
    return Answer(response.status_code, said.get("message", ""), pairs)
