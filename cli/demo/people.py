"""Who is in the demo: an operator with two root keys, and one tenant with its user."""

from __future__ import annotations

from dataclasses import dataclass

from cli.signer import SshSigner
from crds.tenant import TenantSpec

TENANT = "demo"


@dataclass(frozen=True)
class People:
    """The demo's operator (two root keys) and its user."""

    root: SshSigner
    spare: SshSigner
    user: SshSigner


def tenant(identity: str) -> TenantSpec:
    """The demo's tenant."""
    gibibyte = 1 << 30
    return TenantSpec.model_validate(
        {
            "id": identity,
            "namespace": TENANT,
            "members": [{"user": "demo", "roles": ["deploy"]}],
            "thresholds": {"deploy": 1},
            "ceilings": {"machines": 8, "cpus": 8, "memory": 4 * gibibyte, "volumes": 8, "storage": 32 * gibibyte},
            "runtimes": ["vm"],
            "imageHosts": ["images.example"],
        }
    )


def active(signer: SshSigner) -> dict[str, str]:
    """A user's key that counts."""
    return {"publicKey": signer.key.line, "state": "active"}
