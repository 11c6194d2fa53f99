"""Every path that the boot reads or writes outside the node's own state directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """The layout of a booted machine below its root."""

    root: Path = Path("/")

    @property
    def site(self) -> Path:
        """The signed part of the image."""
        return self.root / "etc/hardpan/site"

    @property
    def os_release(self) -> Path:
        """The image's name, version and build time."""
        return self.root / "etc/os-release"

    @property
    def state(self) -> Path:
        """Where the pool is mounted."""
        return self.root / "state"

    @property
    def remembered(self) -> Path:
        """What the channels beside the image said at an earlier boot."""
        return self.state / "boot.json"

    @property
    def run(self) -> Path:
        """What lasts until the machine goes down."""
        return self.root / "run/hardpan"

    @property
    def medium(self) -> Path:
        """The medium that agent and executor read."""
        return self.run / "medium"

    @property
    def settings(self) -> Path:
        """The node's settings, before they are on the pool."""
        return self.run / "settings.json"

    @property
    def update(self) -> Path:
        """What executor and boot tell each other of the image."""
        return self.run / "update"

    @property
    def boot_partition(self) -> Path:
        """Where the boot medium's partition is mounted while something is done to it."""
        return self.run / "boot-partition"

    @property
    def attempt(self) -> Path:
        """What outlives a restart of an update."""
        return self.state / "update"

    @property
    def leases(self) -> Path:
        """What DHCP gave, a file per network card."""
        return self.root / "run/dhcp"

    @property
    def log(self) -> Path:
        """What the boot's own process printed."""
        return self.run / "boot.log"

    @property
    def mounts(self) -> Path:
        """What is mounted where."""
        return self.root / "proc/self/mounts"

    @property
    def drivers(self) -> Path:
        """Made once drivers were loaded for everything that was there at power-on."""
        return self.root / "run/drivers"

    @property
    def modules(self) -> Path:
        """The kernel's drivers and what each is doing."""
        return self.root / "proc/modules"

    @property
    def kernel_line(self) -> Path:
        """The words that the kernel was started with."""
        return self.root / "proc/cmdline"

    @property
    def credentials(self) -> tuple[Path, ...]:
        """Where the firmware stub leaves the medium's credentials."""
        return (self.root / ".extra/global_credentials", self.root / ".extra/credentials")

    @property
    def firmware_configuration(self) -> Path:
        """What a hypervisor hands over, a folder per name."""
        return self.root / "sys/firmware/qemu_fw_cfg/by_name/opt/io.systemd.credentials"

    @property
    def smbios(self) -> Path:
        """The firmware's own tables."""
        return self.root / "sys/firmware/dmi/entries"

    def device(self, name: str) -> Path:
        """A device's node."""
        return self.root / "dev" / name
