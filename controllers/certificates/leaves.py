"""Which certificates a site needs: for whom, under which names, and in which Secret each lies."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from jobs.server import Room

GATEWAY_CLIENT = "gateway"
SUPERVISOR_CLIENT = "supervisor"


@dataclass(frozen=True)
class Leaf:
    """A certificate that is wanted: `serves` and `calls` are what its holder may do with it.

    One of ours has all `names`; one that somebody else made must have those that are `needed`. With `any_authority`
    its users can be told another authority than the site's; within the site nobody is.
    """

    secret: str
    subject: str
    names: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    serves: bool = True
    calls: bool = False
    any_authority: bool = False

    @property
    def hosts(self) -> frozenset[str]:
        """The host names among its names."""
        return frozenset(self.names) - self.addresses

    @property
    def addresses(self) -> frozenset[str]:
        """The IP addresses among its names."""
        return frozenset(each for each in self.names if is_address(each))


@dataclass(frozen=True)
class Site:
    """What decides who needs a certificate: where everything runs, and how nodes reach gateway and queue.

    `elsewhere` are the Secrets that others fill, for example cert-manager.
    """

    namespace: str
    cluster: str = ""
    domain: str = "cluster.local"
    gateway_names: tuple[str, ...] = ()
    redis_names: tuple[str, ...] = ()
    bundled_redis: bool = True
    redis_room: Room = field(default_factory=Room)
    elsewhere: frozenset[str] = frozenset()


def wanted(site: Site) -> tuple[Leaf, ...]:
    """Every certificate of the site. Only one may call with the gateway's name, which its upstreams admit."""
    inside, outside = _service(site, "gateway"), _written(site.gateway_names)
    supervisor = _service(site, "supervisor")
    leaves = (
        # Nodes alone come to the gateway, and from outside where it has a name there.
        Leaf("hardpan-gateway-tls", "hardpan-gateway", (*inside, *outside), outside or inside[2:3], any_authority=True),
        _server(site, "admission", any_authority=True),
        _server(site, "ledger"),
        Leaf("hardpan-supervisor-tls", SUPERVISOR_CLIENT, supervisor, supervisor[2:3], calls=True),
        Leaf("hardpan-gateway-client-tls", GATEWAY_CLIENT, serves=False, calls=True),
    )
    return (*leaves, _server(site, "redis", _written(site.redis_names))) if site.bundled_redis else leaves


def _server(site: Site, part: str, outside: tuple[str, ...] = (), any_authority: bool = False) -> Leaf:
    inside = _service(site, part)
    names, needed = (*inside, *outside), (inside[2], *outside)
    return Leaf(f"hardpan-{part}-tls", f"hardpan-{part}", names, needed, any_authority=any_authority)


def _service(site: Site, part: str) -> tuple[str, str, str, str]:
    """The names of its Service; the API server and our charts use the third."""
    short, within = f"hardpan-{part}", f"hardpan-{part}.{site.namespace}"
    return short, within, f"{within}.svc", f"{within}.svc.{site.domain}"


def _written(names: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses in the one way in which certificates write them."""
    return tuple(str(ipaddress.ip_address(each)) if is_address(each) else each.lower() for each in names)


def is_address(name: str) -> bool:
    """Whether it is an IP address rather than a host name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
