"""The boot's own process: its output goes to a file, since the console is a screen and no log."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import UTC, datetime

from node_agent.boot import observing
from node_agent.boot.acts import Acts
from node_agent.boot.consoles import ConsoleCopy
from node_agent.boot.node import NodeProcesses
from node_agent.boot.places import Places
from node_agent.boot.preloaded import Preloaded
from node_agent.boot.screen import Screen, drawn
from node_agent.boot.sequence import Boot
from node_agent.boot.terminals import Terminals
from node_agent.clock import render
from node_agent.process import Child
from node_agent.settings import FETCH_USER
from node_agent.update.documents import Desk, Shelf
from node_agent.update.install import Installer
from node_agent.update.keeper import Updates
from node_agent.update.partition import BootPartition
from node_agent.update.pinned import Pin, pin
from sal.command import Runner, SystemRunner
from sal.efi_boot import BootVariables
from sal.power_button import PowerButton


def main(places: Places) -> None:
    """Boots this machine and looks after it until SIGTERM."""
    _redirect(places)
    preloaded = Preloaded()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    terminals = Terminals(places.root)
    terminals.quiet()
    children = NodeProcesses(lambda name, settings, show: Child(name, settings, show, preloaded.begin))
    acts = Acts(places, SystemRunner(), children)
    button, consoles = PowerButton(), ConsoleCopy()

    def beside() -> None:
        if button.pressed():
            os.kill(os.getppid(), signal.SIGUSR2)
        consoles.look(acts.node.settings)

    boot = Boot(places, acts, lambda screen: terminals.show(drawn(screen)), updates(places, acts.runner))
    try:
        boot.serve(stopping, beside)
    except Exception as error:
        terminals.show(drawn(_unforeseen(error)))
        raise


def updates(places: Places, runner: Runner) -> Updates | None:
    """What brings this machine to another image; None for an image that says too little of itself."""
    image = observing.own_image(places)
    if not image:
        return None
    partition = BootPartition(places.root, places.boot_partition, runner)
    given = pin(places.kernel_line.read_text(errors="replace"))
    variables = BootVariables(places.root)
    installer = Installer(Shelf(places.attempt), partition, variables, runner, FETCH_USER, pinned=given is not None)
    desk, trial = Desk(places.update), given is Pin.TRIAL
    return Updates(image["version"], desk, installer, lambda: os.kill(os.getppid(), signal.SIGTERM), trial=trial)


def _unforeseen(error: Exception) -> Screen:
    sentence = f"The boot met what nobody foresaw and begins again: {type(error).__name__}: {error}"
    return Screen("Hardpan", state="Starting", since=render(datetime.now(UTC)), sentence=sentence)


def _redirect(places: Places) -> None:
    places.run.mkdir(mode=0o711, parents=True, exist_ok=True)
    descriptor = os.open(places.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(descriptor, stream.fileno())
