"""The bundled queue's Secret: the supervisor's password, which nobody chooses, and the configuration made of it."""

from __future__ import annotations

import secrets
from pathlib import Path

from controllers.certificates.acts import Problem, Write
from controllers.certificates.leaves import Site
from controllers.certificates.secret import SECRET, encoded, is_labelled, labels, part
from controllers.loop.objects import Object
from jobs.server import ServerFiles, configuration

SECRET_NAME = "hardpan-redis"
PASSWORD, CONFIGURATION = "password", "redis.conf"
PORT = 6380
CERTIFICATES = Path("/etc/hardpan/redis-tls")
FILES = ServerFiles(Path("/data"), CERTIFICATES / "tls.crt", CERTIFICATES / "tls.key", CERTIFICATES / "ca.crt")
EVERYWHERE = ["*", "-::*"]


def configuring(site: Site, seen: Object | None) -> Write | Problem | None:
    """What makes password and configuration fit; None when they do, or when Redis is somebody else's."""
    if not site.bundled_redis:
        return None
    password = part(seen, PASSWORD).decode(errors="replace") if seen else ""
    if seen is not None and not is_labelled(seen):
        return None if password and part(seen, CONFIGURATION) else Problem(_incomplete())
    # A password that is there stays: the supervisor may be using it.
    password = password or secrets.token_urlsafe(32)
    text = configuration(FILES, EVERYWHERE, PORT, password, site.redis_room).encode()
    if seen is not None and part(seen, CONFIGURATION) == text and part(seen, PASSWORD):
        return None
    metadata = {"name": SECRET_NAME, "namespace": site.namespace, "labels": labels()}
    data = encoded({PASSWORD: password.encode(), CONFIGURATION: text})
    return Write(SECRET, {"metadata": metadata, "data": data}, seen, "wrote the queue's password and configuration")


def _incomplete() -> str:
    return (
        f"Secret {SECRET_NAME} was made by somebody else and lacks {PASSWORD} or {CONFIGURATION}: add them, or delete "
        "it to have both made"
    )
