"""The API server as one account sees it: real requests with its token, one for each verb, and whether it may."""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from cli.kubectl import Kubectl
from controllers.loop.objects import ObjectKey, Resource
from controllers.loop.places import collection, path

VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
MERGE = {"Content-Type": "application/merge-patch+json"}
DRY = {"dryRun": "All"}
ABSENT = "absent"


@dataclass(frozen=True)
class Account:
    """Who asks. `namespace` is where namespaced kinds are asked for."""

    client: httpx.Client
    namespace: str

    def may(self, verb: str, resource: Resource, status: bool = False, name: str = ABSENT) -> bool:
        """Whether the server lets this through to where it would be carried out; nothing is changed."""
        return self.code(verb, resource, status, name) != 403

    def code(self, verb: str, resource: Resource, status: bool = False, name: str = ABSENT) -> int:
        """What the server says. The object is not there, so what is let through finds nothing."""
        namespace = self.namespace if resource.namespaced else ""
        one = path(resource, ObjectKey(namespace, name)) + ("/status" if status else "")
        every = collection(resource, namespace)
        body = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": name}}
        match verb:
            case "get":
                return self.client.get(one).status_code
            case "list":
                return self.client.get(every, params={"limit": "1"}).status_code
            case "watch":
                with self.client.stream("GET", every, params={"watch": "1"}) as begun:
                    return begun.status_code
            case "create":
                return self.client.post(every, json=body, params=DRY).status_code
            case "update":
                return self.client.put(one, json=body, params=DRY).status_code
            case "patch":
                return self.client.patch(one, json={}, params=DRY, headers=MERGE).status_code
            case "delete":
                return self.client.delete(one, params=DRY).status_code
            case _:
                return self.client.delete(every, params=DRY).status_code

    def send(self, method: str, place: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Any request."""
        headers = MERGE if method == "PATCH" else {}
        return self.client.request(method, place, json=body, headers=headers)


class Accounts:
    """Opens accounts, each once, and closes them all."""

    def __init__(self, admin: Kubectl, kubeconfig: Path) -> None:
        self._admin, self._server = admin, yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]
        self._clients: dict[tuple[str, str], httpx.Client] = {}

    def open(self, name: str, home: str, namespace: str = "") -> Account:
        """The account of a service account, asking in a namespace; by default in the one where it is at home."""
        if (home, name) not in self._clients:
            self._clients[home, name] = self._client(token_of(self._admin, name, home))
        return Account(self._clients[home, name], namespace or home)

    def close(self) -> None:
        """Closes every connection."""
        for client in self._clients.values():
            client.close()

    def _client(self, token: str) -> httpx.Client:
        context = ssl.create_default_context(cadata=_pem(self._server["certificate-authority-data"]))
        headers = {"Authorization": f"Bearer {token}"}
        server = self._server["server"]
        return httpx.Client(base_url=server, verify=context, headers=headers, trust_env=False, timeout=30)


def token_of(admin: Kubectl, account: str, namespace: str) -> str:
    """A token of a service account, as its pods are given one."""
    return admin.run("create", "token", account, "--namespace", namespace).strip()


def kubeconfig_of(admin: Path, token: str, file: Path) -> Path:
    """A kubeconfig with a token in place of the administrator's certificate."""
    config = yaml.safe_load(admin.read_text())
    config["users"] = [{"name": each["name"], "user": {"token": token}} for each in config["users"]]
    file.write_text(yaml.safe_dump(config))
    file.chmod(0o600)
    return file


def _pem(encoded: str) -> str:
    return base64.b64decode(encoded).decode()
