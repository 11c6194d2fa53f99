"""What agent and executor say to each other: one JSON line per request, one per reply, nothing untyped.

The agent asks; the executor verifies and signs. No request carries a value that the executor would act on unverified.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from jobs.trace import Span

LARGEST_LINE = 16 * 1024 * 1024


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")


class Hello(_Message):
    """Who are you? Answered by Welcome."""

    type: Literal["hello"] = "hello"


class MakeRegistration(_Message):
    """Sign a registration over this nonce. Answered by Signed."""

    type: Literal["make-registration"] = "make-registration"
    nonce: str


class MakeReport(_Message):
    """Sign a report of what is. Answered by Signed."""

    type: Literal["make-report"] = "make-report"


class MakeCredentialsRequest(_Message):
    """Sign a request for the queue's password. Answered by Signed."""

    type: Literal["make-credentials-request"] = "make-credentials-request"
    nonce: str


class OpenCredentials(_Message):
    """Open the box that the supervisor answered with. Answered by QueueAccess."""

    type: Literal["open-credentials"] = "open-credentials"
    sealed: bytes


class OfferTrust(_Message):
    """A trust bundle from the control plane. Answered by Welcome when it verifies."""

    type: Literal["offer-trust"] = "offer-trust"
    bundle: bytes


class OfferCertificate(_Message):
    """The node's certificate, signed by the operator. Answered by Welcome when it verifies."""

    type: Literal["offer-certificate"] = "offer-certificate"
    envelope: str


class OfferImage(_Message):
    """The ledger asks the node to go to this release. Answered by Done; what becomes of it is in the report."""

    type: Literal["offer-image"] = "offer-image"
    release: Annotated[str, Field(max_length=63)]
    asked: Annotated[str, Field(max_length=20)]


class Look(_Message):
    """Is this delivery new? Answered by Looked."""

    type: Literal["look"] = "look"
    job: str
    attempt: int


class Run(_Message):
    """A job's envelope with the documents that it names. Answered by Ran, when it is over."""

    type: Literal["run"] = "run"
    job: str
    attempt: int
    envelope: bytes
    documents: dict[str, bytes]
    traced: bool = False


class Stop(_Message):
    """Stop this job at its next step: it was cancelled or its lease is gone. Answered by Done."""

    type: Literal["stop"] = "stop"
    job: str


class WaitForChange(_Message):
    """Tell me when the table is no longer at this version. Answered by Changed, after `seconds` at the latest."""

    type: Literal["wait-for-change"] = "wait-for-change"
    version: int
    seconds: Annotated[float, Field(ge=0, le=60)]


class Welcome(_Message):
    """The node, as far as it is public. `trust` is the digest of the bundle that the node holds; empty: none yet.

    `keys` says how its keys lie on the disk; empty where nobody asked for a TPM.
    """

    type: Literal["welcome"] = "welcome"
    node: str
    cluster: str
    boot: str
    trust: str
    snapshot_version: int
    keys: str = ""


class Signed(_Message):
    """An envelope of the node, canonical JSON."""

    type: Literal["signed"] = "signed"
    envelope: str


class QueueAccess(_Message):
    """How to reach the queue. Certificates and key are PEM; the key is the node's TLS key, good for nothing else."""

    type: Literal["queue-access"] = "queue-access"
    url: str
    username: str
    password: str
    ca: str
    certificate: str
    key: str


class Looked(_Message):
    """What the journal says of a delivery; `receipt` when it is to be sent again."""

    type: Literal["looked"] = "looked"
    delivery: Literal["run", "resend", "stale"]
    receipt: bytes | None = None


class Ran(_Message):
    """The signed receipt, and what took how long, for who asked to trace it."""

    type: Literal["ran"] = "ran"
    receipt: bytes
    spans: tuple[Span, ...] = ()


class Changed(_Message):
    """The table's version now."""

    type: Literal["changed"] = "changed"
    version: int


class Done(_Message):
    """It is done and there is nothing to say."""

    type: Literal["done"] = "done"


class Failed(_Message):
    """It was not done; `kind` says what the caller can do about it."""

    type: Literal["failed"] = "failed"
    kind: Literal["try-again", "needs-operator", "refused"]
    reason: str
    message: str


Request: TypeAlias = (
    Hello
    | MakeRegistration
    | MakeReport
    | MakeCredentialsRequest
    | OpenCredentials
    | OfferTrust
    | OfferCertificate
    | OfferImage
    | Look
    | Run
    | Stop
    | WaitForChange
)
Reply: TypeAlias = Welcome | Signed | QueueAccess | Looked | Ran | Changed | Done | Failed

REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="type")])
REPLY: TypeAdapter[Reply] = TypeAdapter(Annotated[Reply, Field(discriminator="type")])
