"""Debian packages through apt, which checks signatures: what is served now, and files by exact version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from efi.errors import ContentsWrong, LockOutdated
from efi.lock import PACKAGE, Item
from sal.command import Command, Runner
from sal.errors import CommandFailed

UPDATE = "run `apt-get update` and try again"
OUTPUT_BYTES = 16 << 20
DOWNLOAD_SECONDS = 1800.0
_GONE = re.compile(r"Version '(.+?)' for '(.+?)' was not found|Unable to locate package (\S+)")


def served(runner: Runner, names: Iterable[str], options: Sequence[str] = ()) -> tuple[Item, ...]:
    """The newest served version of each package. Raises ContentsWrong for a name that apt does not know."""
    wanted = sorted(set(names))
    found = {item.name: item for item in map(_item, _records(runner, wanted, options))}
    missing = [name for name in wanted if name not in found]
    if missing:
        raise ContentsWrong(f"apt knows no package {', '.join(missing)}: {UPDATE}")
    return tuple(found[name] for name in wanted)


def first_dependency(runner: Runner, name: str, options: Sequence[str] = ()) -> str:
    """The package that a package without content of its own stands for."""
    record = _records(runner, [name], options)
    words = record[0].get("Depends", "").split() if record else []
    if not words:
        raise ContentsWrong(f"apt knows no package {name}: {UPDATE}")
    return words[0]


def _records(runner: Runner, names: Sequence[str], options: Sequence[str]) -> list[dict[str, str]]:
    command = ("apt-cache", *options, "show", "--no-all-versions", *names)
    output = runner.run(Command(command, output_limit_bytes=OUTPUT_BYTES, timeout_seconds=120, hint=UPDATE))
    return parse_records(output.text)


def parse_records(text: str) -> list[dict[str, str]]:
    """The fields of each record that apt shows; lines that continue a field are left out."""
    blocks = (block.splitlines() for block in text.split("\n\n") if block.strip())
    return [dict(line.split(": ", 1) for line in lines if re.match(r"[\w-]+: ", line)) for lines in blocks]


def _item(record: dict[str, str]) -> Item:
    return Item(PACKAGE, record["Package"], record["Version"], record["SHA256"])


def download(runner: Runner, items: Sequence[Item], folder: Path, options: Sequence[str] = ()) -> None:
    """Writes the packages into a folder. Raises LockOutdated for what is served no longer."""
    words = ("env", "--chdir", str(folder), "apt-get", *options, "-qq", "-o", "APT::Sandbox::User=root", "download")
    command = Command((*words, *(f"{each.name}={each.version}" for each in items)), timeout_seconds=DOWNLOAD_SECONDS)
    try:
        runner.run(command)
    except CommandFailed as error:
        gone = parse_gone(error.stderr)
        if not gone:
            raise CommandFailed(error.argv[:9], error.code, error.stderr, UPDATE) from None
        remedy = "take what is served now: `hardpan image lock`"
        raise LockOutdated(f"served no longer: {', '.join(gone)}; {remedy}") from None


def parse_gone(stderr: str) -> list[str]:
    """Names and versions that apt did not find."""
    return [f"{match[2] or match[3]} {match[1] or ''}".strip() for match in _GONE.finditer(stderr)]
