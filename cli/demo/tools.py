"""Builds the embedded Kubernetes, its etcd and DNS, and helm once, each into a cache keyed by what it is made of.

No package registry serves k3s; the same upstream API server comes as Go modules (reference/k3s.md).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from cli.demo.waiting import waiting
from sal.command import Command, Runner, SystemRunner

SOURCES = Path(__file__).parents[2] / "tools"
KUBERNETES_VERSION = "v1.35.4"
HELM_VERSION = "v3.22.0"
BUILD_SECONDS = 3600.0


@dataclass(frozen=True)
class Tools:
    """Where the programs are. `kube` is one program for all components, chosen by its first argument."""

    kube: Path
    etcd: Path
    helm: Path
    coredns: Path


@dataclass(frozen=True)
class Program:
    """A program of `tools/<name>`: its Go package, the variables that are set in it, and its build tags."""

    name: str
    package: str
    variables: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """What `go build` is told."""
        settings = [word for variable in self.variables for word in ("-X", variable)]
        return ("-trimpath", "-tags", ",".join(self.tags), "-ldflags", " ".join(("-s", "-w", *settings)))

    @property
    def target(self) -> Path:
        """Where it is in the cache."""
        hashed = hashlib.sha256(repr((self.package, self.options)).encode())
        for file in sorted((SOURCES / self.name).iterdir()):
            hashed.update(file.name.encode() + b"\0" + file.read_bytes())
        return cache_folder() / "tools" / hashed.hexdigest()[:16] / self.name


def _kubernetes_version() -> tuple[str, ...]:
    major, minor = KUBERNETES_VERSION.removeprefix("v").split(".")[:2]
    values = (("gitVersion", KUBERNETES_VERSION), ("gitMajor", major), ("gitMinor", minor))
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return tuple(f"{package}.{name}={value}" for package in packages for name, value in values)


def _helm_version() -> tuple[str, ...]:
    """Its own, and the Kubernetes that `helm template` takes for granted where it asks none."""
    major, minor = KUBERNETES_VERSION.removeprefix("v").split(".")[:2]
    defaults = tuple(
        f"helm.sh/helm/v3/pkg/{package}.k8sVersion{name}={value}"
        for package in ("chartutil", "lint/rules")
        for name, value in (("Major", major), ("Minor", minor))
    )
    return (f"helm.sh/helm/v3/internal/version.version={HELM_VERSION}", *defaults)


KUBE = Program("kube", ".", _kubernetes_version(), ("agent",))
ETCD = Program("etcd", "go.etcd.io/etcd/server/v3")
COREDNS = Program("coredns", ".")
HELM = Program("helm", "helm.sh/helm/v3/cmd/helm", _helm_version())


def cache_folder() -> Path:
    """Where what takes long to build is kept."""
    return Path(os.environ.get("HARDPAN_CACHE") or Path.home() / ".cache" / "hardpan")


def embedded_kubectl() -> Path:
    """Where the embedded kubectl is, or will be."""
    return KUBE.target


def ensure_tools(runner: Runner, *, pods: bool = False) -> Tools:
    """The programs, built when they are not there yet (minutes on two cores, then never again).

    What only `pods` need is not built for who has none.
    """
    for program in (KUBE, ETCD, *((HELM, COREDNS) if pods else ())):
        _ensured(runner, program)
    return Tools(KUBE.target, ETCD.target, HELM.target, COREDNS.target)


def _ensured(runner: Runner, program: Program) -> None:
    target = program.target
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name("lock").open("w") as lock:
        # Two builds of the same would take each other's processors; whoever held the lock has built it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _build(runner, program)


def _build(runner: Runner, program: Program) -> None:
    target = program.target
    print(f"building {program.name} from Go modules (minutes, once)", file=sys.stderr, flush=True)
    began = time.monotonic()
    aside = target.with_name(f".new-{program.name}-{os.getpid()}")
    build = ("go", "build", "-C", str(SOURCES / program.name), *program.options, "-o", str(aside), program.package)
    environment = {name: value for name, value in os.environ.items() if name.startswith("GO")}
    environment |= {"CGO_ENABLED": "0", "PATH": os.environ["PATH"], "HOME": str(Path.home())}
    command = Command(build, environment=environment, timeout_seconds=BUILD_SECONDS, hint="Go 1.26 or newer is needed")
    with waiting(f"go build {program.name}", Console(stderr=True)):
        runner.run(command)
    aside.rename(target)
    print(f"built {program.name} in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    ensure_tools(SystemRunner(), pods="pods" in sys.argv[1:])
