"""`hardpan demo boot`: a bare machine is switched on beside the demo, and becomes a node with no hand on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cli.boot_media import Credentials
from cli.demo.booted import LABEL, BootedMachine, BootedMachines
from cli.demo.cloud import TOKEN, DemoCloud
from cli.demo.steps import Steps
from cli.errors import CliError
from cli.image_options import Made, Wanted, make
from cli.site import read_secret
from efi.esp import Content
from efi.usb import write_usb
from trust.dsse import encode

FLAVOUR, ENGINE = "cloud", "qemu"
PATIENCE_SECONDS = 180.0


def boot(cloud: DemoCloud, machines: BootedMachines, steps: Steps) -> BootedMachine:
    """Builds the image of the demo's site, and switches a new machine on. Raises CliError while the demo is down."""
    if not cloud.site.trust_file.exists():
        raise CliError("the demo is not up: hardpan demo up")
    made = image(cloud)
    steps.say(f"  ✓ boot image {len(made.image) / (1 << 20):.1f} MiB  sha256:{made.digest[:12]}…")
    machine = machines.machine(max(machines.numbers, default=0) + 1)
    write_medium(made, machine.medium, credentials(cloud))
    with steps.step(f"{machine.name}: firmware, kernel, network, registered"):
        machines.switch_on(machine.number)
        cloud.wait(lambda: _approved(machine) or None, machine.name, lambda: _told(machine), PATIENCE_SECONDS)
    for line in machine.screen():
        steps.say(f"  | {line}")
    return machine


def image(cloud: DemoCloud, parts: Sequence[str] = (ENGINE,)) -> Made:
    """The image that obeys this demo's users only."""
    authority = cloud.control_plane.authority.pair.certificate
    guests = tuple(sorted(cloud.layout.images.glob("sha256-*")))
    return make(Wanted(FLAVOUR, cloud.site.folder, authority, None, options=tuple(parts), guests=guests))


def credentials(cloud: DemoCloud) -> Credentials:
    """What stands beside the image: where the control plane is, and the join token."""
    seed = encode(read_secret(cloud.site.token_file(TOKEN)).seed)
    return Credentials(cloud.control_plane.gateway, f"{TOKEN}:{seed}", {LABEL: "true"})


def write_medium(made: Made, file: Path, beside: Credentials) -> None:
    """A stick with the image."""
    file.parent.mkdir(parents=True, exist_ok=True)
    values = {name: value.encode() for name, value in beside.by_name().items()}
    write_usb(made.tools, file, Content(made.image, values))


def _approved(machine: BootedMachine) -> bool:
    return machine.row("state").startswith("Approved") or machine.row("state").startswith("Reporting")


def _told(machine: BootedMachine) -> str:
    return "\n".join(machine.screen()) or "nothing on its console yet"
