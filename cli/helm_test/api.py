"""The API server from inside of a pod: one request after the other, with the token of the pod's account."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from cli.errors import CliError
from controllers.loop.objects import Json, ObjectKey, Resource
from controllers.loop.places import collection, path

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
SECONDS = 20.0
NOT_FOUND = 404


class Api:
    """What the test asks of it. Everything raises CliError with the server's words."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def text(self, place: str) -> str:
        """What it says at a path."""
        return self._send("GET", place).text

    def get(self, resource: Resource, name: str, namespace: str = "") -> dict[str, Any] | None:
        """An object; None when it is not there."""
        found = self._send("GET", path(resource, ObjectKey(namespace, name)), missing=True)
        return None if found.status_code == NOT_FOUND else dict(found.json())

    def list(self, resource: Resource, namespace: str = "") -> list[dict[str, Any]]:
        """All objects of a kind, of one namespace where given; each says of which kind it is."""
        found = self._send("GET", collection(resource, namespace)).json()["items"]
        return [{**each, "kind": resource.kind} for each in found]

    def create(self, resource: Resource, body: Json, namespace: str, *, trial: bool = False) -> None:
        """Creates an object, or only tries whether it would be taken."""
        options = {"dryRun": "All"} if trial else {}
        self._send("POST", collection(resource, namespace), body=body, query=options)

    def delete(self, resource: Resource, name: str, namespace: str = "") -> None:
        """Asks that an object goes; one that is gone already is no trouble."""
        self._send("DELETE", path(resource, ObjectKey(namespace, name)), missing=True)

    def _send(
        self,
        method: str,
        place: str,
        *,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
        missing: bool = False,
    ) -> httpx.Response:
        try:
            answer = self._client.request(method, place, json=body, params=query)
        except httpx.HTTPError as error:
            raise CliError(f"the API server does not answer: {error or type(error).__name__}") from None
        if answer.is_success or (missing and answer.status_code == NOT_FOUND):
            return answer
        raise CliError(_words(answer))


def _words(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"the API server answered {answer.status_code}: {answer.text[:200]}"


def in_pod() -> Api:
    """The one that this pod belongs to. Raises CliError outside of a pod."""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST", ""), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    try:
        token = (ACCOUNT / "token").read_text().strip()
        context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    except OSError as error:
        raise CliError(f"this is no pod with a service account: {error}") from None
    server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    headers = {"Authorization": f"Bearer {token}"}
    return Api(httpx.Client(base_url=server, verify=context, headers=headers, timeout=SECONDS, trust_env=False))
