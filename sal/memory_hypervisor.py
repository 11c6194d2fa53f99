"""A hypervisor without guests, for benches and tests: a machine is a file in its folder, and starts at once.

As real machines do, these outlive the process that started them and are found again by their folder.
"""

from __future__ import annotations

from pathlib import Path

from sal.hypervisor import Info, MachineConfig, State, Trouble

_STATE = "simulated"


class MemoryHypervisor:
    """`sal.hypervisor.Hypervisor` that only remembers."""

    def lacks(self) -> str:
        """See Hypervisor."""
        return ""

    def start(self, config: MachineConfig) -> None:
        """See Hypervisor."""
        if self.info(config.folder).state is not State.RUNNING:
            config.folder.mkdir(parents=True, exist_ok=True)
            with (config.folder / "console.log").open("a") as console:
                console.write(f"{config.name} is simulated\n")
            self._set(config.folder, State.RUNNING)

    def info(self, folder: Path) -> Info:
        """See Hypervisor."""
        file = folder / _STATE
        return Info(State(file.read_text()) if file.exists() else State.ABSENT)

    def trouble(self, folder: Path) -> Trouble | None:
        """See Hypervisor; nobody pauses what is only remembered."""
        return None

    def resume(self, folder: Path) -> None:
        """See Hypervisor."""

    def announce(self, folder: Path, disk: Path) -> None:
        """See Hypervisor; nobody looks."""

    def stop(self, folder: Path, grace_seconds: float) -> bool:
        """See Hypervisor; the guest always goes by itself."""
        self.kill(folder)
        return True

    def kill(self, folder: Path) -> None:
        """See Hypervisor."""
        (folder / _STATE).unlink(missing_ok=True)

    def console(self, folder: Path, limit: int = 4096) -> bytes:
        """See Hypervisor."""
        file = folder / "console.log"
        return file.read_bytes()[-limit:] if file.exists() else b""

    def crash(self, folder: Path) -> None:
        """The guest ends by itself."""
        self._set(folder, State.CRASHED)

    def _set(self, folder: Path, state: State) -> None:
        aside = folder / f".new-{_STATE}"
        aside.write_text(state.value)
        aside.rename(folder / _STATE)
