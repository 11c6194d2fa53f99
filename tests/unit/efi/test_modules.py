"""Which kernel modules are chosen; the texts are lines of Debian's 6.1.0-56-cloud-amd64."""

from __future__ import annotations

import pytest

from efi.errors import ContentsWrong
from efi.modules import ModuleTexts, choose, parse_maps

MAPS = parse_maps(
    ModuleTexts(
        dependencies="""\
kernel/fs/overlayfs/overlay.ko:
kernel/fs/btrfs/btrfs.ko: kernel/crypto/xor.ko kernel/lib/raid6/raid6_pq.ko kernel/lib/libcrc32c.ko
kernel/crypto/xor.ko:
kernel/lib/raid6/raid6_pq.ko:
kernel/lib/libcrc32c.ko:
kernel/arch/x86/crypto/crc32c-intel.ko:
kernel/crypto/blake2b_generic.ko:
kernel/drivers/net/ethernet/mellanox/mlx5/core/mlx5_core.ko: kernel/drivers/net/ethernet/mellanox/mlxfw/mlxfw.ko
kernel/drivers/net/ethernet/mellanox/mlxfw/mlxfw.ko:
kernel/drivers/net/ethernet/mellanox/mlx4/mlx4_core.ko:
""",
        soft="""\
# Soft dependencies extracted from modules themselves.
softdep btrfs pre: blake2b-256
softdep btrfs pre: crypto-crc32c
softdep libcrc32c pre: crc32c
""",
        aliases="""\
# Aliases extracted from modules themselves.
alias crc32c crc32c_intel
alias crypto-crc32c crc32c_intel
alias blake2b-256 blake2b_generic
alias pci:v000015B3d*sv*sd*bc*sc*i* mlx5_core
""",
        builtin="kernel/drivers/char/tpm/tpm.ko\nkernel/drivers/char/tpm/tpm_tis.ko\n",
    )
)
CHECKSUMS = {"kernel/crypto/blake2b_generic.ko", "kernel/arch/x86/crypto/crc32c-intel.ko"}


def test_a_module_comes_with_what_it_needs_and_what_it_would_like() -> None:
    needed = {"kernel/crypto/xor.ko", "kernel/lib/raid6/raid6_pq.ko", "kernel/lib/libcrc32c.ko"}
    assert set(choose(MAPS, ["btrfs"])) == {"kernel/fs/btrfs/btrfs.ko", *needed, *CHECKSUMS}


def test_dash_and_underscore_are_the_same_name() -> None:
    assert choose(MAPS, ["crc32c_intel"]) == choose(MAPS, ["crc32c-intel"])


def test_a_folder_stands_for_all_below_it_and_what_that_needs() -> None:
    found = choose(MAPS, ["drivers/net/ethernet/mellanox/mlx5/"])
    assert [each.rpartition("/")[2] for each in found] == ["mlx5_core.ko", "mlxfw.ko"]


def test_a_star_stands_for_any_rest_of_a_name() -> None:
    assert len(choose(MAPS, ["mlx*_core"])) == 3


def test_what_is_built_into_the_kernel_needs_no_file() -> None:
    assert choose(MAPS, ["tpm-tis"]) == ()


@pytest.mark.parametrize("wanted", ["brtfs", "drivers/net/ethernet/melanox/", "virtio*"])
def test_a_name_that_the_kernel_does_not_have_is_said(wanted: str) -> None:
    with pytest.raises(ContentsWrong, match="no module"):
        choose(MAPS, ["btrfs", wanted])
