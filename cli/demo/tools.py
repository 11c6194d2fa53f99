"""Builds the embedded Kubernetes and etcd once, into a cache keyed by what they are made of.

No package registry serves k3s; the same upstream API server comes as Go modules (reference/k3s.md).
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from cli.demo.waiting import waiting
from sal.command import Command, Runner, SystemRunner

TOOLS = Path(__file__).parents[2] / "tools"
KUBERNETES_VERSION = "v1.35.4"
BUILD_SECONDS = 3600.0


@dataclass(frozen=True)
class Tools:
    """Where the programs are. `kube` is one program for all components, chosen by its first argument."""

    kube: Path
    etcd: Path


def cache_folder() -> Path:
    """Where what takes long to build is kept."""
    return Path(os.environ.get("HARDPAN_CACHE") or Path.home() / ".cache" / "hardpan")


def embedded_kubectl() -> Path:
    """Where the embedded kubectl is, or will be."""
    return _tools().kube


def _tools() -> Tools:
    folder = cache_folder() / "tools" / _key()
    return Tools(folder / "kube", folder / "etcd")


def ensure_tools(runner: Runner) -> Tools:
    """The programs, built when they are not there yet (5-8 minutes on two cores, then never again)."""
    tools = _tools()
    tools.kube.parent.mkdir(parents=True, exist_ok=True)
    _ensure(runner, tools.kube, "kube", ".", _kube_flags())
    _ensure(runner, tools.etcd, "etcd", "go.etcd.io/etcd/server/v3", "-s -w")
    return tools


def _ensure(runner: Runner, target: Path, name: str, package: str, flags: str) -> None:
    if target.exists():
        return
    print(f"building {name} from Go modules (minutes, once)", file=sys.stderr, flush=True)
    began = time.monotonic()
    aside = target.with_name(f".new-{name}-{os.getpid()}")
    build = ("go", "build", "-C", str(TOOLS / name), "-trimpath", "-ldflags", flags, "-o", str(aside), package)
    environment = {name: value for name, value in os.environ.items() if name.startswith("GO")}
    environment |= {"CGO_ENABLED": "0", "PATH": os.environ["PATH"], "HOME": str(Path.home())}
    command = Command(build, environment=environment, timeout_seconds=BUILD_SECONDS, hint="Go 1.26 or newer is needed")
    with waiting(f"go build {name}", Console(stderr=True)):
        runner.run(command)
    aside.rename(target)
    print(f"built {name} in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def _kube_flags() -> str:
    major, minor = KUBERNETES_VERSION.removeprefix("v").split(".")[:2]
    words = ["-s", "-w"]
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
        words += ["-X", f"{package}.gitVersion={KUBERNETES_VERSION}"]
        words += ["-X", f"{package}.gitMajor={major}", "-X", f"{package}.gitMinor={minor}"]
    return " ".join(words)


def _key() -> str:
    hashed = hashlib.sha256(KUBERNETES_VERSION.encode())
    for file in sorted(TOOLS.glob("*/*")):
        if file.suffix in (".go", ".mod", ".sum"):
            hashed.update(file.name.encode() + b"\0" + file.read_bytes())
    return hashed.hexdigest()[:16]


if __name__ == "__main__":
    ensure_tools(SystemRunner())
