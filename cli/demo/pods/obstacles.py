"""What keeps this machine from running pods: asked before, since what containerd says then names no remedy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

from cli.demo.pods import cgroups
from cli.demo.pods.configuration import PLUGINS
from sal.command import Command, Runner
from sal.errors import CommandError

PROGRAMS = ("containerd", "ctr", "runc", "containerd-shim-runc-v2", "iptables", "busybox", "unshare", "findmnt")
NEEDED_PLUGINS = ("bridge", "host-local", "loopback", "portmap")
PROBE = "hardpan-probe"
_APART = ("unshare", "--net", "--")
_LINK = (*_APART, "ip", "link", "add", "probe", "type")
TRIED = {
    "namespaces of its own (CAP_SYS_ADMIN)": (*_APART, "unshare", "--mount", "--pid", "--fork", "--mount-proc", "true"),
    "virtual cables (kernel: veth)": (*_LINK, "veth", "peer", "name", "other"),
    "bridges (kernel: bridge)": (*_LINK, "bridge"),
    "address translation (kernel: nf_tables or ip_tables, nat)": (*_APART, "iptables", "--table", "nat", "--list"),
}


def obstacles(runner: Runner) -> tuple[str, ...]:
    """What is missing, in words; empty where pods can be run."""
    if os.geteuid() != 0:
        return ("root: pods need namespaces, mounts and control groups",)
    return (*_missing_programs(), *_refused(runner), *_without_groups())


def _missing_programs() -> Iterator[str]:
    plugins = [name for name in NEEDED_PLUGINS if not (PLUGINS / name).exists()]
    missing = [*(name for name in PROGRAMS if shutil.which(name) is None), *plugins]
    if missing:
        yield f"{', '.join(missing)}: run `make setup` as root"


def _refused(runner: Runner) -> Iterator[str]:
    for what, words in TRIED.items():
        try:
            runner.run(Command(words))
        except CommandError as error:
            yield f"{what}: {error}"


def _without_groups() -> Iterator[str]:
    try:
        cgroups.ensure(PROBE)
    except OSError as error:
        yield f"control groups of its own: {cgroups.ROOT}: {error.strerror}"
    finally:
        cgroups.remove(PROBE)
