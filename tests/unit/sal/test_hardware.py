"""What a machine says it is made of, from the files of real kernels."""

from __future__ import annotations

from pathlib import Path

import pytest

from sal import hardware

X86 = """processor	: 0
vendor_id	: AuthenticAMD
model name	: AMD EPYC 7B13   64-Core Processor
flags		: fpu vme hypervisor lahf_lm

processor	: 1
model name	: another
"""
ARM = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n"
BARE = "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) Gold 6354 CPU @ 3.00GHz\nflags\t\t: fpu vmx\n"


def tree(root: Path, files: dict[str, str]) -> Path:
    """A root folder with these files."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_server_says_what_it_is(tmp_path: Path) -> None:
    dmi = {
        "board_vendor": "Supermicro\n", "product_name": "SYS-1029P-WTR\n", "product_serial": "A263310X9B02713\n",
        "product_uuid": "4C4C4544-0047-3010-8058-B4C04F4D3633\n", "bios_vendor": "American Megatrends Inc.\n",
        "bios_version": "3.3\n",
    }  # fmt: skip
    root = tree(tmp_path, {f"sys/class/dmi/id/{name}": text for name, text in dmi.items()})
    (root / "sys/firmware/efi").mkdir(parents=True)
    uuid = "4c4c4544-0047-3010-8058-b4c04f4d3633"
    assert hardware.board(root) == hardware.Board("Supermicro", "SYS-1029P-WTR", "A263310X9B02713", uuid)
    assert hardware.firmware(root) == "UEFI American Megatrends Inc. 3.3"


@pytest.mark.parametrize(
    "said",
    [
        "To be filled by O.E.M.", "Default string", "Not Specified", "System Serial Number", "0",
        "00000000-0000-0000-0000-000000000000", "N/A", "xx",
    ],
)  # fmt: skip
def test_a_placeholder_says_nothing(tmp_path: Path, said: str) -> None:
    root = tree(tmp_path, {"sys/class/dmi/id/product_serial": said + "\n", "sys/class/dmi/id/product_uuid": said})
    assert hardware.board(root) == hardware.Board()


def test_a_machine_without_firmware_tables_says_nothing(tmp_path: Path) -> None:
    assert (hardware.board(tmp_path), hardware.firmware(tmp_path)) == (hardware.Board(), "")
    assert (hardware.processor(tmp_path), hardware.memory(tmp_path), hardware.cards(tmp_path)) == ("", 0, ())


@pytest.mark.parametrize(
    ("text", "model", "virtual"),
    [
        (X86, "AMD EPYC 7B13 64-Core Processor", True),
        (ARM, "", False),
        (BARE, "Intel(R) Xeon(R) Gold 6354 CPU @ 3.00GHz", False),
    ],
)
def test_the_processor_and_whether_the_machine_is_virtual(tmp_path: Path, text: str, model: str, virtual: bool) -> None:
    root = tree(tmp_path, {"proc/cpuinfo": text})
    assert (hardware.processor(root), hardware.is_virtual(root)) == (model, virtual)


def test_memory_in_bytes_and_what_runs_machines(tmp_path: Path) -> None:
    root = tree(tmp_path, {"proc/meminfo": "MemTotal:       24683684 kB\nMemFree:         1 kB\n", "dev/kvm": ""})
    assert (hardware.memory(root), hardware.virtualises(root)) == (24683684 * 1024, True)


def test_cards_but_no_bridges_and_none_without_an_address(tmp_path: Path) -> None:
    files = {
        "sys/class/net/eth1/device/vendor": "", "sys/class/net/eth1/address": "52:54:00:AB:CD:02\n",
        "sys/class/net/eth0/device/vendor": "", "sys/class/net/eth0/address": "52:54:00:ab:cd:01\n",
        "sys/class/net/ib0/device/vendor": "", "sys/class/net/ib0/address": "00:00:00:00:00:00\n",
        "sys/class/net/hp0/address": "52:54:00:ab:cd:03\n",
    }  # fmt: skip
    found = hardware.cards(tree(tmp_path, files))
    assert found == (hardware.Card("eth0", "52:54:00:ab:cd:01"), hardware.Card("eth1", "52:54:00:ab:cd:02"))
