"""`python -m node_agent.boot`: what the image's init ends in, and so pid 1."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from node_agent.boot.init import Init
from node_agent.boot.places import Places
from node_agent.boot.trial import Trial, trial_seconds
from node_agent.update import SOUND
from node_agent.update.pinned import Pin, pin
from sal import power
from sal.efi_boot import BootVariables


def boot() -> None:
    """In a child: what it imports and how it fails is no concern of pid 1."""
    from node_agent.boot.process import main

    main(Places())


def _failed(places: Places) -> Callable[[], bool]:
    """Only a start that the firmware was asked for once is a trial, or one that the bootstrap server calls so."""
    line = places.kernel_line.read_text(errors="replace")
    if not BootVariables(places.root).started_once() and pin(line) is not Pin.TRIAL:
        return lambda: False
    return Trial(places.update / SOUND, trial_seconds(line)).failed


if os.getpid() != 1:
    sys.exit("this boots a machine and ends every other process on it: it runs as pid 1 of a boot image only")
init = Init(boot, Places().state, _failed(Places()))
power.let_keys_ask()
init.finish(init.serve())
