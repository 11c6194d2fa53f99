"""What can go wrong, each as one function: it begins, and gives what ends it (None: it is over at once)."""

from __future__ import annotations

import asyncio
import copy
import random
from collections.abc import Callable
from datetime import timedelta

from tests.sim.crashes import Crashes
from tests.sim.world import World

End = Callable[[], None] | None
Fault = Callable[[World, random.Random], End]
START_SECONDS = 1.0
LATEST_REPEAT_SECONDS = 250.0
"""Within the quiet stretch, so that its end is not in the middle of one."""


def kill_controller(world: World, source: random.Random) -> End:
    """kill -9."""
    world.controllers[source.choice(sorted(world.controllers))].process.kill()
    return None


def kill_executor(world: World, source: random.Random) -> End:
    """kill -9."""
    source.choice(world.nodes).executor.kill()
    return None


def kill_agent(world: World, source: random.Random) -> End:
    """kill -9."""
    source.choice(world.nodes).agent.kill()
    return None


def die_at_write(world: World, source: random.Random) -> End:
    """One of the next writes of some process kills it."""
    parts = [each.name + part for each in world.nodes for part in ("/executor", "/agent")]
    names = [*sorted(world.controllers), *parts]
    crashes = world.crash
    assert isinstance(crashes, Crashes)
    crashes.arm(source.choice(names), source.randint(1, 40))
    return None


def reboot(world: World, source: random.Random) -> End:
    """A node loses power and comes back."""
    node = source.choice(world.nodes)
    node.reboot(source.uniform(5.0, 200.0))
    return None


def cut_node(world: World, source: random.Random) -> End:
    """A node reaches nobody."""
    world.redis.disturb()
    return _set(source.choice(world.nodes), "cut", True, False)


def cut_controller(world: World, source: random.Random) -> End:
    """A controller does not reach the API server, and loses its watches."""
    controller = world.controllers[source.choice(sorted(world.controllers))]
    if controller.watches is not None:
        controller.watches.drop(source.uniform(1.0, 60.0))
    return _set(controller, "cut", True, False)


def flush(world: World, source: random.Random) -> End:
    """FLUSHALL."""
    world.redis.flush()
    return None


def restart_empty(world: World, source: random.Random) -> End:
    """Redis comes back without anything, not even its users."""
    world.redis.flush()
    world.redis.users.clear()
    return None


def queue_down(world: World, source: random.Random) -> End:
    """Redis does not answer."""
    world.redis.disturb()
    return _set(world.redis, "down", True, False)


def queue_back_in_time(world: World, source: random.Random) -> End:
    """Redis starts again as it was some time ago: old entries come again, new ones are lost, and every connection."""
    kept = copy.deepcopy(world.redis._queues)
    world.redis.down = False

    def rewind() -> None:
        world.redis._queues = kept
        world.redis.down = True
        world.redis.disturb()
        asyncio.get_running_loop().call_later(START_SECONDS, setattr, world.redis, "down", False)

    return rewind


def queue_repeats(world: World, source: random.Random) -> End:
    """Every entry that is on its way is delivered once more, later."""
    for node in world.nodes if not world.redis.down else ():
        queue = world.redis.queue(node.id, make=True)
        for entry in list(queue.entries.values()):
            number = world.redis.number(f"{node.id}:q1")
            asyncio.get_running_loop().call_later(
                source.uniform(1.0, LATEST_REPEAT_SECONDS), queue.entries.__setitem__, number, entry
            )
    return None


def api_down(world: World, source: random.Random) -> End:
    """The API server does not answer; every watch is lost."""
    for controller in world.controllers.values():
        if controller.watches is not None:
            controller.watches.drop(1.0)
    return _set(world.api, "up", False, True)


def api_lossy(world: World, source: random.Random) -> End:
    """Requests and answers get lost."""
    return _set(world.weather, "api_lost", source.choice([0.05, 0.2, 0.5]), 0.0)


def api_conflicts(world: World, source: random.Random) -> End:
    """Somebody else is always faster."""
    return _set(world.weather, "api_conflict", source.choice([0.1, 0.4]), 0.0)


def watch_drop(world: World, source: random.Random) -> End:
    """One controller misses some news."""
    controller = world.controllers[source.choice(sorted(world.controllers))]
    if controller.watches is not None:
        controller.watches.drop(source.uniform(0.1, 30.0))
    return None


def watch_slow(world: World, source: random.Random) -> End:
    """News comes up to 20 s late."""
    return _set(world.weather, "watch_slow", source.choice([0.1, 0.5]), 0.0)


def gateway_lossy(world: World, source: random.Random) -> End:
    """Requests of nodes and the answers get lost."""
    return _set(world.weather, "gateway_lost", source.choice([0.1, 0.5]), 0.0)


def sal_failing(world: World, source: random.Random) -> End:
    """What is done on hosts fails now and then."""
    return _set(world.weather, "sal_failing", source.choice([0.05, 0.2, 0.6]), 0.0)


def guest_ends(world: World, source: random.Random) -> End:
    """A machine crashes or powers off."""
    running = [(node, name) for node in world.nodes for name in node.host.running]
    if running:
        node, name = source.choice(running)
        node.host.end_guest(name, crashed=source.random() < 0.5)
    return None


def clock_step(world: World, source: random.Random) -> End:
    """A wall clock jumps."""
    clock = source.choice([world.clock, *(each.clock for each in world.nodes)])
    offset = timedelta(seconds=source.choice([-3600, -400, -20, 20, 400, 3600]))
    return _set(clock, "offset", offset, timedelta())


def _set(target: object, name: str, value: object, back: object) -> Callable[[], None]:
    setattr(target, name, value)
    return lambda: setattr(target, name, back)


FAULTS: tuple[Fault, ...] = (
    kill_controller, kill_controller, kill_executor, kill_agent, die_at_write, die_at_write, die_at_write, die_at_write,
    reboot, cut_node, cut_controller, flush, restart_empty, queue_down, queue_back_in_time, queue_repeats, api_down,
    api_lossy, api_conflicts, watch_drop, watch_slow, gateway_lossy, sal_failing, guest_ends, guest_ends, clock_step,
)  # fmt: skip


class Trouble:
    """Begins faults and ends them in time, or all at once."""

    def __init__(self, world: World, source: random.Random) -> None:
        self._world = world
        self._source = source
        self._open: list[tuple[str, Callable[[], None]]] = []

    def strike(self) -> None:
        """One fault, whose end is some seconds or minutes away."""
        fault = self._source.choice(FAULTS)
        self._world.history.note("fault", "begins", fault.__name__)
        end = fault(self._world, self._source)
        if end is not None:
            self._open.append(entry := (fault.__name__, end))
            seconds = self._source.choice([1.0, 5.0, 20.0, 60.0, 240.0]) * self._source.uniform(0.5, 1.5)
            asyncio.get_running_loop().call_later(seconds, self._end, entry)

    def heal(self) -> None:
        """Everything that is wrong now is put right."""
        for entry in list(self._open):
            self._end(entry)

    def _end(self, entry: tuple[str, Callable[[], None]]) -> None:
        if entry in self._open:
            self._open.remove(entry)
            self._world.history.note("fault", "ends", entry[0])
            entry[1]()
