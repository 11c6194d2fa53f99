"""Network cards, as the kernel lists them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sal import block, interfaces

CASES = Path(__file__).parents[2] / "cases"


def cases(name: str) -> Any:
    """Gives a test each case of a function, named by its file."""
    files = sorted((CASES / f"sal.{name}").glob("*.json"))
    found = [pytest.param(json.loads(file.read_text()), id=file.stem) for file in files]
    return pytest.mark.parametrize("case", found)


@cases("interfaces.parse_addresses")
def test_the_addresses_that_hold(case: dict[str, Any]) -> None:
    found = interfaces.parse_addresses("".join(f"{line}\n" for line in case["lines"]))
    assert {name: [str(each) for each in own] for name, own in found.items()} == case["addresses"]


@cases("block.parse_name")
def test_the_name_of_a_partition(case: dict[str, Any]) -> None:
    assert block.parse_name("".join(f"{line}\n" for line in case["lines"])) == case["name"]


def tree(root: Path, files: dict[str, str]) -> Path:
    """A folder with these files."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_bridge_is_no_network_card(tmp_path: Path) -> None:
    files = {
        "sys/class/net/eth0/device/vendor": "0x1af4", "sys/class/net/eth0/carrier": "1\n",
        "sys/class/net/eth1/device/vendor": "0x1af4", "sys/class/net/hp0/carrier": "1\n",
        "proc/net/if_inet6": "fd000000000000000000000000000002 04 40 00 82     eth0\n",
    }  # fmt: skip
    eth0, eth1 = interfaces.interfaces(tree(tmp_path, files))
    assert (eth0.name, eth0.carrier, [str(each) for each in eth0.addresses]) == ("eth0", True, ["fd00::2"])
    assert (eth1.name, eth1.carrier, eth1.addresses) == ("eth1", False, ())


def test_disks_in_their_order_with_what_they_say_of_themselves(tmp_path: Path) -> None:
    files = {
        "sys/class/block/sdaa/size": "2048", "sys/class/block/sdb/size": "4096", "sys/class/block/sr0/size": "4096",
        "sys/class/block/loop0/size": "4096", "sys/class/block/sdb/removable": "1\n",
        "sys/class/block/vda/size": "8192", "sys/class/block/vda/ro": "1\n", "sys/class/block/vda/serial": "QM1\n",
        "sys/class/block/vda/queue/logical_block_size": "4096\n", "sys/class/block/vda/vda1/partition": "1\n",
        "sys/class/block/vda/vda1/uevent": "PARTNAME=hardpan-state\n", "sys/class/block/vda1/size": "4096",
    }  # fmt: skip
    sdb, vda, sdaa = block.disks(tree(tmp_path, files))
    assert (sdb.name, sdb.size, sdb.removable, sdb.read_only) == ("sdb", 2 << 20, True, False)
    assert (vda.size, vda.sector, vda.read_only, vda.serial) == (4 << 20, 4096, True, "QM1")
    assert [(each.device, each.name) for each in vda.partitions] == [("vda1", "hardpan-state")]
    assert sdaa.name == "sdaa"
