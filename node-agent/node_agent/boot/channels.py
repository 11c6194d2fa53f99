"""Reads the channels beside the image, each in its form: the kernel line, credentials, SMBIOS strings, DHCP leases."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from node_agent.boot.offers import PREFIX, Channel, Offer

_LONGEST = 4096
_SUFFIX = ".cred"
_CREDENTIAL, _BINARY = "io.systemd.credential:", "io.systemd.credential.binary:"
_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_GATEWAY_OPTION, _TOKEN_OPTION = "opt224", "opt225"


def kernel_line(text: str) -> tuple[Offer, ...]:
    """`/proc/cmdline`. Pure."""
    return tuple(_words(Channel.KERNEL_LINE, text.split()))


def credentials(channel: Channel, files: Mapping[str, bytes]) -> tuple[Offer, ...]:
    """Files by name, as the firmware stub or the hypervisor left them. Pure."""
    named = ((name.removesuffix(_SUFFIX), _text(data)) for name, data in sorted(files.items()))
    return tuple(_words(channel, (f"{name}={text}" for name, text in named)))


def smbios(structure: bytes) -> tuple[Offer, ...]:
    """A raw SMBIOS structure of type 11: a head whose length is its second byte, then texts that end with NUL. Pure."""
    if len(structure) < 2:
        return ()
    strings = (_text(each) for each in structure[structure[1] :].split(b"\0"))
    return tuple(_words(Channel.SMBIOS, (_credential(each) for each in strings)))


def _credential(text: str) -> str:
    if text.startswith(_BINARY):
        name, _, coded = text.removeprefix(_BINARY).partition("=")
        try:
            return f"{name}={_text(base64.b64decode(coded, validate=True))}"
        except binascii.Error:
            return f"{name}="
    return text.removeprefix(_CREDENTIAL)


def _words(channel: Channel, words: Iterator[str] | list[str]) -> Iterator[Offer]:
    for word in words:
        name, is_offer, value = word.partition("=")
        if name.startswith(PREFIX) and is_offer:
            yield Offer(channel, name.removeprefix(PREFIX), value.strip())


def _text(data: bytes) -> str:
    return data[:_LONGEST].decode(errors="replace").rstrip("\0\r\n ")


@dataclass(frozen=True)
class Lease:
    """What a DHCP server gave a network card: its address, time servers, and what it says of Hardpan."""

    address: str
    time_servers: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()


def lease(text: str) -> Lease | None:
    """The variables of udhcpc, one a line; None without an address. Options that it does not know come as hex. Pure."""
    values = dict(line.partition("=")[::2] for line in text.splitlines())
    address = values.get("ip", "")
    if not _ADDRESS.fullmatch(address):
        return None
    said = {"gateway": values.get(_GATEWAY_OPTION), "token": values.get(_TOKEN_OPTION)}
    offers = tuple(Offer(Channel.DHCP, key, _unhex(value)) for key, value in said.items() if value)
    servers = tuple(each for each in values.get("ntpsrv", "").split() if _ADDRESS.fullmatch(each))
    return Lease(address, servers, offers)


def _unhex(value: str) -> str:
    try:
        return _text(bytes.fromhex(value))
    except ValueError:
        return ""
