"""Loop devices and mounts: a pool in a file, for tests and the demo."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sal.command import Command, Runner


@dataclass(frozen=True)
class LoopDevice:
    """A loop device and the file behind it."""

    device: Path
    file: Path


def attach(runner: Runner, file: Path) -> LoopDevice:
    """Attaches a file to a free loop device."""
    output = runner.run(Command(("losetup", "--find", "--show", str(file))))
    return LoopDevice(Path(output.text.strip()), file)


def detach(runner: Runner, device: Path) -> None:
    """Detaches a loop device."""
    runner.run(Command(("losetup", "--detach", str(device))))


def parse_attached(text: str, file: Path) -> list[Path]:
    """The devices of a file in the output of `losetup --json`, which is empty when there is no device at all."""
    names = (str(file), f"{file} (deleted)")
    devices = json.loads(text)["loopdevices"] if text.strip() else []
    return [Path(each["name"]) for each in devices if each["back-file"] in names]


def attached(runner: Runner, file: Path) -> list[Path]:
    """The loop devices that a file is attached to, also when it was deleted since."""
    return parse_attached(runner.run(Command(("losetup", "--json", "--output", "NAME,BACK-FILE"))).text, file)


def mount(runner: Runner, device: Path, target: Path, options: str = "nosuid,nodev") -> None:
    """Mounts a device."""
    target.mkdir(parents=True, exist_ok=True)
    runner.run(Command(("mount", "-o", options, str(device), str(target))))


def unmount(runner: Runner, target: Path) -> None:
    """Unmounts, lazily: what still holds it keeps nothing else alive. What is not mounted is no error."""
    runner.run(Command(("umount", "--lazy", str(target)), accepted_codes=(0, 32)))
