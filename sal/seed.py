"""The seed disk: a small FAT disk labelled CIDATA that tells a guest who it is (the NoCloud convention)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path

from sal.command import Command, Runner
from sal.filesystem import make_sparse, move

SEED_BYTES = 1 << 20
# A fixed volume serial and date, so that the same seed is the same bytes.
_EPOCH = {"SOURCE_DATE_EPOCH": "1704067200"}


@dataclass(frozen=True)
class SeedVolume:
    """A volume as the guest finds it: the disk's serial, where to mount it."""

    serial: str
    mount: str
    read_only: bool


@dataclass(frozen=True)
class SeedContent:
    """What a guest is told: its name, its address with /64 and gateway, its volumes and environment."""

    hostname: str
    address: IPv6Address
    gateway: IPv6Address
    volumes: tuple[SeedVolume, ...]
    environment: Mapping[str, str]


def files(content: SeedContent) -> dict[str, bytes]:
    """The files on the disk: NoCloud's three, and one that a small guest without cloud-init reads line by line."""
    meta = json.dumps({"instance-id": content.hostname, "local-hostname": content.hostname})
    route = {"to": "400::/7", "via": str(content.gateway)}
    link = {"match": {"name": "e*"}, "addresses": [f"{content.address}/64"], "routes": [route], "mtu": 1400}
    mounts = [[f"/dev/disk/by-id/virtio-{each.serial}", each.mount] for each in content.volumes]
    return {
        "meta-data": meta.encode(),
        "user-data": b"#cloud-config\n" + json.dumps({"mounts": mounts}).encode(),
        "network-config": json.dumps({"version": 2, "ethernets": {"port0": link}}).encode(),
        "hardpan.conf": plain(content).encode(),
    }


def plain(content: SeedContent) -> str:
    """One `word value…` a line; an environment value is the rest of its line (it holds no line break)."""
    lines = [f"hostname {content.hostname}", f"address {content.address}/64", f"gateway {content.gateway}"]
    lines += [f"volume {v.serial} {v.mount} {'ro' if v.read_only else 'rw'}" for v in content.volumes]
    lines += [f"env {name}={value}" for name, value in sorted(content.environment.items())]
    return "\n".join(lines) + "\n"


def write_seed(runner: Runner, target: Path, content: SeedContent) -> None:
    """Makes the disk; it appears whole."""
    aside = target.with_name(f".new-{target.name}")
    make_sparse(aside, SEED_BYTES)
    format_it = ("mkfs.vfat", "-n", "CIDATA", "-i", "48415244", "--invariant", str(aside))
    runner.run(Command(format_it, hint="install dosfstools"))
    for name, data in files(content).items():
        copy = ("mcopy", "-i", str(aside), "-", f"::{name}")
        runner.run(Command(copy, input=data, environment=_EPOCH, hint="install mtools"))
    move(aside, target)
