"""The files of an image: their order, and where each archive begins and ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from efi.cpio import FILE, FOLDER, LINK, PROGRAM, archive
from efi.initramfs import joined
from efi.site_part import MARK, SitePart, pack
from efi.tree import Tree
from efi.unpacked import keep_links_inside, merge

SITE = SitePart(({"payload": "cm9vdA=="},), "sha256:" + "a" * 64, 41, b"-----BEGIN CERTIFICATE-----\n")


def names(data: bytes) -> list[str]:
    """Names in a newc archive."""
    found, place = [], 0
    while place < len(data):
        head = data[place : place + 110]
        assert head[:6] == b"070701"
        size, length = int(head[54:62], 16), int(head[94:102], 16)
        found.append(data[place + 110 : place + 110 + length - 1].decode())
        place += -(-(110 + length) // 4) * 4
        place += -(-size // 4) * 4
    return found


def test_a_folder_stands_before_what_is_in_it_and_comes_by_itself() -> None:
    tree = Tree()
    tree.put("usr/lib/a", b"")
    tree.put("usr-b", b"")
    tree.folder("usr/lib.d")
    assert [each.name for each in tree.entries()] == ["usr", "usr/lib", "usr/lib/a", "usr/lib.d", "usr-b"]
    assert names(archive(list(tree.entries())))[-1] == "TRAILER!!!"


def test_of_a_mode_only_counts_whether_it_is_a_program(tmp_path: Path) -> None:
    tree, file = Tree(), tmp_path / "file"
    file.write_bytes(b"x")
    for mode in (0o600, 0o4711):
        file.chmod(mode)
        tree.copy(file, f"{mode:o}")
    tree.link("link", "600")
    assert [each.mode for each in tree.entries()] == [PROGRAM, FILE, LINK]
    assert FOLDER == 0o040755


def test_the_mark_is_the_last_file_of_the_last_archive() -> None:
    for site in (SITE, None):
        assert names(pack(site))[-2:] == [MARK, "TRAILER!!!"]


def test_the_site_is_in_the_signed_part_without_gateway_and_token() -> None:
    data = pack(SITE)
    medium = json.loads(data[data.index(b'{"ca"') : data.index(b"}", data.index(b'"snapshotFloor"')) + 1])
    assert medium == {
        "roots": [{"payload": "cm9vdA=="}],
        "cluster": SITE.cluster,
        "ca": "ca.pem",
        "snapshotFloor": 41,
    }


@pytest.mark.parametrize("length", range(1, 6))
def test_each_archive_begins_at_a_multiple_of_four(length: int) -> None:
    whole = joined([b"x" * length, b"second"])
    assert whole.index(b"second") % 4 == 0
    assert whole[:length] == b"x" * length
    assert set(whole[length : whole.index(b"second")]) <= {0}


def test_debians_old_folders_are_merged_into_usr(tmp_path: Path) -> None:
    for name in ("lib/x/old", "usr/lib/x/new", "lib/alone/file"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    merge(tmp_path / "lib", tmp_path / "usr/lib")
    assert not (tmp_path / "lib").exists()
    assert sorted(each.name for each in (tmp_path / "usr/lib").rglob("*") if each.is_file()) == ["file", "new", "old"]


def test_no_link_of_the_packages_leads_to_a_file_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "usr/lib64").mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("ours")
    (tmp_path / "usr/lib64/link").symlink_to("/etc/passwd")
    keep_links_inside(tmp_path)
    assert (tmp_path / "usr/lib64/link").read_text() == "ours"
