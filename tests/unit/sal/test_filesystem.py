"""Files that are whole or not there, and what an operating system's refusal becomes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sal.errors import Busy, CommandFailed, NoSpace, NotFound, SalError, from_os
from sal.filesystem import grow, make_btrfs, make_sparse, move, write_durably
from sal.testing import FakeRunner


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    file.chmod(0o666)
    write_durably(file, b"new")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o600)
    assert os.listdir(tmp_path) == ["file"]


def test_the_mode_is_the_one_asked_for_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_durably(tmp_path / "file", b"", 0o644)
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("step", ["fsync", "rename", "fchmod"])
def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    (tmp_path / "file").write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr(os, step, full)
        with pytest.raises(NoSpace, match="file cannot be written"):
            write_durably(tmp_path / "file", b"new")
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {"file": "old"}


def test_the_content_is_durable_before_the_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, rename = os.fsync, os.rename

    def synced(descriptor: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "content")
        sync(descriptor)

    def renamed(source: str, target: str) -> None:
        steps.append("name")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    write_durably(tmp_path / "file", b"x")
    assert steps == ["content", "name", "folder"]


def test_two_writers_at_once_never_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, sync, left = tmp_path / "file", os.fsync, ["other"]

    def interleaved(descriptor: int) -> None:
        if left:
            write_durably(file, left.pop().encode() * 1000)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", interleaved)
    write_durably(file, b"mine")
    assert (file.read_bytes(), os.listdir(tmp_path)) == (b"mine", ["file"])


def test_a_missing_folder_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        write_durably(tmp_path / "none" / "file", b"")
    with pytest.raises(NotFound):
        move(tmp_path / "none", tmp_path / "file")


def test_a_file_grows_sparse_and_never_shrinks(tmp_path: Path) -> None:
    file = tmp_path / "file"
    make_sparse(file, 1 << 30)
    grow(file, 1 << 20)
    assert file.stat().st_size == 1 << 30
    grow(file, 1 << 31)
    assert (file.stat().st_size, file.stat().st_blocks) == (1 << 31, 0)


def test_a_disk_that_holds_something_is_never_formatted_by_force() -> None:
    runner = FakeRunner().on("mkfs.btrfs *", code=1, stderr=b"appears to contain an existing filesystem")
    with pytest.raises(CommandFailed, match="never overwritten"):
        make_btrfs(runner, Path("/dev/x"), "pool")
    assert not {"-f", "--force"} & set(runner.commands[0].argv)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOENT, NotFound), (errno.ENOTDIR, NotFound), (errno.ENOSPC, NoSpace), (errno.EDQUOT, NoSpace),
        (errno.EBUSY, Busy), (errno.ETXTBSY, Busy), (errno.EIO, SalError), (errno.EPERM, SalError),
    ],
)  # fmt: skip
def test_what_the_system_refuses_is_named_by_what_can_be_done(number: int, kind: type[SalError]) -> None:
    made = from_os(OSError(number, "x"), "/pool/thing")
    assert type(made) is kind
    assert str(made).startswith(f"/pool/thing: {os.strerror(number)}")


def test_content_is_on_the_disk_before_its_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aside, target, done = tmp_path / "aside", tmp_path / "target", list[str]()
    aside.write_bytes(b"a seed")
    synced = os.fsync

    def fsync(descriptor: int) -> None:
        done.append(f"{os.readlink(f'/proc/self/fd/{descriptor}')} {target.exists()}")
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    move(aside, target)
    assert done == [f"{aside} False", f"{tmp_path} True"]
