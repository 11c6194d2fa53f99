"""`hardpan demo boot`: a bare machine is switched on beside the demo, and becomes a node with no hand on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from cli.demo import fabric
from cli.demo.booted import CONSOLES, LABEL, BootedMachine, BootedMachines
from cli.demo.cloud import TOKEN, DemoCloud
from cli.demo.steps import Steps
from cli.errors import CliError
from cli.image_options import Made, Wanted, make
from cli.site_files import read_secret
from efi.credentials import Credentials
from efi.esp import Content
from efi.usb import write_usb
from sal.filesystem import write_durably
from trust.dsse import encode

FLAVOUR, ENGINE = "cloud", "qemu"
# The second card leads to the other nodes, the second line shows what machines print.
SETTINGS = {
    "consoles": CONSOLES,
    "heartbeat_seconds": 2.0,
    "network": {
        "overlay": fabric.LINK,
        "routes": [{"destination": str(fabric.OVERLAY), "via": str(fabric.ROUTER), "device": fabric.LINK}],
    },
}
BOOT_PATIENCE_SECONDS = 300.0


def boot(cloud: DemoCloud, machines: BootedMachines, steps: Steps) -> BootedMachine:
    """Builds the image of the site, and switches a new machine on. Raises CliError while the demo is down, or full."""
    if not cloud.site.trust_file.exists():
        raise CliError("the demo is not up: hardpan demo up")
    machine = machines.next()
    made = image(cloud, steps.step)
    steps.say(f"    {len(made.image) / (1 << 20):.1f} MiB  sha256:{made.digest[:12]}…")
    write_medium(made, machine.medium, credentials(cloud))
    with steps.step(f"{machine.name}: firmware, kernel, network, registered"):
        machines.switch_on(machine.number)
        await_approved(cloud, machine)
    for line in machine.screen():
        steps.say(f"  | {line}")
    return machine


def image(cloud: DemoCloud, step: Callable[[str], AbstractContextManager[None]]) -> Made:
    """The image that obeys this demo's users only."""
    authority = cloud.plane.certificate
    guests = tuple(sorted(cloud.layout.images.glob("sha256-*")))
    settings = cloud.layout.folder / "booted-settings.json"
    write_durably(settings, json.dumps(SETTINGS).encode())
    wanted = Wanted(FLAVOUR, cloud.site.folder, authority, None, options=(ENGINE,), settings=settings, guests=guests)
    with step(f"boot image of the site (flavour {FLAVOUR}, with {ENGINE})"):
        return make(wanted)


def credentials(cloud: DemoCloud) -> Credentials:
    """What stands beside the image: where the control plane is, and the join token."""
    seed = encode(read_secret(cloud.site.token_file(TOKEN)).seed)
    return Credentials(cloud.plane.gateway, f"{TOKEN}:{seed}", {LABEL: "true"})


def write_medium(made: Made, file: Path, beside: Credentials) -> None:
    """A stick with the image."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_usb(made.tools, file, Content(made.image, beside.files()))


def await_approved(cloud: DemoCloud, machine: BootedMachine) -> None:
    """Waits until its console says so."""
    cloud.wait(lambda: _approved(machine) or None, machine.name, lambda: _shown(machine), BOOT_PATIENCE_SECONDS)


def _approved(machine: BootedMachine) -> bool:
    return machine.row("state").startswith(("Approved", "Reporting"))


def _shown(machine: BootedMachine) -> str:
    return "\n".join(machine.screen()) or "nothing on its console yet"
