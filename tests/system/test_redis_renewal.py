"""The queue serves renewed certificates when it is told to, and the supervisor comes back by its own renewed one."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from jobs.access import node_rule, password_hash
from jobs.errors import JobsError, Unavailable
from jobs.redis_controller import RedisControllerBroker
from jobs.renewal import ServerTls, renew_server
from tests.system.node_site import Authority
from tests.system.redis_server import RedisServer
from tests.system.requirements import need

pytestmark = pytest.mark.system
NODE = "n-" + "a" * 26


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    need("redis")
    made = RedisServer(tmp_path)
    made.start()
    yield made
    made.kill()


def files(server: RedisServer) -> ServerTls:
    return ServerTls(server.folder / "redis.pem", server.folder / "redis-key.pem", server.folder / "ca.pem")


def shown(server: RedisServer) -> bytes:
    """The certificate that a new connection is shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", server.port)) as plain, context.wrap_socket(plain) as secure:
        found = secure.getpeercert(binary_form=True)
        assert found is not None
        return found


async def test_a_renewed_certificate_is_shown_when_the_supervisor_says_so_and_connections_go_on(
    server: RedisServer,
) -> None:
    before = shown(server)
    with server.operator() as there:
        number = there.client_id()
        server.authority.pair(server.folder, "redis")
        assert shown(server) == before
        await renew_server(server.supervisor, files(server))
        assert shown(server) != before
        assert there.client_id() == number


async def test_a_broken_file_is_told_and_the_certificate_before_it_is_served_on(server: RedisServer) -> None:
    before = shown(server)
    files(server).certificate.write_text("none")
    with pytest.raises(JobsError, match="Unable to update TLS configuration"):
        await renew_server(server.supervisor, files(server))
    assert shown(server) == before
    with server.operator() as there:
        assert there.ping()


async def test_the_supervisor_comes_back_by_its_renewed_certificate(server: RedisServer, tmp_path: Path) -> None:
    broker = RedisControllerBroker(server.supervisor)
    await broker.ensure_ready([NODE])
    authority = Authority()
    (tmp_path / "ca.pem").write_text(authority.certificate)
    for name in ("redis", "client"):
        authority.pair(tmp_path, name)
    with server.client(server.supervisor) as outside, pytest.raises(redis.ConnectionError):
        outside.ping()
    server.kill()
    server.start()
    # The first call may meet the connection that broke off.
    with contextlib.suppress(Unavailable):
        await broker.ensure_ready([NODE])
    await broker.ensure_ready([NODE])
    await broker.close()


def test_the_supervisor_can_move_no_file_of_the_queue(server: RedisServer) -> None:
    with server.client(server.supervisor) as client:
        for name in ("dir", "dbfilename"):
            with pytest.raises(redis.ResponseError, match="protected config"):
                client.config_set(name, "elsewhere")
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.config_get("dir")


def test_a_node_cannot_tell_the_queue_anything(server: RedisServer) -> None:
    with server.operator() as there:
        there.execute_command("ACL SETUSER", NODE, *node_rule(NODE, password_hash("p")))
    with server.client(server.connection(NODE, "p")) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.config_set("tls-cert-file", "elsewhere")
