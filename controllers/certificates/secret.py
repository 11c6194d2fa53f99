"""A certificate as a Secret holds it, and how one of ours is told from one that somebody else put there."""

from __future__ import annotations

import base64
import binascii
import hashlib

from controllers.certificates.making import Pem
from controllers.loop.objects import Json, Object, Resource

SECRET = Resource("", "v1", "secrets", "Secret", namespaced=True)
MANAGED_BY, MANAGER = "app.kubernetes.io/managed-by", "hardpan-certificates"
# Whoever writes other data into a Secret of ours leaves our label there; this then no longer fits.
WRITTEN = "hardpan.dev/certificate-written"
CERTIFICATE, KEY, ROOT = "tls.crt", "tls.key", "ca.crt"


def body(namespace: str, name: str, pem: Pem, root: bytes) -> Json:
    """The Secret, ready to be created or merged into the one that is there."""
    data = {CERTIFICATE: pem.certificate, KEY: pem.key, ROOT: root}
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labels(),
            "annotations": {WRITTEN: _fingerprint(pem.certificate)},
        },
        "type": "kubernetes.io/tls",
        "data": encoded(data),
    }


def labels() -> dict[str, str]:
    """What everything made by this role carries."""
    return {MANAGED_BY: MANAGER, "app.kubernetes.io/part-of": "hardpan"}


def is_labelled(seen: Object) -> bool:
    """Whether this role made the object."""
    return seen.labels.get(MANAGED_BY) == MANAGER


def is_ours(seen: Object) -> bool:
    """Whether this role wrote the certificate that lies there now."""
    return is_labelled(seen) and seen.annotations.get(WRITTEN) == _fingerprint(part(seen, CERTIFICATE))


def is_our_making(seen: Object) -> bool:
    """Whether what lies there is this role's making, so that nobody misses it after the installation."""
    return is_ours(seen) if WRITTEN in seen.annotations else is_labelled(seen)


def pem_of(seen: Object) -> Pem:
    """Certificate and key."""
    return Pem(part(seen, CERTIFICATE), part(seen, KEY))


def part(seen: Object, name: str) -> bytes:
    """One entry of a Secret's data; empty where there is none."""
    try:
        return base64.b64decode((seen.raw.get("data") or {}).get(name) or "", validate=True)
    except (binascii.Error, ValueError):
        return b""


def encoded(data: dict[str, bytes]) -> dict[str, str]:
    """Data as a Secret carries it."""
    return {name: base64.b64encode(value).decode() for name, value in data.items()}


def _fingerprint(certificate: bytes) -> str:
    return hashlib.sha256(certificate).hexdigest()
