"""What a cloud may not leave behind when it was taken down, looked for on the machine itself."""

from __future__ import annotations

import json
from pathlib import Path

from cli.demo.layout import Layout
from sal.command import Command, SystemRunner


def leftovers(layout: Layout) -> list[str]:
    """Processes, mounts, loop devices, namespaces, interfaces, rules and files of this cloud."""
    return [*_processes(layout.folder), *_mounts(layout.folder), *_loops(layout.folder), *_network(layout.name)] + [
        f"file {each}" for each in (layout.folder.iterdir() if layout.folder.exists() else ())
    ]


def _run(*words: str) -> str:
    return SystemRunner().run(Command(words)).text


def _processes(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").iterdir():
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if process.name.isdigit() and str(folder) in words:
            found.append(f"process {process.name} {words}")
    return found


def _mounts(folder: Path) -> list[str]:
    """Of every process, since nodes mount in namespaces of their own."""
    found = set()
    for file in Path("/proc").glob("[0-9]*/mounts"):
        try:
            found |= {line for line in file.read_text().splitlines() if str(folder) in line}
        except OSError:
            continue
    return [f"mount {line}" for line in sorted(found)]


def _loops(folder: Path) -> list[str]:
    listed = json.loads(_run("losetup", "--json", "--list") or '{"loopdevices": []}')["loopdevices"]
    return [f"loop device {each['name']}" for each in listed if str(folder) in each["back-file"]]


def _network(name: str) -> list[str]:
    found = [f"interface {each['ifname']}" for each in json.loads(_run("ip", "-json", "link"))]
    found += [f"namespace {each['name']}" for each in json.loads(_run("ip", "-json", "netns", "list") or "[]")]
    tables = json.loads(_run("nft", "--json", "list", "tables"))["nftables"]
    found += [f"rules {each['table']['name']}" for each in tables if "table" in each]
    return [each for each in found if each.partition(" ")[2].startswith((name, "hardpan"))]
