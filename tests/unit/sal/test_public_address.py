"""Addresses that a tenant's URL may lead to, and all that it may not."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sal.errors import Refused
from sal.public_address import checked, is_public


@pytest.mark.parametrize("address", ["1.1.1.1", "203.0.114.9", "2606:4700::1111", "2a01:4f8::1", "64:ff9b::101:101"])
def test_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1", "192.0.2.1",
        "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::10.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd12:3456::1", "fec0::1", "ff02::1", "ff0e::1", "400::1", "5ff:ffff::1", "2001:db8::1", "2001::1", "100::1",
        "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::1", "2002:7f00:1::", "4000::1",
    ],
)  # fmt: skip
def test_what_only_a_machine_of_ours_can_reach_is_not_public(address: str) -> None:
    assert not is_public(address)


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_address_within_an_address_is_as_public_as_that(inner: IPv4Address) -> None:
    number = int(inner)
    for carrier in (0xFFFF << 32, 0x64FF9B << 96, 0x2002 << 112):
        shift = 80 if carrier == 0x2002 << 112 else 0
        assert is_public(str(IPv6Address(carrier | number << shift))) == is_public(str(inner))


@given(st.integers(0, 2**121 - 1))
def test_no_overlay_address_is_public(rest: int) -> None:
    assert not is_public(str(IPv6Address(0x0400 << 112 | rest)))


def test_a_host_with_one_private_address_is_refused_whole() -> None:
    assert checked("a.example", ("1.1.1.1", "2606:4700::1")) == ("1.1.1.1", "2606:4700::1")
    with pytest.raises(Refused, match=r"a\.example is at 10\.0\.0\.1"):
        checked("a.example", ("1.1.1.1", "10.0.0.1"))
