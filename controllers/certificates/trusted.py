"""Tells others whom to trust: by a ConfigMap whoever makes boot media, by the webhook's registration the API server."""

from __future__ import annotations

import base64
from typing import Any

from controllers.certificates.acts import Problem, Write
from controllers.certificates.secret import ROOT, is_labelled, labels
from controllers.loop.objects import Object, Resource

CONFIG_MAP = Resource("", "v1", "configmaps", "ConfigMap", namespaced=True)
WEBHOOK = Resource(
    "admissionregistration.k8s.io",
    "v1",
    "validatingwebhookconfigurations",
    "ValidatingWebhookConfiguration",
    namespaced=False,
)
NAME = "hardpan-site-ca"


def publishing(namespace: str, seen: Object | None, root: bytes) -> Write | Problem | None:
    """What makes the ConfigMap carry this root; None when it does."""
    if seen is not None and (seen.raw.get("data") or {}).get(ROOT) == root.decode():
        return None
    if seen is not None and not is_labelled(seen):
        return Problem(
            f"ConfigMap {NAME} carries another authority than the site's, and was made by somebody else: delete it, or "
            f"put the tls.crt of Secret {NAME} into its {ROOT}"
        )
    metadata = {"name": NAME, "namespace": namespace, "labels": labels()}
    body = {"metadata": metadata, "data": {ROOT: root.decode()}}
    return Write(CONFIG_MAP, body, seen, f"published the authority in ConfigMap {NAME}")


def introducing(seen: Object | None, root: bytes) -> Write | None:
    """What makes the API server trust the webhook's certificate; None when it does, or where none is registered."""
    if seen is None:
        return None
    hooks = [_trusting(each, base64.b64encode(root).decode()) for each in seen.raw.get("webhooks") or ()]
    if hooks == seen.raw.get("webhooks"):
        return None
    return Write(WEBHOOK, {"webhooks": hooks}, seen, "told the API server whom to trust for the webhook")


def _trusting(hook: dict[str, Any], bundle: str) -> dict[str, Any]:
    """A hook by URL is somebody's own."""
    client = hook.get("clientConfig") or {}
    return {**hook, "clientConfig": {**client, "caBundle": bundle}} if client.get("service") else hook
