"""Every server of ours: who only connects takes a place, of a bounded number, for a bounded time."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from controllers.loop.ending import run_and_end
from controllers.loop.errors import ProcessEnded
from controllers.loop.metrics import Metrics
from controllers.serving.door import Door
from controllers.serving.doorway import listening
from controllers.serving.loop import HANDSHAKE_SECONDS
from controllers.serving.server import ACCEPTED_AT_A_TIME, Config, Server
from controllers.settings import Listen
from controllers.tls.contexts import Files, calling
from controllers.web import server
from tests.system.node_site import free_port
from tests.system.tls_site import SERVER, Mounted, new_authority

pytestmark = pytest.mark.system
CONNECTIONS, OF_A_NETWORK = 8, 2
NODE, STRANGER = "127.0.1.1", "127.0.2.1"


class Served:
    """A server as a controller has it, in a loop and thread of its own."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", keeps: int = 75) -> None:
        pair = Mounted(folder / "tls").issue(SERVER, new_authority())
        self._files = pair
        self.metrics, self.host, self.port = Metrics(), host, free_port()
        files = Files(pair.certificate, pair.key)
        self.config: Config = server(Starlette(), Listen(host, self.port, files), self.metrics, CONNECTIONS)
        self.config.timeout_keep_alive = keeps
        self.server = Server(self.config)

    @contextmanager
    def running(self) -> Iterator[None]:
        serving = threading.Thread(target=lambda: run_and_end(self.server.serve()))
        serving.start()
        self.until(lambda: self.server.started)
        yield
        self.server.should_exit = True
        serving.join(10)

    def until(self, done: Callable[[], bool], seconds: float = 5.0) -> float:
        began = time.monotonic()
        while not done():
            assert time.monotonic() - began < seconds, f"{self.inside} connections are there"
            time.sleep(0.02)
        return time.monotonic() - began

    @property
    def inside(self) -> int:
        return self.config.doorkeeper.door.inside

    @property
    def refused(self) -> float:
        return float(self.metrics.refused.labels("connection", "TooManyConnections")._value.get())

    def call(self, source: str = STRANGER) -> socket.socket:
        return socket.create_connection((self.host, self.port), 5.0, (source, 0) if source else None)

    def client(self) -> httpx.Client:
        transport = httpx.HTTPTransport(verify=calling(self._files), local_address=NODE)
        return httpx.Client(transport=transport, base_url=f"https://localhost:{self.port}")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path, keeps=1)
    with made.running():
        yield made


def is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.3)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_who_never_begins_a_handshake_has_a_networks_share_and_no_more(served: Served) -> None:
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(served.call()) for _ in range(5)]
        assert [is_closed(each) for each in silent] == [False] * OF_A_NETWORK + [True] * 3
        assert (served.inside, served.refused) == (OF_A_NETWORK, 3)
        with served.client() as node:
            assert node.get("/").status_code == 404


def test_who_leaves_before_a_handshake_makes_room(served: Served) -> None:
    for _ in range(3 * CONNECTIONS):
        with served.call() as one:
            one.sendall(b"\x16nonsense")
    served.until(lambda: served.inside == 0)
    with served.call() as silent:
        assert not is_closed(silent)


def test_a_handshake_that_never_begins_ends_by_itself(served: Served) -> None:
    with served.call() as silent:
        served.until(lambda: served.inside == 1)
        assert served.until(lambda: served.inside == 0, HANDSHAKE_SECONDS + 3) > HANDSHAKE_SECONDS - 1
        assert is_closed(silent)


def test_who_keeps_a_connection_and_says_nothing_more_has_no_place_for_it(served: Served) -> None:
    with served.client() as node:
        assert node.get("/").status_code == 404
        assert served.inside == 1
        served.until(lambda: served.inside == 0, 3.0)
        assert node.get("/").status_code == 404, "it comes back when it has something to say"


@pytest.mark.parametrize("host", ["::1", "localhost"])
def test_it_is_reached_by_name_and_by_either_kind_of_address(tmp_path: Path, host: str) -> None:
    there = Served(tmp_path, host)
    with there.running(), there.call(source=""):
        there.until(lambda: there.inside == 1)


def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:
    there = Served(tmp_path)
    refused = pytest.raises(ProcessEnded, match=rf"cannot listen on 127\.0\.0\.1:{there.port}")
    with socket.create_server(("127.0.0.1", there.port)), refused:
        asyncio.run(there.server.serve())


async def test_the_rest_of_an_answer_does_not_wait_until_its_beginning_is_acknowledged(tmp_path: Path) -> None:
    taken: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made = writer.get_extra_info("socket")
        taken.set_result(made.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    (own,) = listening("127.0.0.1", 0, Door(CONNECTIONS), lambda: None)
    async with await asyncio.start_server(connected, sock=own):
        _, writer = await asyncio.open_connection(*own.getsockname())
        assert await taken
        writer.close()


async def test_a_crowd_is_let_in_a_few_at_a_time_and_waits_outside(tmp_path: Path) -> None:
    there, crowd = Served(tmp_path), 40
    config = server(Starlette(), Listen(there.host, there.port, None), connections=4 * crowd)
    serving = Server(config)
    task = asyncio.create_task(serving.serve())
    while not serving.started:
        await asyncio.sleep(0.01)
    # Nobody is let in meanwhile: this thread is the server's.
    held = [socket.create_connection((there.host, there.port), 0.5) for _ in range(crowd)]
    inside = [0]
    async with asyncio.timeout(5.0):
        while inside[-1] < crowd:
            await asyncio.sleep(0)
            inside.append(config.doorkeeper.door.inside)
    assert max(after - before for before, after in pairwise(inside)) == ACCEPTED_AT_A_TIME
    for each in held:
        each.close()
    serving.should_exit = True
    await task
