"""Files of the node as they stand in the image: its first programs and the little that it has below /etc."""

from __future__ import annotations

from pathlib import Path

from efi.tree import Tree

HERE = Path(__file__).parent
PROGRAMS = {
    "init": "init",
    "start": "usr/lib/hardpan/start",
    "drivers": "usr/lib/hardpan/drivers",
    "network": "usr/lib/hardpan/network",
    "dhcp": "usr/lib/hardpan/dhcp",
}
FILES = {name: f"etc/{name}" for name in ("mdev.conf", "modules", "passwd", "group", "nsswitch.conf", "hosts")}
FOLDERS = ("dev", "etc/hardpan/site", "proc", "root", "run", "state", "sys", "sysroot", "tmp", "var/lib")
LINKS = {
    "bin": "usr/bin",
    "etc/mtab": "../proc/self/mounts",
    "etc/resolv.conf": "../run/resolv.conf",
    "lib": "usr/lib",
    "lib64": "usr/lib64",
    "sbin": "usr/bin",
    "usr/sbin": "bin",
    "var/run": "../run",
}


def add_node(tree: Tree) -> None:
    """Adds the files of this folder, empty folders, and the links that Debian's programs expect."""
    for name, place in PROGRAMS.items():
        tree.put(place, (HERE / name).read_bytes(), program=True)
    for name, place in FILES.items():
        tree.put(place, (HERE / name).read_bytes())
    for name in FOLDERS:
        tree.folder(name)
    for name, target in LINKS.items():
        tree.link(name, target)
