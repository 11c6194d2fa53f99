"""The volumes of the real machine below, and its bin, by way of the pool."""

from __future__ import annotations

from dataclasses import dataclass

from node_agent.executor.sal_errors import translated
from node_agent.paths import Paths
from sal.pool import Pool, VolumeState


@dataclass
class SalVolumes:
    """`VolumeHost` over a pool."""

    paths: Paths
    pool: Pool

    def volume_size(self, host_name: str) -> int | None:
        """See VolumeHost."""
        with translated():
            return self.pool.volume_size(host_name)

    def volume_state(self, host_name: str) -> VolumeState:
        """See VolumeHost."""
        with translated():
            return self.pool.volume_state(host_name)

    def mend_volume(self, host_name: str) -> None:
        """See VolumeHost."""
        with translated():
            self.pool.mend_volume(host_name)

    def rename_back(self, found: str, host_name: str) -> None:
        """See VolumeHost."""
        with translated():
            self.pool.rename_back(found, host_name)

    def create_volume(self, host_name: str, size: int) -> None:
        """See VolumeHost."""
        with translated():
            self.pool.create_volume(host_name, size)

    def grow_volume(self, host_name: str, size: int) -> None:
        """See VolumeHost."""
        with translated():
            self.pool.grow_volume(host_name, size)

    def bin_volume(self, host_name: str) -> None:
        """See VolumeHost."""
        with translated():
            self.pool.bin_volume(host_name)

    def in_bin(self, host_name: str) -> bool:
        """See VolumeHost."""
        with translated():
            return bool(self.pool.binned(host_name))

    def restore_volume(self, host_name: str) -> None:
        """See VolumeHost."""
        with translated():
            self.pool.restore_volume(host_name)

    def bin_entries(self) -> frozenset[str]:
        """See VolumeHost."""
        return frozenset(each.name for each in self.paths.bin.iterdir())

    def empty_bin(self, entry: str) -> None:
        """See VolumeHost."""
        with translated():
            self.pool.empty_bin(entry)

    def destroy_volume(self, host_name: str) -> None:
        """See VolumeHost."""
        with translated():
            self.pool.destroy_volume(host_name)
