"""A layer: what of a file is in it, and that nothing of the machine that made it is."""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import tarfile

from efi.tree import Tree
from oci.layer import Layer, archive

EPOCH = 1_795_678_122


def tree() -> Tree:
    """A program, a file deep below folders, a link and an empty folder."""
    made = Tree()
    made.put("usr/bin/program", b"ELF", program=True)
    made.put("etc/hosts", b"127.0.0.1 localhost\n")
    made.link("bin", "usr/bin")
    made.folder("proc")
    return made


def members(data: bytes) -> dict[str, tarfile.TarInfo]:
    """The members of an archive by name, in their order."""
    with tarfile.open(fileobj=io.BytesIO(data)) as opened:
        return {each.name: each for each in opened}


def test_a_folder_stands_before_what_is_in_it() -> None:
    names = list(members(archive(tree().entries(), EPOCH)))
    assert names == ["bin", "etc", "etc/hosts", "proc", "usr", "usr/bin", "usr/bin/program"]


def test_all_belongs_to_root_is_of_one_time_and_written_by_nobody_else() -> None:
    found = members(archive(tree().entries(), EPOCH))
    assert {(each.uid, each.gid, each.uname, each.gname, each.mtime) for each in found.values()} == {
        (0, 0, "", "", EPOCH)
    }
    assert [
        name for name, each in found.items() if not each.issym() and each.mode & (stat.S_IWGRP | stat.S_IWOTH)
    ] == []


def test_kinds_contents_and_programs_are_kept() -> None:
    data = archive(tree().entries(), EPOCH)
    found = members(data)
    assert found["bin"].issym()
    assert found["bin"].linkname == "usr/bin"
    assert found["proc"].isdir()
    assert (found["usr/bin/program"].mode, found["etc/hosts"].mode) == (0o755, 0o644)
    with tarfile.open(fileobj=io.BytesIO(data)) as opened:
        file = opened.extractfile("etc/hosts")
        assert file is not None
        assert file.read() == b"127.0.0.1 localhost\n"


def test_a_machine_knows_a_layer_by_what_is_unpacked() -> None:
    plain = archive(tree().entries(), EPOCH)
    assert Layer(gzip.compress(plain), "x").plain_digest == hashlib.sha256(plain).hexdigest()
