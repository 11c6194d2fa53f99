"""A namespace in memory in which the role runs at a chosen time."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509

from controllers.certificates.converge import Outcome, converge
from controllers.certificates.leaves import Site
from controllers.certificates.making import Authority, Pem, make_authority
from controllers.certificates.secret import SECRET, encoded
from controllers.certificates.soundness import authority_of
from controllers.loop.objects import Object, ObjectKey
from controllers.loop.testing import MemoryKube

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
NAMESPACE = "hardpan-system"
SITE = Site(NAMESPACE, "cluster-0", gateway_names=("cp.example", "192.0.2.7"), redis_names=("queue.example",))


@dataclass
class Namespace:
    """What the API server holds, and a clock."""

    kube: MemoryKube = field(default_factory=MemoryKube)
    now: datetime = NOW
    site: Site = SITE

    async def run(self) -> Outcome:
        """One run of the role."""
        return await converge(self.kube, self.site, lambda: self.now)

    async def later(self, **time: float) -> Outcome:
        """One run when so much time has passed."""
        self.now += timedelta(**time)
        return await self.run()

    async def secret(self, name: str) -> Object:
        """A Secret that is there."""
        return await self.kube.get(SECRET, ObjectKey(NAMESPACE, name))

    async def data(self, name: str, entry: str = "tls.crt") -> bytes:
        """One entry of it."""
        return base64.b64decode((await self.secret(name)).raw["data"][entry])

    async def certificate(self, name: str) -> x509.Certificate:
        """The certificate in it."""
        return x509.load_pem_x509_certificate(await self.data(name))

    async def put(self, name: str, pem: Pem, root: bytes = b"") -> Object:
        """A Secret that somebody else makes or overwrites, as kubectl does: the labels that are there stay."""
        data = encoded({"tls.crt": pem.certificate, "tls.key": pem.key} | ({"ca.crt": root} if root else {}))
        there = [each for each in self.kube.objects(SECRET) if each.name == name]
        if there:
            return await self.kube.patch(there[0], {"data": data})
        body: dict[str, Any] = {"metadata": {"name": name, "namespace": NAMESPACE}, "data": data}
        return await self.kube.create(SECRET, body)


def authority(name: str = "another") -> Authority:
    """An authority that is not the site's."""
    return authority_of(make_authority(name, NOW))
