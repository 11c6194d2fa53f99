"""How a resource is called on its host. Nodes and supervisors compute it alike, from what a user's signature covers."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

MOST_REMEMBERED = 65_536


@lru_cache(maxsize=MOST_REMEMBERED)
def host_name(cluster: str, tenant: str, namespace: str, deployment: str, kind: str, name: str) -> str:
    """`m-` or `v-` and 20 base32 characters of SHA-256 over the length-prefixed parts; `tenant` is the id.

    A namespace that was given to another tenant finds nothing of the first one's, in the bin neither.
    """
    parts = [part.encode() for part in (cluster, tenant, namespace, deployment, kind, name)]
    joined = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return f"{kind[0]}-{base64.b32encode(hashlib.sha256(joined).digest()).decode().lower()[:20]}"
