"""Whatever is done to a pool in whatever order: no volume shrinks, and no content is lost but by destroying it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sal.errors import NotFound, Refused
from sal.folder_pool import FolderPool
from sal.testing import FakeRunner

NAMES = st.sampled_from(["v-a", "v-a.b", "v-b"])
SIZES = st.integers(1, 64)


class PoolHistory(RuleBasedStateMachine):
    """Each volume is written once with a number of its own, which must be found again where the model says."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="hp-history-"))
        self.pool = FolderPool(self.folder, FakeRunner().on("mkfs.ext4 *"))
        self.pool.prepare()
        self.volumes: dict[str, tuple[int, int]] = {}
        self.bin: dict[str, list[tuple[int, int]]] = {}
        self.made = 0

    @rule(name=NAMES, size=SIZES)
    def create(self, name: str, size: int) -> None:
        self.pool.create_volume(name, size)
        if name not in self.volumes:
            self.made += 1
            self.volumes[name] = (size, self.made % 256)
            with self.pool.volume_disk(name).open("r+b") as disk:
                disk.write(bytes([self.made % 256]))

    @rule(name=NAMES, size=SIZES)
    def grow(self, name: str, size: int) -> None:
        if name not in self.volumes:
            with pytest.raises(NotFound):
                self.pool.grow_volume(name, size)
        elif size < self.volumes[name][0]:
            with pytest.raises(Refused):
                self.pool.grow_volume(name, size)
        else:
            self.pool.grow_volume(name, size)
            self.volumes[name] = (size, self.volumes[name][1])

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        self.pool.bin_volume(name)
        if name in self.volumes:
            self.bin.setdefault(name, []).append(self.volumes.pop(name))

    @precondition(lambda self: any(self.bin.values()))
    @rule(name=NAMES)
    def restore(self, name: str) -> None:
        if name in self.volumes:
            self.pool.restore_volume(name)
        elif not self.bin.get(name):
            with pytest.raises(NotFound):
                self.pool.restore_volume(name)
        else:
            self.pool.restore_volume(name)
            self.volumes[name] = self.bin[name].pop()

    @rule(name=NAMES)
    def empty_oldest(self, name: str) -> None:
        if self.bin.get(name):
            self.pool.empty_bin(self.pool.binned(name)[0])
            self.bin[name].pop(0)

    @rule()
    def start_again(self) -> None:
        self.pool.prepare()

    @invariant()
    def all_is_where_the_model_says(self) -> None:
        for name in ("v-a", "v-a.b", "v-b"):
            assert self.pool.volume_size(name) == self.volumes.get(name, (None,))[0]
            entries = [self.folder / "@bin" / entry / "disk.raw" for entry in self.pool.binned(name)]
            assert [(each.stat().st_size, each.read_bytes()[0]) for each in entries] == self.bin.get(name, [])
        for name, (_, mark) in self.volumes.items():
            assert self.pool.volume_disk(name).read_bytes()[0] == mark

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


TestPoolHistory = PoolHistory.TestCase
TestPoolHistory.settings = settings(max_examples=40, stateful_step_count=25, deadline=None, derandomize=True)
