"""Nodes that firmware boots from the EFI image, in emulated machines; nobody touches them after power-on."""

from __future__ import annotations

from cli.demo.boot import await_approved, credentials, image, write_medium
from cli.demo.booted import BootedMachine, BootedMachines
from cli.demo.cloud import GUEST, DemoCloud
from cli.demo.hardware import BACK
from cli.demo.people import TENANT
from cli.demo.steps import Steps
from cli.errors import CliError

NUMBERS = (1, 2)
# A machine that is emulated on a node that is emulated itself.
GUEST_PATIENCE_SECONDS = 300.0


class OnBooted:
    """See Hardware."""

    def __init__(self, cloud: DemoCloud, machines: BootedMachines) -> None:
        self._cloud, self._machines = cloud, machines
        cloud.patience_seconds = GUEST_PATIENCE_SECONDS

    def bring_up(self, steps: Steps) -> None:
        """See Hardware. Raises CliError where the demo is up with nodes in namespaces."""
        if self._cloud.numbers:
            raise CliError("the demo is up with nodes that are processes: take it down first (make demo-down)")
        if not all(self._machines.runs(number) for number in NUMBERS):
            self._write_media(steps)
        label = " and ".join(self._machines.machine(number).name for number in NUMBERS)
        with steps.step(f"{label}: firmware, kernel, network, registered"):
            made = [self._machines.switch_on(number) for number in NUMBERS]
            for machine in made:
                await_approved(self._cloud, machine)
            self._cloud.await_ready_nodes(len(NUMBERS))
        for machine in made:
            steps.say()
            for line in machine.screen():
                steps.say(f"  | {line}")
        steps.say()

    def _write_media(self, steps: Steps) -> None:
        made = image(self._cloud, steps.step)
        steps.say(f"    {len(made.image) / (1 << 20):.1f} MiB  sha256:{made.digest[:12]}…")
        for number in NUMBERS:
            if not self._machines.runs(number):
                write_medium(made, self._machines.machine(number).medium, credentials(self._cloud))

    def lines(self) -> list[str]:
        """See Hardware; a node that was away has told some of them twice."""
        told = (line for number in NUMBERS for line in self._machines.machine(number).guests())
        return [line[line.index(GUEST) :] for line in dict.fromkeys(told) if GUEST in line]

    def hurt(self, steps: Steps) -> None:
        """See Hardware: the power of web-0's node is cut."""
        machine = self._home("web-0")
        with steps.step(f"power of {machine.name} cut: web-0 back, with what its volume held"):
            if not any(BACK in line for line in self.lines()):
                self._machines.cut(machine.number)
                self._machines.switch_on(machine.number)
            self._cloud.await_line(self.lines, BACK)
            self._cloud.await_ready("web")

    def _home(self, name: str) -> BootedMachine:
        found = self._cloud.kubectl.get("machines.hardpan.dev", name, TENANT) or {}
        node = found.get("spec", {}).get("node", "")
        for number in NUMBERS:
            if (machine := self._machines.machine(number)).row("node") == node:
                return machine
        raise CliError(f"machine {TENANT}/{name} is on no booted node of the demo, but on {node or 'none'}")
