"""A node's address on its machines' network, from its overlay key: computed, for nobody is asked what it is.

The formula is `sal.addresses`', which controllers do not import; a test holds the two together.
"""

from __future__ import annotations

from ipaddress import IPv6Address

import blake3


def node_address(mycelium_key: str) -> IPv6Address:
    """`<the node's /64>::1`, where its machines' packets go."""
    hashed = bytearray(blake3.blake3(bytes.fromhex(mycelium_key)).digest(length=8))
    # Mycelium takes the parity of the first byte of all 16, so of the same byte here.
    hashed[0] = 0x04 | (hashed[0].bit_count() & 1)
    return IPv6Address(bytes(hashed) + (1).to_bytes(8, "big"))
