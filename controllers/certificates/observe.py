"""Reads what is there: Secrets, the published root and the webhook's registration, each with what is wrong with it."""

from __future__ import annotations

from datetime import datetime

from controllers.certificates import queue, trusted
from controllers.certificates.leaves import Leaf, Site, wanted
from controllers.certificates.making import Authority
from controllers.certificates.plan import AUTHORITY, Kept, Seen
from controllers.certificates.secret import ROOT, SECRET, is_ours, part, pem_of
from controllers.certificates.soundness import Flawed, authority_of, check_leaf, end_of
from controllers.loop.errors import NotFound
from controllers.loop.kube import Kube
from controllers.loop.objects import Object, ObjectKey, Resource


class Observer:
    """Looks at one namespace."""

    def __init__(self, kube: Kube, site: Site) -> None:
        self._kube, self._site = kube, site

    async def authority(self) -> tuple[Kept | None, Authority | None]:
        """The Secret of the authority, and who signs by it unless it is flawed."""
        found = await self._secret(AUTHORITY)
        if found is None:
            return None, None
        try:
            authority = authority_of(pem_of(found))
        except Flawed as flaw:
            return Kept(found, is_ours(found), None, str(flaw)), None
        return Kept(found, is_ours(found), authority.end, ""), authority

    async def look(self) -> tuple[Seen, Authority | None]:
        """Everything, as far as it can be judged without an authority."""
        # Before the Secret: another run, which makes the Secret first, may be through between the two looks.
        published = await self._find(trusted.CONFIG_MAP, ObjectKey(self._site.namespace, AUTHORITY))
        kept, authority = await self.authority()
        if authority is None:
            return Seen(kept, published=published is not None), None
        root = authority.pem.certificate
        leaves = [(leaf, await self._secret(leaf.secret)) for leaf in wanted(self._site)]
        judged = tuple((leaf, None if found is None else judge(leaf, found, root)) for leaf, found in leaves)
        admission = next(found for leaf, found in leaves if leaf.secret == "hardpan-admission-tls")
        webhook = await self._find(trusted.WEBHOOK, ObjectKey("", "hardpan"))
        others = (
            trusted.publishing(self._site.namespace, published, root),
            trusted.introducing(webhook, root_of(admission, root) if admission else root),
            queue.configuring(self._site, await self._secret(queue.SECRET_NAME)),
        )
        return Seen(kept, judged, tuple(each for each in others if each)), authority

    async def _secret(self, name: str) -> Object | None:
        return await self._find(SECRET, ObjectKey(self._site.namespace, name))

    async def _find(self, resource: Resource, key: ObjectKey) -> Object | None:
        try:
            return await self._kube.get(resource, key)
        except NotFound:
            return None


def judge(leaf: Leaf, found: Object, root: bytes) -> Kept:
    """What can be said of a certificate without knowing the time."""
    pem, ours = pem_of(found), is_ours(found)
    inside = ours or not leaf.any_authority
    end: datetime | None = None
    try:
        end = end_of(pem)
        check_leaf(pem, leaf, root if inside else root_of(found, root), leaf.names if ours else leaf.needed)
    except Flawed as flaw:
        return Kept(found, ours, end, str(flaw))
    # Inside it is also whose certificates a server takes of its clients.
    named = part(found, ROOT)
    stale = inside and (named != root if ours else root.strip() not in named)
    return Kept(found, ours, end, "names another authority than the site's" if stale else "")


def root_of(found: Object, root: bytes) -> bytes:
    """Whom the users of a Secret trust: the authority it names, else the site's."""
    return part(found, ROOT) or root
