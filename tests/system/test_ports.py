"""A port that is kept for a server stays free while that server is down."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from cli.demo.ports import free_ports, kept_ports


def test_the_kernel_gives_none_of_them_to_somebody_else() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert max(free_ports(50)) < min(first, 30_000), "NodePorts begin at 30000"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.2.1", "0.0.0.0"])
def test_one_that_somebody_listens_on_is_left_out(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = free_ports(2)
    monkeypatch.setattr("cli.demo.ports.RANGE", (first, second))
    with socket.socket() as taken:
        taken.bind((address, first))
        assert free_ports(2) == [second]


def test_a_name_keeps_its_port(tmp_path: Path) -> None:
    first = kept_ports(tmp_path / "ports.json", ("a", "b"))
    assert kept_ports(tmp_path / "ports.json", ("a", "b")) == first
