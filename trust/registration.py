"""What a node says of itself to the ledger, signed by its own key."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field

from trust.canonical import canonical_bytes
from trust.dsse import decode, payload_type, pre_authentication_encoding
from trust.errors import Code, Refusal
from trust.keys import node_id
from trust.machine import open_signed, peek
from trust.part import Count, Digest, NodeId, Ordinal, RawKey, Signed, Text, Time

REGISTRATION_TYPE = payload_type("registration")
ATTESTATION_TYPE = payload_type("attestation")
CREDENTIALS_TYPE = payload_type("credentials")


class Capacity(Signed):
    """What the node can give to machines: processors, bytes of memory, bytes of disk."""

    cpus: Count
    memory: Count
    disk: Count


class Disk(Signed):
    """A disk: its device's name, bytes, and its serial number when it has one."""

    name: Annotated[str, Field(max_length=32)]
    size: Count
    serial: Annotated[str, Field(max_length=64)] | None = None


class Card(Signed):
    """A network card: its link's name and hardware address."""

    name: Annotated[str, Field(max_length=16)]
    address: Annotated[str, Field(pattern=r"\A[0-9a-f]{2}(:[0-9a-f]{2}){5}\z")]


class Inventory(Signed):
    """What the machine is, in its own words; `machine` is the number (UUID) that its firmware gives it.

    `keys` says how the node's keys lie on its disk: sealed to a TPM, or in plain and why.
    """

    hostname: Annotated[str, Field(max_length=64)]
    architecture: Literal["x86_64", "aarch64"]
    kernel: Annotated[str, Field(max_length=64)]
    board_vendor: Annotated[str, Field(max_length=64)]
    virtualisation: Annotated[str, Field(max_length=32)]
    agent_version: Annotated[str, Field(max_length=32)]
    product: Annotated[str, Field(max_length=64)] | None = None
    serial: Annotated[str, Field(max_length=64)] | None = None
    machine: Annotated[str, Field(max_length=64)] | None = None
    firmware: Annotated[str, Field(max_length=128)] | None = None
    processor: Annotated[str, Field(max_length=64)] | None = None
    memory: Count | None = None
    accelerator: Literal["kvm", "none"] | None = None
    keys: Annotated[str, Field(max_length=128)] | None = None
    disks: Annotated[tuple[Disk, ...], Field(max_length=16, strict=False)] | None = None
    cards: Annotated[tuple[Card, ...], Field(max_length=16, strict=False)] | None = None


_Register = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
_Encoded = Annotated[str, Field(max_length=512)]


class Attestation(Signed):
    """What the machine's TPM says of PCR 7 and 11, as it says it (base64): key, statement, signature.

    The key is the TPM's own; nobody vouches that it is in a TPM.
    """

    key: _Encoded
    statement: _Encoded
    signature: _Encoded
    pcr7: _Register
    pcr11: _Register


class Registration(Signed):
    """The request to become a node. `certificate` is an envelope that a join token's key signed.

    `start` counts the starts of the node's programs and only rises; `instance` is a random name of this one.
    """

    kind: Literal["Registration"] = "Registration"
    cluster: Digest
    node: NodeId
    nonce: Text
    time: Time
    boot: Text
    start: Ordinal
    instance: Annotated[str, Field(min_length=1, max_length=64)]
    signing_key: RawKey
    box_key: RawKey
    tls_key: RawKey
    mycelium_key: Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
    inventory: Inventory
    capacity: Capacity
    certificate: Annotated[str, Field(max_length=8192)] | None = None
    attestation: Attestation | None = None


def attestation_challenge(cluster: str, node: str, nonce: str) -> bytes:
    """What a TPM's quote is over: this registration's challenge, and who answers it."""
    body = canonical_bytes({"cluster": cluster, "node": node, "nonce": nonce})
    return sha256(pre_authentication_encoding(ATTESTATION_TYPE, body)).digest()


class CredentialsRequest(Signed):
    """The request for the queue's password, answered in a box that only the node opens."""

    kind: Literal["CredentialsRequest"] = "CredentialsRequest"
    cluster: Digest
    node: NodeId
    time: Time
    nonce: Text


def open_registration(data: bytes, cluster: str) -> Registration:
    """A registration that its own key signed and names. Raises Refusal."""
    claimed = peek(data, REGISTRATION_TYPE, Registration)
    public = decode(claimed.signing_key)
    if node_id(public) != claimed.node:
        raise Refusal(Code.WRONG_NODE, f"{claimed.node} is not the name of the key that it registers")
    if claimed.cluster != cluster:
        raise Refusal(Code.WRONG_CLUSTER, f"{claimed.node} registers with cluster {claimed.cluster}; this is {cluster}")
    return open_signed(data, REGISTRATION_TYPE, Registration, public)


def open_evidence(text: str, cluster: str, node: str) -> Registration:
    """The registration that a Node keeps, when the key that this node is named by signed it. Raises Refusal."""
    registration = open_registration(text.encode(), cluster)
    if registration.node != node:
        raise Refusal(Code.WRONG_NODE, f"the registration that {node} is shown with is of {registration.node}")
    return registration
