"""What a Node object is worth: what its certificate says, verified under the trust in force. Never its status.

The ledger writes statuses, and whoever has the ledger could place work by them on a machine of his choice.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

from controllers.loop.cache import light
from controllers.loop.conditions import is_true
from controllers.loop.objects import Json, Object
from controllers.removed import is_removed
from trust.certificate import NodeCertificate, verify_certificate
from trust.errors import Code, Refusal
from trust.snapshot import TrustView

MOST = 20_000


def without_registration(raw: Json) -> Json:
    """The projection of a cache of Nodes: what the machine signed is for who approves it."""
    spec = {name: value for name, value in raw["spec"].items() if name != "registration"}
    return {**light(raw), "spec": spec}


class Certified:
    """Verifies the certificates of Nodes, each once under the same trust."""

    def __init__(self, trust: Callable[[], TrustView]) -> None:
        self._trust = trust
        self._view: TrustView | None = None
        self._look: Callable[[str, str], NodeCertificate | Refusal] = _nothing

    def of(self, node: Object) -> NodeCertificate:
        """The certificate of exactly this node. Raises Refusal.

        While no trust can be read, what was verified last counts on: nothing is ordered then, and what runs is told.
        """
        with suppress(Refusal):
            self._follow(self._trust())
        found = self._look(node.name, node.spec.get("certificate") or "")
        if isinstance(found, Refusal):
            raise found
        return found

    def _follow(self, view: TrustView) -> None:
        if view is not self._view:
            self._view, self._look = view, _looking(view)


def _nothing(name: str, _: str) -> Refusal:
    return Refusal(Code.NO_TRUST, f"there is no trust to verify the certificate of {name} under")


def _looking(view: TrustView) -> Callable[[str, str], NodeCertificate | Refusal]:
    """A memory that lasts as long as this view is in force."""

    @lru_cache(maxsize=MOST)
    def look(name: str, envelope: str) -> NodeCertificate | Refusal:
        if not envelope:
            return Refusal(Code.CERTIFICATE_REFUSED, f"nobody vouches for {name} yet")
        try:
            certificate = verify_certificate(envelope.encode(), view)
        except Refusal as refusal:
            return refusal
        if certificate.node != name:
            return Refusal(Code.CERTIFICATE_REFUSED, f"{name} is shown with the certificate of {certificate.node}")
        return certificate

    return look


def shut_out(node: Object, certified: Certified) -> str:
    """Why an approved node must not be let in any more; empty when it may, and when nobody can tell without trust."""
    if is_removed(node):
        return "it was removed"
    if is_true(node.status, "Conflict"):
        return "two machines speak with its key"
    try:
        certified.of(node)
    except Refusal as refusal:
        return "" if refusal.code is Code.NO_TRUST else str(refusal)
    return ""
