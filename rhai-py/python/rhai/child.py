"""The evaluator's child: a script that gets out of the engine finds no key, no file, no network and little memory.

Started by `rhai.evaluator` as a program of its own, with an empty environment. It loads what it needs, then gives up
what it has: privileges, files (Landlock), network, and what is beyond the limits below.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import resource
import sys

ADDRESS_SPACE = 512 << 20
WRITABLE_MEMORY = 224 << 20
CPU_SECONDS = 60
READY = b"ready\n"
NOBODY = 65_534

_CLONE_NEWNET = 0x40000000
_NO_NEW_PRIVILEGES = 38
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION = 1
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}


def confine() -> None:
    """What the kernel lacks, or does not let us do, is left out; the other walls still stand."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.unshare(_CLONE_NEWNET)
    _without_privileges()
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _without_files(libc)
    for limit, value in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_DATA, WRITABLE_MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(limit, (value, value))


def _without_privileges() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def _without_files(libc: ctypes.CDLL) -> None:
    """A Landlock ruleset without a rule: opens no file, reaches no TCP port, signals nobody outside."""
    version = landlock_version()
    if not version:
        return
    files = (1 << max(bits for since, bits in _FILE_RIGHTS.items() if since <= version)) - 1
    ports, scopes = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    rules = (ctypes.c_uint64 * 3)(files, ports, scopes)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(_CREATE_RULESET, rules, size, 0)
    libc.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def landlock_version() -> int:
    """What of Landlock the kernel has; 0 for nothing."""
    return max(0, int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, 0, _VERSION)))


def serve(function: str, path: list[str]) -> None:
    """Answers requests until its input ends."""
    sys.path[:] = path
    module, name = function.split(":")
    evaluate = getattr(importlib.import_module(module), name)
    confine()
    with os.fdopen(os.dup(1), "wb") as answers:
        sys.stdout = sys.stderr
        answers.write(READY)
        answers.flush()
        for line in sys.stdin.buffer:
            answers.write(json.dumps(evaluate(json.loads(line))).encode() + b"\n")
            answers.flush()


if __name__ == "__main__":
    serve(sys.argv[1], json.loads(sys.argv[2]))
