"""What the certificates role puts into Secrets works as it lies there: Redis starts, and the supervisor gets in."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controllers.certificates.queue import FILES, PORT
from controllers.certificates.secret import SECRET, part
from jobs.broker import Connection
from jobs.errors import AccessDenied, JobsError, Unavailable
from jobs.redis_controller import RedisControllerBroker
from jobs.renewal import ServerTls, renew_server
from sal.command import spawn
from tests.system.node_site import free_port
from tests.system.requirements import need
from tests.unit.controllers.certificates.site import SITE, Namespace

pytestmark = pytest.mark.system
NODE = "n-" + "a" * 26


@dataclasses.dataclass
class Site:
    """The Secrets as files, and a Redis by them."""

    folder: Path
    port: int

    def connection(self, secret: str, password: str | None = None) -> Connection:
        """How somebody with this Secret comes to Redis as the supervisor."""
        own, given = self.folder / secret, (self.folder / "hardpan-redis" / "password").read_text()
        url = f"rediss://127.0.0.1:{self.port}"
        return Connection(url, "supervisor", password or given, own / "ca.crt", own / "tls.crt", own / "tls.key")

    async def enter(self, connection: Connection) -> None:
        """Does what the supervisor does first."""
        broker = RedisControllerBroker(connection)
        try:
            await broker.ensure_ready([NODE])
        finally:
            await broker.close()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A running queue."""
    need("redis")
    there = Namespace(now=datetime.now(UTC), site=dataclasses.replace(SITE, redis_names=("127.0.0.1",)))
    assert not (await there.run()).problems
    for secret in there.kube.objects(SECRET):
        (tmp_path / secret.name).mkdir()
        for name in secret.raw["data"]:
            (tmp_path / secret.name / name).write_bytes(part(secret, name))
    found = Site(tmp_path, free_port())
    text = (tmp_path / "hardpan-redis" / "redis.conf").read_text()
    text = text.replace("bind * -::*", "bind 127.0.0.1")
    text = text.replace(str(FILES.certificate.parent), str(tmp_path / "hardpan-redis-tls"))
    text = text.replace(f"tls-port {PORT}", f"tls-port {found.port}").replace(f'"{FILES.folder}"', f'"{tmp_path}"')
    (tmp_path / "redis.conf").write_text(text)
    process = spawn(["redis-server", str(tmp_path / "redis.conf")], log=tmp_path / "redis.log")
    try:
        deadline = time.monotonic() + 20.0
        while not await _enters(found):
            assert time.monotonic() < deadline, (tmp_path / "redis.log").read_text()
        yield found
    finally:
        process.kill()


async def test_the_supervisor_gets_in_and_may_have_the_certificate_read_anew(site: Site) -> None:
    connection = site.connection("hardpan-supervisor-tls")
    await site.enter(connection)
    await renew_server(connection, ServerTls.within(site.folder / "hardpan-redis-tls"))


async def test_neither_another_password_nor_a_servers_certificate_gets_in(site: Site) -> None:
    with pytest.raises(AccessDenied):
        await site.enter(site.connection("hardpan-supervisor-tls", "another"))
    with pytest.raises(Unavailable):
        await site.enter(site.connection("hardpan-ledger-tls"))


async def _enters(site: Site) -> bool:
    try:
        await site.enter(site.connection("hardpan-supervisor-tls"))
    except JobsError:
        return False
    return True
