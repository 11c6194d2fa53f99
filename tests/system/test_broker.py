"""The queue on a real Redis with TLS and access rules does what the contract says, and survives what Redis survives."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from jobs import redis_controller
from jobs.broker import DOCUMENT_SECONDS, HEARTBEAT_SECONDS, Connection, Placement
from jobs.errors import AccessDenied, JobsError, StaleFence, Unavailable
from jobs.keys import GROUP, NodeKeys
from jobs.redis_controller import RedisControllerBroker
from jobs.redis_node import CLAIMS_AT_ONCE, RedisNodeBroker
from tests.system.node_site import Authority
from tests.system.redis_server import RedisServer
from tests.system.requirements import need
from tests.unit.jobs.contract import DIGEST, NODE, OTHER, PLAN, BrokerContract

pytestmark = pytest.mark.system
KEYS = NodeKeys(NODE)


class RedisSite:
    """Both ends over one server."""

    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.supervisor = RedisControllerBroker(server.supervisor)
        self._nodes = {name: RedisNodeBroker(name, server.connection(name, "password")) for name in (NODE, OTHER)}

    def node(self, name: str) -> RedisNodeBroker:
        """A node's view."""
        return self._nodes[name]

    def flush(self) -> None:
        """FLUSHALL."""
        self.server.flush()

    def expire_leases(self) -> None:
        """As if their time had passed."""
        with self.server.operator() as client:
            for uid in client.zrange(KEYS.lease, 0, -1):
                client.zadd(KEYS.lease, {uid: 1})

    async def wait(self, seconds: float) -> None:
        """Time passes."""
        await asyncio.sleep(seconds)

    async def begin(self) -> None:
        """Groups and users of both nodes."""
        await self.supervisor.ensure_ready([NODE, OTHER])
        for name in (NODE, OTHER):
            await self.supervisor.grant(name, "password")

    async def close(self) -> None:
        """Lets go of all connections."""
        await self.supervisor.close()
        for node in self._nodes.values():
            node.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A running server."""
    need("redis")
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def site(server: RedisServer) -> AsyncIterator[RedisSite]:
    """An empty queue of two nodes."""
    server.flush()
    site = RedisSite(server)
    await site.begin()
    yield site
    await site.close()


class TestRedisQueue(BrokerContract):
    """The contract over a real Redis."""


async def place(site: RedisSite, uid: str = "job", attempt: int = 1) -> Placement:
    """Places a job with one document."""
    return await site.supervisor.enqueue(NODE, uid, attempt, b"envelope", {DIGEST: PLAN})


async def test_a_restart_keeps_what_was_acknowledged(site: RedisSite) -> None:
    await place(site)
    site.server.kill()
    with pytest.raises(Unavailable):
        await place(site)
    with pytest.raises(Unavailable):
        site.node(NODE).claim(0.1, pending=False)
    site.server.start()
    await site.begin()
    claim = site.node(NODE).claim(0.5, pending=False)
    assert claim is not None
    assert await place(site) is Placement.ALREADY_THERE


async def test_all_heartbeats_come_though_they_are_asked_for_a_few_at_a_time(
    site: RedisSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_controller, "HEARTBEATS_AT_ONCE", 1)
    for node in (NODE, OTHER):
        site.node(node).put_heartbeat(node.encode())
    assert await site.supervisor.heartbeats([NODE, OTHER]) == {NODE: NODE.encode(), OTHER: OTHER.encode()}


async def test_after_a_lost_disk_functions_groups_and_jobs_come_back(site: RedisSite) -> None:
    await place(site)
    site.server.restart_empty()
    for _ in range(2):
        with pytest.raises((AccessDenied, Unavailable)) as refused:
            site.node(NODE).claim(0.1, pending=False)
    assert refused.type is AccessDenied
    with suppress(Unavailable):
        # The first call after a restart may meet a connection of before.
        await site.supervisor.heartbeats([NODE])
    assert await place(site) is Placement.PLACED
    await site.supervisor.grant(NODE, "password")
    claim = site.node(NODE).claim(0.5, pending=False)
    assert claim is not None
    site.node(NODE).start(claim, "one", takeover=False)
    site.node(NODE).finish(claim, "one", b"receipt")
    assert len(await site.supervisor.events([NODE], 0.5)) == 1


@pytest.mark.parametrize("call", ["enqueue", "cancel", "settle", "events"])
async def test_a_missing_function_library_is_loaded_by_whatever_needs_it(site: RedisSite, call: str) -> None:
    site.node(NODE).post_event("report", 0, b"")
    (event,) = await site.supervisor.events([NODE], 0.5)
    with site.server.operator() as client:
        client.execute_command("FUNCTION FLUSH")
    match call:
        case "enqueue":
            assert await place(site) is Placement.PLACED
        case "cancel":
            await site.supervisor.cancel(NODE, "job", 1)
        case "settle":
            await site.supervisor.settle([event])
        case "events":
            site.flush()
            await site.supervisor.events([NODE], 0.01)
    with site.server.operator() as client:
        assert client.function_list()


async def test_two_supervisors_both_notice_a_loss(site: RedisSite) -> None:
    second = RedisControllerBroker(site.server.supervisor)
    try:
        await second.ensure_ready([OTHER])
        site.flush()
        await site.supervisor.ensure_ready([NODE])
        await second.ensure_ready([OTHER])
        assert site.node(OTHER).claim(0.01, pending=False) is None
        assert site.node(NODE).claim(0.01, pending=False) is None
    finally:
        await second.close()


async def test_a_first_entry_after_a_loss_has_its_group_with_it(site: RedisSite) -> None:
    site.flush()
    await place(site)
    assert site.node(NODE).claim(0.01, pending=False) is not None


async def test_a_broken_connection_is_told_and_the_claim_it_hid_is_found_as_pending(site: RedisSite) -> None:
    site.node(NODE).claim(0.01, pending=False)
    caught: list[Exception] = []

    def wait() -> None:
        try:
            site.node(NODE).claim(5, pending=False)
        except JobsError as error:
            caught.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    await asyncio.sleep(0.2)
    with site.server.operator() as client:
        client.execute_command("CLIENT", "KILL", "USER", NODE)
    await asyncio.to_thread(waiting.join, 5)
    assert [type(each) for each in caught] == [Unavailable]


async def test_a_revoked_node_is_cut_off_while_it_waits(site: RedisSite) -> None:
    caught: list[Exception] = []

    def wait() -> None:
        try:
            site.node(NODE).claim(5, pending=False)
        except JobsError as error:
            caught.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    await asyncio.sleep(0.2)
    began = time.monotonic()
    await site.supervisor.revoke(NODE)
    await asyncio.to_thread(waiting.join, 5)
    assert caught
    assert time.monotonic() - began < 2


async def test_a_full_queue_is_read_by_many_entries_at_a_time(site: RedisSite) -> None:
    placed = [f"job-{number}" for number in range(CLAIMS_AT_ONCE + 1)]
    for uid in placed:
        await place(site, uid)
    assert (first := site.node(NODE).claim(0.1, pending=False)) is not None
    with site.server.operator() as client:
        assert client.xpending(KEYS.queue(1), GROUP)["pending"] == CLAIMS_AT_ONCE
    rest = [site.node(NODE).claim(0.1, pending=False) for _ in placed[1:]]
    assert [first.uid, *(each.uid for each in rest if each)] == placed


async def test_one_claim_of_each_priority_is_handed_out_and_none_is_forgotten(site: RedisSite) -> None:
    with site.server.operator() as client:
        for priority in (2, 0, 1):
            client.xadd(KEYS.queue(priority), {"u": f"job-{priority}", "a": 1, "j": b""})
    claims = [site.node(NODE).claim(0.1, pending=False) for _ in range(3)]
    assert [claim and claim.uid for claim in claims] == ["job-0", "job-1", "job-2"]
    again = []
    while (claim := site.node(NODE).claim(0, pending=True)) is not None:
        again.append(claim.uid)
        site.node(NODE).drop(claim)
    assert again == ["job-0", "job-1", "job-2"]


@pytest.mark.parametrize("fields", [{"x": "y"}, {"u": "job", "a": "one", "j": ""}, {"u": b"\xff", "a": "1", "j": ""}])
async def test_a_forged_entry_in_no_known_form_does_not_stop_the_queue(site: RedisSite, fields: dict[str, str]) -> None:
    with site.server.operator() as client:
        client.xadd(KEYS.queue(1), fields)  # type: ignore[arg-type]
    await place(site)
    taken = [site.node(NODE).claim(0.1, pending=False) for _ in range(2)]
    (claim,) = [each for each in taken if each is not None]
    assert claim.uid == "job"
    site.node(NODE).drop(claim)
    assert site.node(NODE).claim(0, pending=True) is None


async def test_documents_and_heartbeats_expire_and_each_placement_refreshes_documents(site: RedisSite) -> None:
    await place(site)
    site.node(NODE).put_heartbeat(b"report")
    with site.server.operator() as client:
        assert 0 < int(client.pttl(KEYS.heartbeat)) <= HEARTBEAT_SECONDS * 1000  # type: ignore[arg-type]
        client.expire(KEYS.document(DIGEST), 5)
        await place(site)
        assert DOCUMENT_SECONDS - 5 < int(client.ttl(KEYS.document(DIGEST))) <= DOCUMENT_SECONDS  # type: ignore[arg-type]


async def test_a_full_redis_refuses_new_jobs_and_can_still_be_emptied_by_settling(site: RedisSite) -> None:
    for _ in range(20):
        site.node(NODE).post_event("report", 0, bytes(100_000))
    with site.server.operator() as client:
        client.config_set("maxmemory", int(client.info("memory")["used_memory"]) - 500_000)  # type: ignore[index]
        try:
            with pytest.raises(Unavailable):
                await place(site)
            with pytest.raises(Unavailable):
                site.node(NODE).post_event("report", 0, b"")
            await site.supervisor.settle(await site.supervisor.events([NODE], 0.5))
            assert await site.supervisor.events([NODE], 0.01) == []
            assert await place(site) is Placement.PLACED
        finally:
            client.config_set("maxmemory", 256 << 20)


async def test_a_late_report_is_refused_by_the_server_itself(site: RedisSite) -> None:
    await place(site)
    claim = site.node(NODE).claim(0.5, pending=False)
    assert claim is not None
    site.node(NODE).start(claim, "one", takeover=False)
    await place(site, attempt=2)
    with pytest.raises(StaleFence):
        site.node(NODE).finish(claim, "one", b"late")
    with site.server.operator() as client:
        assert client.xlen(KEYS.events) == 0


@pytest.mark.parametrize("wrong", ["no certificate", "foreign certificate"])
async def test_a_password_without_a_certificate_of_the_site_opens_nothing(
    site: RedisSite, wrong: str, tmp_path: Path
) -> None:
    import redis

    good = site.server.connection(NODE, "password")
    if wrong == "foreign certificate":
        pair = Authority("other").pair(tmp_path, "client")
        foreign = RedisNodeBroker(NODE, site.server.connection(NODE, "password", pair))
        with pytest.raises(Unavailable):
            foreign.put_heartbeat(b"")
        foreign.close()
        return
    bare = redis.Redis.from_url(good.url, username=NODE, password="password", ssl_ca_certs=str(good.authority))
    with pytest.raises(redis.ConnectionError):
        bare.ping()
    bare.close()


@pytest.mark.parametrize("view", ["node", "supervisor"])
async def test_only_the_sites_authority_vouches_for_a_server(
    site: RedisSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    # The system's store knows the server's authority, which must not count.
    monkeypatch.setenv("SSL_CERT_FILE", str(site.server.folder / "ca.pem"))
    (tmp_path / "ca.pem").write_text(Authority("other").certificate)
    good = site.server.connection(NODE, "password")
    misled = Connection(good.url, good.username, good.password, tmp_path / "ca.pem", good.certificate, good.key)
    if view == "node":
        node = RedisNodeBroker(NODE, misled)
        with pytest.raises(Unavailable, match="certificate"):
            node.put_heartbeat(b"")
        node.close()
        return
    supervisor = RedisControllerBroker(misled)
    with pytest.raises(Unavailable, match="certificate"):
        await supervisor.heartbeats([NODE])
    await supervisor.close()
