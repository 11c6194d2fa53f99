"""What the channels beside the image may say: gateway, join token, labels. Whatever else they say is told and ignored.

Nobody signed them, so they choose which door of the pinned cluster the machine knocks at, and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from node_agent.medium import JoinToken
from trust.strangers import harmless

PREFIX = "hardpan."
LABEL = "label."
_GATEWAY = re.compile(r"https://[^\s/]{1,255}")
_TOKEN = re.compile(r"([a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?):([A-Za-z0-9+/]{43}=)")
_LABEL_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"[A-Za-z0-9._-]{0,63}")
_SIGNED_ONLY = frozenset({"root", "roots", "cluster", "ca", "snapshotfloor", "settings"})
_SHOWN = 40
_MOST_IGNORED = 5


class Channel(IntEnum):
    """Where something was said; a higher one outweighs a lower one. `REMEMBERED` is what an earlier boot went by."""

    REMEMBERED = 0
    DHCP = 1
    KERNEL_LINE = 2
    CREDENTIALS = 3
    FIRMWARE_CONFIGURATION = 4
    SMBIOS = 5

    def __str__(self) -> str:
        return _NAMES[self]


_NAMES = {
    Channel.REMEMBERED: "an earlier boot",
    Channel.DHCP: "DHCP",
    Channel.KERNEL_LINE: "the kernel line",
    Channel.CREDENTIALS: "the boot medium",
    Channel.FIRMWARE_CONFIGURATION: "fw_cfg",
    Channel.SMBIOS: "SMBIOS",
}


@dataclass(frozen=True)
class Offer:
    """One thing that a channel says; `key` is without its `hardpan.`."""

    channel: Channel
    key: str
    value: str


@dataclass(frozen=True)
class Chosen:
    """What counts of all offers, and what does not, in words."""

    gateway: str = ""
    channel: Channel | None = None
    token: JoinToken | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def choose(offers: Iterable[Offer]) -> Chosen:
    """The highest valid offer of each key. Pure."""
    ordered = sorted(offers, key=lambda offer: offer.channel)
    valid = {offer.key: offer for offer in ordered if not objection(offer)}
    gateway, token = valid.get("gateway"), valid.get("token")
    return Chosen(
        gateway=gateway.value if gateway else "",
        channel=gateway.channel if gateway else None,
        token=_token(token.value) if token else None,
        labels={key.removeprefix(LABEL): offer.value for key, offer in valid.items() if key.startswith(LABEL)},
        ignored=_sentences(ordered),
    )


def objection(offer: Offer) -> str:
    """Why an offer does not count; empty when it does. Pure."""
    if offer.key.lower() in _SIGNED_ONLY:
        return "only the signed part of the image says it"
    if offer.key == "wipe":
        return "no word beside the image empties a disk"
    if offer.key == "gateway":
        return "" if _GATEWAY.fullmatch(offer.value) else "it must be https://HOST:PORT"
    if offer.key == "token":
        return "" if _TOKEN.fullmatch(offer.value) else "it must be NAME:SEED"
    if not offer.key.startswith(LABEL):
        return "this version does not know it"
    name = offer.key.removeprefix(LABEL)
    if not _LABEL_NAME.fullmatch(name) or not _LABEL_VALUE.fullmatch(offer.value):
        return "a label is at most 63 letters, digits, dots and dashes"
    return ""


def _token(text: str) -> JoinToken:
    name, seed = text.split(":", 1)
    return JoinToken(name=name, seed=seed)


def _sentences(offers: Iterable[Offer]) -> tuple[str, ...]:
    told = tuple(dict.fromkeys(_refusals(offers)))
    more = len(told) - _MOST_IGNORED
    return told if more <= 0 else (*told[:_MOST_IGNORED], f"and {more} more offers")


def _refusals(offers: Iterable[Offer]) -> Iterator[str]:
    """Never the value: it may be a secret, and it is a stranger's."""
    for offer in offers:
        if why := objection(offer):
            yield f"{harmless(offer.key, _SHOWN)} from {offer.channel}: {why}"
