"""Signed deployments made in process with a key whose seed we hold: for benches, and for the user of `helm test`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crds.meta import API_VERSION
from plans.evaluate import evaluate
from trust.deployment import bytes_to_sign, signed_body
from trust.keys import ED25519, SigningKey, UserKey
from trust.part import format_time
from trust.sshsig import sign_with_seed


@dataclass(frozen=True)
class Author:
    """Who signs, and for which cluster and tenant."""

    cluster: str
    tenant: str
    namespace: str
    seed: bytes

    def manifest(
        self, name: str, script: str, params: Mapping[str, Any], now: datetime, revision: int = 1, **more: Any
    ) -> dict[str, Any]:
        """A Deployment as the API server takes it; `more` are fields of its spec."""
        spec: dict[str, Any] = {
            "language": 1,
            "params": dict(params),
            "script": script,
            "revision": revision,
            "notBefore": format_time(now - timedelta(minutes=1)),
            "expires": format_time(now + timedelta(days=30)),
            "plan": evaluate(script, params).plan.digest,
            **more,
        }
        body = signed_body(self.cluster, self.tenant, self.namespace, name, spec)
        key = UserKey(ED25519, SigningKey(self.seed).public)
        signature = sign_with_seed(self.seed, bytes_to_sign(body))
        signed = {**spec, "signatures": [{"keyID": key.key_id, "signature": signature}]}
        metadata = {"name": name, "namespace": self.namespace}
        return {"apiVersion": API_VERSION, "kind": "Deployment", "metadata": metadata, "spec": signed}
