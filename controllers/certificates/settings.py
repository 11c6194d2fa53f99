"""What an installation says of its certificates, read from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from controllers.certificates.leaves import Site, is_address
from controllers.loop.errors import BadSettings
from controllers.loop.settings import LoopSettings
from controllers.settings import Environment
from jobs.server import Room

REDIS, REDIS_MEMORY = "HARDPAN_CERTIFICATES_REDIS", "HARDPAN_CERTIFICATES_REDIS_MEMORY"
REDIS_CONNECTIONS = "HARDPAN_CERTIFICATES_REDIS_CONNECTIONS"
HOST = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.IGNORECASE)
MEMORY = re.compile(r"[1-9][0-9]*(kb|mb|gb)")


def site_from(environment: Mapping[str, str]) -> Site:
    """The site of an environment. Raises BadSettings."""
    values = Environment(environment)
    return Site(
        namespace=environment.get("HARDPAN_NAMESPACE") or LoopSettings.namespace,
        cluster=values.text("HARDPAN_CLUSTER"),
        domain=environment.get("HARDPAN_CERTIFICATES_DOMAIN") or Site.domain,
        gateway_names=_names(environment, "HARDPAN_CERTIFICATES_GATEWAY_NAMES"),
        redis_names=_names(environment, "HARDPAN_CERTIFICATES_REDIS_NAMES"),
        bundled_redis=_redis(environment) == "bundled",
        redis_room=Room(_memory(environment), _connections(environment)),
        elsewhere=frozenset(_listed(environment, "HARDPAN_CERTIFICATES_ELSEWHERE")),
    )


def _listed(environment: Mapping[str, str], variable: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in environment.get(variable, "").split(",") if each.strip())


def _names(environment: Mapping[str, str], variable: str) -> tuple[str, ...]:
    found = _listed(environment, variable)
    if wrong := [each for each in found if not is_address(each) and not HOST.fullmatch(each)]:
        raise BadSettings(
            f"{variable} has {', '.join(wrong)}: it takes host names and IP addresses with commas between"
        )
    return found


def _redis(environment: Mapping[str, str]) -> str:
    found = environment.get(REDIS) or "bundled"
    if found not in ("bundled", "external"):
        raise BadSettings(f"{REDIS} is {found!r}: it takes bundled or external")
    return found


def _memory(environment: Mapping[str, str]) -> str:
    found = environment.get(REDIS_MEMORY) or Room.memory
    if not MEMORY.fullmatch(found):
        raise BadSettings(f"{REDIS_MEMORY} is {found!r}: it takes a size as 256mb")
    return found


def _connections(environment: Mapping[str, str]) -> int:
    found = environment.get(REDIS_CONNECTIONS) or str(Room.connections)
    if not found.isdecimal() or int(found) < 1:
        raise BadSettings(f"{REDIS_CONNECTIONS} is {found!r}: it takes a number of connections, such as 8192")
    return int(found)
