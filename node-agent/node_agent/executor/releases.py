"""To which boot image this node may go: an order of the control plane counts by what the operator signed, and no more.

The control plane says when, and which release; what that is, and whether it is young enough, is in the trust snapshot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from node_agent.clock import Clock
from node_agent.errors import NeedsOperator, NodeError
from node_agent.executor.store import Store
from node_agent.executor.trust_state import TrustState
from node_agent.settings import ImageSettings
from node_agent.update.documents import Desk, Order, Told, keep, read
from sal.errors import SalError
from trust.errors import Code, Refusal
from trust.records import ReleaseRecord
from trust.release import Running, minimum, newest, order, permitted
from trust.report import ReportImage
from trust.snapshot import TrustView

_RAN, _LEAST = "image-ran", "image-least"
Admit = Callable[[bytes], None]


@dataclass
class Releases:
    """`image` is what runs, None where the node was not booted from one.

    `admit` is told the PCR 11 of an image before it is installed, so that it opens the node's keys too; empty where the
    release names none. It raises where the image could not open them.
    """

    image: ImageSettings | None
    trust: TrustState
    store: Store
    clock: Clock
    admit: Admit = lambda _: None
    _refused: Told | None = field(default=None, init=False)
    _sound: bool = field(default=False, init=False)

    def require_young(self) -> None:
        """Raises NeedsOperator when a newer image worked here before: a node never goes back."""
        ran = self._fact(_RAN)
        if self.image is not None and order(self.image.version) < order(ran):
            message = f"this image is version {self.image.version}, and {ran} worked here: boot that, or a newer one"
            raise NeedsOperator("ImageTooOld", message)

    def offer(self, release: str, asked: str) -> None:
        """Takes an order of the control plane, which is followed when the operator signed for it."""
        if self.image is None:
            return
        desk = Desk(self.image.folder)
        try:
            self._pass_on(self._permitted(release, self.image), release, asked, desk)
            self._refused = None
        except (Refusal, NodeError, SalError) as error:
            reason = str(error.code) if isinstance(error, Refusal) else getattr(error, "reason", "HostFailed")
            self._refused = Told(state="failed", release=release, asked=asked, reason=reason, message=str(error))
            desk.order.unlink(missing_ok=True)

    def _permitted(self, release: str, image: ImageSettings) -> ReleaseRecord:
        view = self.trust.view
        if view is None:
            raise Refusal(Code.NO_TRUST, "this node has no trust snapshot yet")
        self._keep_least(view, image)
        running = Running(image.version, image.flavour, self._fact(_RAN), self._fact(_LEAST))
        return permitted(view, release, running, self.clock.now())

    def _pass_on(self, record: ReleaseRecord, release: str, asked: str, desk: Desk) -> None:
        wanted = Order(
            release=release, asked=asked, version=record.version, digest=record.digest, size=record.size, url=record.url
        )
        if read(desk.order, Order) == wanted:
            return
        self.admit(bytes.fromhex(record.pcr_11 or ""))
        desk.ensure()
        keep(desk.order, wanted)

    def pass_once(self) -> None:
        """To be called often: once this image is a working node, nothing older may run here."""
        if self.image is None:
            return
        if not self._sound and Desk(self.image.folder).sound.exists():
            self._raise(_RAN, self.image.version)
            self._sound = True
        if self.trust.view is not None:
            self._keep_least(self.trust.view, self.image)

    def report(self) -> ReportImage | None:
        """What the node's report says of its image."""
        if self.image is None:
            return None
        said = self._refused or read(Desk(self.image.folder).told, Told) or Told()
        fields = {**said.model_dump(exclude_none=True), "message": (said.message or "")[:256] or None}
        return ReportImage(version=self.image.version, flavour=self.image.flavour, **fields)

    @property
    def leaving(self) -> bool:
        """Whether the whole machine goes down, and not only this process."""
        return self.image is not None and Desk(self.image.folder).leaving.exists()

    def _keep_least(self, view: TrustView, image: ImageSettings) -> None:
        self._raise(_LEAST, minimum(view, image.flavour))

    def _raise(self, name: str, version: str) -> None:
        kept = self._fact(name)
        if newest((kept, version)) != kept:
            self.store.keep_fact(name, version.encode())

    def _fact(self, name: str) -> str:
        return (self.store.fact(name) or b"").decode()
