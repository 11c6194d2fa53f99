"""The pool over a plain folder; what a crash or a full disk leaves of a volume."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sal import btrfs_pool as pools
from sal.command import Command, Output
from sal.errors import CommandFailed, NoSpace, SalError
from sal.folder_pool import FolderPool
from sal.testing import FakeRunner
from tests.unit.sal.pool_contract import MIB, NAME, PoolContract, files, image

STEPS = ("make_sparse", "make_ext4", "sync_file", "move")
FULL = b"mkfs.ext4: No space left on device while writing out and closing file system"


class PowerCut(BaseException):
    """Nothing of the process runs after this."""


@pytest.fixture
def pool(tmp_path: Path) -> FolderPool:
    made = FolderPool(tmp_path / "node", FakeRunner().on("mkfs.ext4 *"))
    made.prepare()
    return made


class TestFolderPool(PoolContract):
    """A plain folder keeps the contract."""


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_leaves_nothing_or_the_whole_volume(
    pool: FolderPool, monkeypatch: pytest.MonkeyPatch, step: str, before: bool
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(pools, step, _cut(getattr(pools, step), before))
        patch.setattr(pool, "_remove", _cut(pool._remove, before=True, but_first=1))
        with pytest.raises(PowerCut):
            pool.create_volume(NAME, 8 * MIB)
    assert pool.volume_size(NAME) == (8 * MIB if (step, before) == ("move", False) else None)
    pool.create_volume(NAME, 8 * MIB)
    assert files(pool) == {f"@volumes/{NAME}", f"@volumes/{NAME}/disk.raw"}


def _cut(act: Callable[..., object], before: bool, but_first: int = 0) -> Callable[..., object]:
    left = [but_first]

    def cut(*arguments: object) -> object:
        if left[0] > 0:
            left[0] -= 1
            return act(*arguments)
        if not before:
            act(*arguments)
        raise PowerCut

    return cut


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_leaves_nothing_behind(pool: FolderPool, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fails(*_: object) -> None:
        raise NoSpace("full")

    monkeypatch.setattr(pools, step, fails)
    with pytest.raises(NoSpace):
        pool.create_volume(NAME, 8 * MIB)
    assert files(pool) == set()


@pytest.mark.parametrize("step", ["grow", "sync_file", "move"])
def test_a_clone_that_fails_leaves_nothing_behind(pool: FolderPool, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fails(*_: object) -> None:
        raise NoSpace("full")

    source, folder = image(pool), pool.machine_folder("m-1")
    monkeypatch.setattr(pools, step, fails)
    with pytest.raises(NoSpace):
        pool.clone_image(source, folder / "root-x.raw", 4 * MIB)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("stderr", "expected"), [(FULL, NoSpace), (b"Bad option", CommandFailed)])
def test_a_disk_that_is_full_while_formatting_is_told_from_other_failures(
    tmp_path: Path, stderr: bytes, expected: type[SalError]
) -> None:
    pool = FolderPool(tmp_path, FakeRunner().on("mkfs.ext4 *", code=1, stderr=stderr))
    pool.prepare()
    with pytest.raises(expected):
        pool.create_volume(NAME, 8 * MIB)
    assert files(pool) == set()


def test_a_volume_is_formatted_by_its_path_in_the_pool_and_nothing_else(tmp_path: Path) -> None:
    def formatted(command: Command) -> Output:
        assert Path(command.argv[-1]).stat().st_size == 8 * MIB
        return Output(0, b"", b"")

    runner = FakeRunner().on_call("mkfs.ext4 * -L data *", formatted)
    pool = FolderPool(tmp_path, runner)
    pool.prepare()
    pool.create_volume(NAME, 8 * MIB)
    assert [command.argv[-1] for command in runner.commands] == [f"{tmp_path}/@volumes/.new-{NAME}/disk.raw"]


def test_a_machine_s_folder_that_cannot_be_removed_is_told(pool: FolderPool, monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(*_: object, **__: object) -> None:
        raise OSError(5, "io")

    (pool.machine_folder("m-1") / "file").touch()
    monkeypatch.setattr("os.unlink", stuck)
    with pytest.raises(SalError, match="Input/output error"):
        pool.remove_machine("m-1")
