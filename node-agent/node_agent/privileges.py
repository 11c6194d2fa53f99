"""Gives up root for good, in the processes of a node that talk to others."""

from __future__ import annotations

import codecs
import os

from trust.part import parse_time


def become(user: int) -> None:
    """The process is this user and group from now on, in no other group; 0 changes nothing."""
    if user == 0 or os.getuid() != 0:
        return
    _preload()
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _preload() -> None:
    """The interpreter may be where the other user cannot read: what it loads on first use is loaded by now."""
    codecs.lookup("idna")
    parse_time("2026-11-24T00:00:00Z")
