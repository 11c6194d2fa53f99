"""The operator root: a versioned k-of-n document whose first version names the cluster.

As TUF does it: version N+1 is signed by k of N's keys and by k of its own; one key counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from trust import sshsig
from trust.dsse import Envelope, encode, parse_envelope, payload_type
from trust.errors import BadKey, Code, Refusal
from trust.keys import digest, parse_user_key
from trust.part import Ordinal, Signed, Text

ROOT_TYPE = payload_type("root")


class RootDocument(Signed):
    """Keys (OpenSSH public key lines), how many of them must sign, and the version. `name` is for people."""

    kind: Literal["Root"] = "Root"
    name: Text
    version: Ordinal
    threshold: Ordinal
    keys: Annotated[tuple[str, ...], Field(min_length=2, max_length=16, strict=False)]

    def key_ids(self) -> frozenset[str]:
        """The ids of the keys; two spellings of one key are one."""
        return frozenset(parse_user_key(line).key_id for line in self.keys)


@dataclass(frozen=True)
class Root:
    """A verified chain: the cluster that its genesis names, and the document in force."""

    cluster: str
    document: RootDocument

    def verify(self, envelope: Envelope) -> None:
        """Refusal(ThresholdNotMet) unless enough of the keys in force signed the envelope."""
        require(envelope, self.document)


def open_root(chain: Sequence[bytes], cluster: str) -> Root:
    """Verifies the chain from genesis to the newest version against the pinned cluster id.

    Raises Refusal with WrongCluster, ThresholdNotMet or BadEncoding.
    """
    if not chain:
        raise Refusal(Code.NO_TRUST, "there is no root document: run `hardpan init`")
    envelopes = [parse_envelope(data, ROOT_TYPE) for data in chain]
    if digest(envelopes[0].payload) != cluster:
        raise Refusal(
            Code.WRONG_CLUSTER, f"this root belongs to cluster {digest(envelopes[0].payload)}, pinned is {cluster}"
        )
    documents = [_checked(RootDocument.parse(envelope.payload)) for envelope in envelopes]
    if [document.version for document in documents] != list(range(1, len(documents) + 1)):
        raise Refusal(Code.BAD_ENCODING, "root versions must follow one another from 1: the chain has a gap")
    for index, envelope in enumerate(envelopes):
        require(envelope, documents[index])
        require(envelope, documents[max(0, index - 1)])
    return Root(cluster, documents[-1])


def _checked(document: RootDocument) -> RootDocument:
    try:
        keys = document.key_ids()
    except BadKey as error:
        raise Refusal(Code.BAD_ENCODING, f"root document {document.version}: {error}") from None
    if len(keys) < 2 or document.threshold > len(keys):
        raise Refusal(Code.BAD_ENCODING, "a root needs two different keys or more, and a threshold that they can meet")
    return document


def require(envelope: Envelope, document: RootDocument) -> None:
    """Refusal(ThresholdNotMet) unless `threshold` different keys of the document signed."""
    allowed, signed = document.key_ids(), set()
    for signature in envelope.signatures:
        try:
            signed.add(sshsig.verify(encode(signature.value), envelope.signed_bytes).key_id)
        except Refusal:
            continue
    if len(signed & allowed) < document.threshold:
        have = len(signed & allowed)
        raise Refusal(
            Code.THRESHOLD_NOT_MET, f"signed by {have} of the operator root's keys, {document.threshold} needed"
        )
