"""The control plane as the node sees it: five requests over TLS 1.3 to a gateway whose CA came with the medium."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from node_agent.errors import NeedsOperator, NodeError, Refused, TryAgain

TIMEOUT = httpx.Timeout(20.0, connect=5.0)
LARGEST_ANSWER = 2 * 1024 * 1024
_NOT_YET_VALID, _EXPIRED = 9, 10


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Challenge(_Answer):
    """A nonce to sign, base64."""

    nonce: str
    server_time: str


class Registered(_Answer):
    """What became of a registration; `certificate` is there when an operator signed one."""

    state: Literal["Pending", "Approved", "Refused"]
    reason: str = ""
    message: str = ""
    retry_after_seconds: Annotated[float, Field(ge=0, le=3600)] = 10.0
    report_interval_seconds: Annotated[float, Field(ge=0, le=3600)] = 60.0
    certificate: Any = None


class TrustVersion(_Answer):
    """The trust bundle that the ledger has now."""

    version: int
    digest: str


class ImageOrder(_Answer):
    """The release that the node is asked to go to, and when that was asked."""

    release: str
    asked: str


class Reported(_Answer):
    """The ledger's answer to a report; `state` is the node's."""

    report_interval_seconds: Annotated[float, Field(ge=0, le=3600)] = 60.0
    server_time: str = ""
    trust: TrustVersion | None = None
    state: str = ""
    image: ImageOrder | None = None


class Sealed(_Answer):
    """Credentials that only the node's box key opens."""

    sealed: str


Answer = TypeVar("Answer", bound=_Answer)


class Gateway(Protocol):
    """The five requests. All raise TryAgain, NeedsOperator (wrong clock) or Refused with the ledger's reason."""

    def challenge(self, node: str) -> Challenge:
        """A fresh nonce."""

    def register(self, envelope: str) -> Registered:
        """Asks to become a node."""

    def report(self, envelope: str) -> Reported:
        """Hands in an uptime report."""

    def credentials(self, envelope: str) -> bytes:
        """The sealed box with the queue's password."""

    def trust(self) -> bytes:
        """The trust bundle."""


class HttpGateway:
    """The gateway over HTTPS."""

    def __init__(self, url: str, authority: Path, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url
        context = _context(authority)
        self._client = httpx.Client(base_url=url, verify=context, timeout=TIMEOUT, trust_env=False, transport=transport)

    def challenge(self, node: str) -> Challenge:
        """POST /v1/nodes/challenge."""
        return self._post("/v1/nodes/challenge", {"node": node}, Challenge)

    def register(self, envelope: str) -> Registered:
        """POST /v1/nodes/register."""
        return self._post("/v1/nodes/register", envelope, Registered)

    def report(self, envelope: str) -> Reported:
        """POST /v1/nodes/report."""
        return self._post("/v1/nodes/report", envelope, Reported)

    def credentials(self, envelope: str) -> bytes:
        """POST /v1/nodes/credentials."""
        return base64.b64decode(self._post("/v1/nodes/credentials", envelope, Sealed).sealed)

    def trust(self) -> bytes:
        """GET /v1/trust."""
        return self._send("GET", "/v1/trust").content

    def close(self) -> None:
        """Lets go of the connections."""
        self._client.close()

    def _post(self, path: str, body: str | dict[str, str], model: type[Answer]) -> Answer:
        if isinstance(body, str):
            answer = self._send("POST", path, content=body, headers={"content-type": "application/json"})
        else:
            answer = self._send("POST", path, json=body)
        try:
            return model.model_validate_json(answer.content)
        except ValidationError:
            raise TryAgain("BadAnswer", f"{self._url}{path} answered with something else than was agreed") from None

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **content)
        except httpx.HTTPError as error:
            raise _unreachable(self._url, error) from None
        if answer.status_code == 200 and len(answer.content) <= LARGEST_ANSWER:
            return answer
        raise _refusal(self._url, path, answer)


def _context(authority: Path) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(authority))
    except (OSError, ssl.SSLError):
        raise NeedsOperator("MediumWrong", f"{authority} is not a CA certificate: make the medium anew") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def _unreachable(url: str, error: httpx.HTTPError) -> NodeError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(url, cause)
        cause = cause.__cause__ or cause.__context__
    return TryAgain("Unreachable", f"no answer from {url} ({error or type(error).__name__}); trying again")


def _certificate(url: str, error: ssl.SSLCertVerificationError) -> NodeError:
    if error.verify_code in (_NOT_YET_VALID, _EXPIRED):
        return NeedsOperator(
            "ClockWrong", f"the certificate of {url} is not valid by this machine's clock: set the clock"
        )
    return TryAgain(
        "ForeignCertificate", f"{url} shows a certificate that this medium's CA did not sign: check the URL"
    )


def _refusal(url: str, path: str, answer: httpx.Response) -> NodeError:
    if answer.status_code >= 500 or answer.status_code in (408, 429):
        return TryAgain("Busy", f"{url}{path} answered {answer.status_code}; trying again")
    try:
        fields = answer.json()
        return Refused(str(fields["reason"])[:64], str(fields["message"])[:512])
    except (ValueError, KeyError, TypeError):
        return Refused("Refused", f"{url}{path} answered {answer.status_code}")
