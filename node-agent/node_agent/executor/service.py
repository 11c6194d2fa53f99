"""Answers the agent's requests. Nothing that arrives here is believed: it is verified, or it is only signed as ours."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from jobs.trace import Span, untold
from node_agent import messages
from node_agent.errors import NeedsOperator, NodeError, Refused, TryAgain
from node_agent.executor.enrolment import Enrolment
from node_agent.executor.identity import Identity
from node_agent.executor.journal import Delivery
from node_agent.executor.refusals import Refusals
from node_agent.executor.releases import Releases
from node_agent.executor.report import Reporter
from node_agent.executor.runner import Runner
from node_agent.executor.tls_key import to_pem
from node_agent.executor.trust_state import TrustState
from sal.errors import SalError
from trust.errors import Refusal, TrustError
from trust.registration import Capacity, Inventory

log = logging.getLogger(__name__)


class _Credentials(BaseModel):
    """What the supervisor seals to the node: how to reach the queue."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    url: str
    username: str
    password: str
    ca: str
    certificate: str


@dataclass(frozen=True)
class Service:
    """The executor as the agent sees it."""

    identity: Identity
    boot: str
    trust: TrustState
    enrolment: Enrolment
    runner: Runner
    reporter: Reporter
    refusals: Refusals
    releases: Releases
    inventory: Callable[[], Inventory]
    capacity: Callable[[], Capacity]

    def respond(self, request: messages.Request) -> messages.Reply:
        """The reply to a request; every error becomes a reply."""
        try:
            return self._handlers()[type(request)](request)
        except Refused as error:
            return self._refuse(request, error.reason, error.message)
        except NodeError as error:
            return messages.Failed(kind=_kind(error), reason=error.reason, message=error.message)
        except TrustError as error:
            reason = error.code.value if isinstance(error, Refusal) else "BadEncoding"
            return self._refuse(request, reason, str(error))
        except SalError as error:
            return messages.Failed(kind="try-again", reason="HostFailed", message=str(error))
        except Exception as error:
            log.exception("%s failed", request.type)
            return messages.Failed(kind="try-again", reason="Internal", message=f"{request.type}: {error!r}")

    def _refuse(self, request: messages.Request, reason: str, message: str) -> messages.Reply:
        self.refusals.count(request.type, reason)
        return messages.Failed(kind="refused", reason=reason, message=message)

    def _handlers(self) -> dict[type[messages.Request], Callable[[Any], messages.Reply]]:
        return {
            messages.Hello: lambda _: self._welcome(),
            messages.MakeRegistration: self._registration,
            messages.MakeReport: lambda _: messages.Signed(envelope=self.reporter.report().decode()),
            messages.MakeCredentialsRequest: self._credentials_request,
            messages.OpenCredentials: self._open_credentials,
            messages.OfferTrust: self._offer_trust,
            messages.OfferCertificate: self._offer_certificate,
            messages.OfferImage: self._offer_image,
            messages.Look: self._look,
            messages.Run: self._run,
            messages.Stop: self._stop,
            messages.WaitForChange: self._wait,
        }

    def _welcome(self) -> messages.Welcome:
        return messages.Welcome(
            node=self.identity.node,
            cluster=self.trust.cluster,
            boot=self.boot,
            trust=self.trust.digest,
            snapshot_version=self.trust.version,
            keys=self.identity.kept,
        )

    def _registration(self, request: messages.MakeRegistration) -> messages.Reply:
        envelope = self.enrolment.registration(request.nonce, self.boot, self.inventory(), self.capacity())
        return messages.Signed(envelope=envelope.decode())

    def _credentials_request(self, request: messages.MakeCredentialsRequest) -> messages.Reply:
        return messages.Signed(envelope=self.enrolment.credentials_request(request.nonce).decode())

    def _open_credentials(self, request: messages.OpenCredentials) -> messages.Reply:
        try:
            opened = _Credentials.model_validate_json(self.identity.box.open(request.sealed))
        except ValidationError:
            raise Refused("BadCredentials", "the credentials that the supervisor sealed are not as agreed") from None
        return messages.QueueAccess(**opened.model_dump(), key=to_pem(self.identity.tls))

    def _offer_trust(self, request: messages.OfferTrust) -> messages.Reply:
        self.trust.accept(request.bundle)
        return self._welcome()

    def _offer_certificate(self, request: messages.OfferCertificate) -> messages.Reply:
        self.enrolment.take(request.envelope.encode())
        return self._welcome()

    def _offer_image(self, request: messages.OfferImage) -> messages.Reply:
        self.releases.offer(request.release, request.asked)
        return messages.Done()

    def _look(self, request: messages.Look) -> messages.Reply:
        known = self.runner.look(request.job, request.attempt)
        names = {Delivery.RUN: "run", Delivery.RESUME: "run", Delivery.RESEND: "resend", Delivery.STALE: "stale"}
        return messages.Looked.model_validate({"delivery": names[known.delivery], "receipt": known.receipt})

    def _run(self, request: messages.Run) -> messages.Reply:
        spans: list[Span] = []
        tell = spans.append if request.traced else untold
        receipt = self.runner.run(request.job, request.attempt, request.envelope, request.documents, tell)
        return messages.Ran(receipt=receipt, spans=tuple(spans))

    def _stop(self, request: messages.Stop) -> messages.Reply:
        self.runner.stopping.ask(request.job)
        return messages.Done()

    def _wait(self, request: messages.WaitForChange) -> messages.Reply:
        return messages.Changed(version=self.runner.tools.resources.wait(request.version, request.seconds))


def _kind(error: NodeError) -> Any:
    if isinstance(error, TryAgain):
        return "try-again"
    return "needs-operator" if isinstance(error, NeedsOperator) else "refused"
