"""The process may die around any effect and any commit: the next run ends the same, and no effect comes twice."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from node_agent.executor.resources import Resource
from node_agent.executor.verbs import machine_absent, machine_ensure, volume_absent, volume_ensure
from node_agent.executor.work import Tools, Work
from node_agent.testing import Crash
from tests.unit.node_agent.build import MIB, World, absent, ensure, machine, uses, volume

Verb = Callable[[Work, Tools], bool]
IMAGE_B = {"url": "https://images.example/b.raw", "sha256": "b" * 64}
# The journal waits for its disk at every commit; what is tested here is order, not durability.
MEMORY = next((folder for folder in ("/dev/shm",) if Path(folder).is_dir()), None)
HISTORY: list[tuple[Verb, Work]] = [
    (volume_ensure.perform, ensure(volume())),
    (machine_ensure.perform, ensure(machine(volumes=uses("data-0")))),
    (volume_ensure.perform, ensure(volume(size=128 * MIB))),
    (machine_ensure.perform, ensure(machine(generation=2, memory=256 * MIB, volumes=uses("data-0")))),
    (machine_ensure.perform, ensure(machine(generation=3, image=IMAGE_B, volumes=uses("data-0")))),
    (machine_absent.perform, absent(machine())),
    (volume_absent.perform, absent(volume())),
]


class Dying:
    """Dies at the n-th boundary: before an effect, after it, or before a write to the table."""

    def __init__(self, world: World, at: int) -> None:
        self.world, self.left = world, at
        world.host.before = world.host.after = lambda effect, name: self.pass_by()
        self.guard_table()

    def pass_by(self) -> None:
        """One boundary."""
        self.left -= 1
        if self.left == 0:
            raise Crash

    def guard_table(self) -> None:
        """Makes writes to the table boundaries too."""
        resources, put = self.world.tools.resources, self.world.tools.resources.put

        def guarded(resource: Resource) -> None:
            self.pass_by()
            put(resource)

        resources.put = guarded  # type: ignore[method-assign]


def run(world: World, steps: int, crashes: list[int]) -> None:
    """Performs the first steps; each crash is followed by a restart and the same step again."""
    for number in range(steps):
        verb, work = HISTORY[number]
        for at in crashes:
            dying = Dying(world, at)
            with suppress(Crash):
                verb(work, world.tools)
            dying.left = 0
            world.restart()
        verb(work, world.tools)


@given(steps=st.integers(1, len(HISTORY)), crashes=st.lists(st.integers(1, 16), max_size=3))
def test_after_any_crashes_the_end_is_the_same_and_no_effect_came_twice(steps: int, crashes: list[int]) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as calm, tempfile.TemporaryDirectory(dir=MEMORY) as rough:
        straight, crashed = World(Path(calm)), World(Path(rough))
        run(straight, steps, [])
        run(crashed, steps, crashes)
        assert crashed.host.machines == straight.host.machines
        assert (crashed.host.volumes, crashed.host.bin) == (straight.host.volumes, straight.host.bin)
        assert crashed.tools.resources.all() == straight.tools.resources.all()
        assert Counter(crashed.host.effects) == Counter(straight.host.effects)
        for world in (straight, crashed):
            world.tools.store.close()
