"""Overlay addresses, all computed and none accepted: a node's /64 from its Mycelium key, a machine's from its identity.

The formula of the prefix is Mycelium 0.7's: plain BLAKE3 of the X25519 public key, 16 bytes, first byte moved into
400::/7; its first half is the /64 (reference/mycelium.md section 1).
"""

from __future__ import annotations

import hashlib
from ipaddress import IPv6Address, IPv6Network

import blake3

MACHINE_MARK = b"\xff\x0f"
PORT_PREFIX = "hpt"


def node_address(mycelium_key: str) -> IPv6Address:
    """A node's own overlay address, from its public key in hexadecimal."""
    hashed = bytearray(blake3.blake3(bytes.fromhex(mycelium_key)).digest(length=16))
    hashed[0] = 0x04 | (hashed[0].bit_count() & 1)
    return IPv6Address(bytes(hashed))


def node_prefix(mycelium_key: str) -> IPv6Network:
    """The /64 that a node owns."""
    return IPv6Network((int(node_address(mycelium_key)) >> 64 << 64, 64))


def gateway_address(prefix: IPv6Network) -> IPv6Address:
    """What machines of a node send to: `<prefix>::1`."""
    return prefix[1]


def machine_address(
    mycelium_key: str, cluster: str, namespace: str, deployment: str, kind: str, name: str
) -> IPv6Address:
    """A machine's address: the /64 of its node, `ff0f`, six bytes of its identity's SHA-256."""
    identity = identity_hash(cluster, namespace, deployment, kind, name)
    return IPv6Address(node_prefix(mycelium_key).network_address.packed[:8] + MACHINE_MARK + identity[:6])


def identity_hash(*parts: str) -> bytes:
    """SHA-256 over the length-prefixed parts."""
    encoded = [part.encode() for part in parts]
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in encoded)).digest()


def machine_mac(host_name: str) -> str:
    """A locally administered address from the machine's host name."""
    hashed = hashlib.sha256(host_name.encode()).digest()
    return ":".join(f"{byte:02x}" for byte in b"\x02" + hashed[:5])


def link_local(mac: str) -> IPv6Address:
    """The EUI-64 link-local address of a MAC (RFC 4291 appendix A)."""
    parts = bytes(int(part, 16) for part in mac.split(":"))
    interface = bytes([parts[0] ^ 2]) + parts[1:3] + b"\xff\xfe" + parts[3:]
    return IPv6Address(b"\xfe\x80" + bytes(6) + interface)


def port_name(host_name: str) -> str:
    """The name of a machine's tap, at most 15 characters."""
    return PORT_PREFIX + hashlib.sha256(host_name.encode()).hexdigest()[:12]
