"""What a node's user may do on a real Redis, as a table: its own work, and nothing that harms the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from jobs.broker import Event, Placement
from jobs.errors import AccessDenied
from jobs.keys import NodeKeys
from jobs.redis_controller import RedisControllerBroker
from tests.system.redis_server import RedisServer
from tests.system.requirements import need
from tests.system.test_broker import RedisSite
from tests.unit.jobs.contract import NODE, OTHER

pytestmark = pytest.mark.system
CASES = Path(__file__).parents[1] / "cases" / "jobs.access.node_rule"
ALLOWED: list[list[str]] = json.loads((CASES / "allowed.json").read_text())
REFUSED: list[list[str]] = [each["command"] for each in json.loads((CASES / "refused.json").read_text())]
KEYS, FOREIGN = NodeKeys(NODE), NodeKeys(OTHER)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A running server."""
    need("redis")
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def node(server: RedisServer) -> redis.Redis:
    """A plain client with the rights of the node."""
    server.flush()
    site = RedisSite(server)
    await site.begin()
    await site.close()
    with server.client(server.connection(NODE, "password")) as client:
        yield client


@pytest.mark.parametrize("command", ALLOWED, ids=" ".join)
async def test_a_node_may_do_its_work(node: redis.Redis, command: list[str]) -> None:
    node.execute_command(*command)


@pytest.mark.parametrize("command", REFUSED, ids=" ".join)
async def test_a_node_may_not_do_more(node: redis.Redis, command: list[str]) -> None:
    with pytest.raises(redis.ResponseError, match=r"permission|executing the script|not allowed"):
        node.execute_command(*command)


async def test_a_refused_function_has_left_nothing_behind(node: redis.Redis, server: RedisServer) -> None:
    keys = [*KEYS.queues, KEYS.index, KEYS.lease]
    with pytest.raises(redis.ResponseError):
        node.fcall("nq1_enqueue", len(keys), *keys, "mine", 1, 1, b"forged")
    with server.operator() as client:
        assert client.xlen(KEYS.queue(1)) == 0
        assert client.hgetall(KEYS.index) == {}


@pytest.mark.parametrize("username", ["default", "", "nobody"])
async def test_nobody_enters_without_a_user(server: RedisServer, username: str) -> None:
    for password in ("", "password"):
        with server.client(server.connection(username, password)) as client, pytest.raises(redis.RedisError):
            client.ping()


async def test_a_pattern_that_were_a_node_id_would_open_other_nodes(server: RedisServer) -> None:
    """Why ids are checked: Redis takes the glob."""
    with server.operator() as client:
        client.set(FOREIGN.document("sha256:" + "0" * 64), b"other's")
        client.acl_setuser("thief", enabled=True, reset=True, passwords=["+x"], keys=["nq:{n-*}:*"], commands=["+get"])
    with server.client(server.connection("thief", "x")) as thief:
        assert thief.get(FOREIGN.document("sha256:" + "0" * 64)) == b"other's"
    with server.operator() as client:
        client.acl_deluser("thief")


class TestAHostileNode:
    """A node with good credentials and bad intentions spoils its own queue at most."""

    @pytest.fixture
    async def supervisor(self, server: RedisServer, node: redis.Redis) -> RedisControllerBroker:
        broker = RedisControllerBroker(server.supervisor)
        yield broker
        await broker.close()

    @pytest.mark.parametrize(
        "fields",
        [
            {"x": "y"},
            {"u": "job", "a": "-1", "e": "x"},
            {"u": "job", "a": "9" * 5000, "e": "x"},
            {"u": b"\xff\xfe", "a": "1", "e": "x"},
            {"u": "job\nforged log line", "a": "1", "e": "x"},
            {"u": "", "a": "1", "e": "x"},
        ],
    )
    async def test_its_events_in_no_known_form_do_not_hide_those_of_others(
        self, supervisor: RedisControllerBroker, node: redis.Redis, server: RedisServer, fields: dict[str, str]
    ) -> None:
        node.xadd(KEYS.events, fields)  # type: ignore[arg-type]
        with server.operator() as client:
            client.xadd(FOREIGN.events, {"u": "job", "a": 1, "e": b"receipt"})
        (event,) = await supervisor.events([NODE, OTHER], 0.5)
        assert event == Event(OTHER, event.entry, "job", 1, b"receipt")
        with server.operator() as client:
            assert client.xlen(KEYS.events) == 0

    @pytest.mark.parametrize("record", ["", "x", "1|queued|9|1-1|", "9" * 400 + "|queued|1|1-1|", "1|done|1||\xff"])
    async def test_its_spoiled_index_costs_it_only_its_own_work(
        self, supervisor: RedisControllerBroker, node: redis.Redis, record: str
    ) -> None:
        node.hset(KEYS.index, "job", record)
        node.hset(KEYS.index, b"\xff", "1|queued|1|1-1|")
        await supervisor.known(NODE)
        await supervisor.cancel(NODE, "job", 1)
        assert await supervisor.enqueue(NODE, "job", 2, b"envelope", {}) in set(Placement)
        assert await supervisor.enqueue(OTHER, "job", 1, b"envelope", {}) is Placement.PLACED

    async def test_its_flood_is_measured_and_taken_away(
        self, supervisor: RedisControllerBroker, node: redis.Redis
    ) -> None:
        for number in range(20):
            await supervisor.enqueue(NODE, f"job-{number}", 1, b"", {})
            node.xadd(KEYS.events, {"u": "report", "a": 0, "e": bytes(100_000)})
            node.execute_command(
                "XREADGROUP", "GROUP", "r", f"consumer-{number}", "COUNT", "1", "STREAMS", KEYS.queue(1), ">"
            )
        usage = await supervisor.measure(NODE)
        assert usage.events == 20
        assert usage.event_bytes > 2_000_000
        assert usage.consumers == 20
        await supervisor.clear(NODE)
        assert (await supervisor.measure(NODE)).event_bytes < 10_000

    async def test_what_it_may_not_do_is_told_as_denied(
        self, supervisor: RedisControllerBroker, server: RedisServer
    ) -> None:
        mistaken = RedisControllerBroker(server.connection(NODE, "password"))
        with pytest.raises(AccessDenied):
            await mistaken.enqueue(NODE, "mine", 1, b"forged", {})
        with pytest.raises(AccessDenied):
            await mistaken.heartbeats([NODE])
        await mistaken.close()


async def test_the_supervisor_needs_no_right_that_it_lacks(server: RedisServer) -> None:
    broker = RedisControllerBroker(server.supervisor)
    with server.operator() as client:
        client.acl_log_reset()
    await broker.ensure_ready([NODE])
    await broker.enqueue(NODE, "job", 1, b"", {"sha256:" + "0" * 64: b"x"})
    await broker.cancel(NODE, "job", 1)
    await broker.settle(await broker.events([NODE], 0.01))
    await broker.known(NODE), await broker.expired(NODE), await broker.measure(NODE), await broker.heartbeats([NODE])
    await broker.grant(NODE, "password")
    await broker.clear(NODE)
    await broker.revoke(NODE)
    await broker.close()
    with server.operator() as client:
        assert client.acl_log() == []
