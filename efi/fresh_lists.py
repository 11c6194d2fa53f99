"""What Debian serves now, in lists of our own: the machine's may be old, and renewing those needs root.

The servers are the machine's own. The component with firmware is among the lists, which few machines have switched on.
"""

from __future__ import annotations

from pathlib import Path

from efi.errors import ContentsWrong
from sal.command import Command, Runner
from sal.errors import os_errors
from sal.filesystem import write_durably

COMPONENTS = "main non-free-firmware"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
UPDATE_SECONDS = 600.0
_FORMAT = "$(SITE) $(RELEASE) $(COMPONENT) $(CREATED_BY)"


def parse_targets(text: str) -> tuple[tuple[str, str], ...]:
    """Address and release of each place that serves Debian's main component, from `apt-get indextargets`."""
    rows = (line.split() for line in text.splitlines())
    return tuple(sorted({(row[0], row[1]) for row in rows if row[2:] == ["main", "Packages"] and "debian" in row[0]}))


def ensure_options(runner: Runner, folder: Path) -> tuple[str, ...]:
    """Options by which apt reads fresh lists in a folder. Raises ContentsWrong, CommandError."""
    targets = parse_targets(runner.run(Command(("apt-get", "indextargets", "--format", _FORMAT))).text)
    if not targets:
        raise ContentsWrong("apt has no sources of Debian: build images on a Debian machine")
    lines = (f"deb [signed-by={KEYS}] {site} {release} {COMPONENTS}\n" for site, release in targets)
    with os_errors(folder):
        (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (folder / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    write_durably(folder / "sources.list", "".join(lines).encode(), 0o644)
    options = (
        *("-o", f"Dir::Etc::sourcelist={folder}/sources.list", "-o", "Dir::Etc::sourceparts=/dev/null"),
        *("-o", f"Dir::State::lists={folder}/lists", "-o", f"Dir::Cache={folder}/cache"),
        *("-o", "APT::Sandbox::User=root", "-o", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false"),
    )
    runner.run(Command(("apt-get", *options, "-qq", "update"), timeout_seconds=UPDATE_SECONDS))
    return options
