"""iPXE scripts for machines that say who they are, so that each is given the image of its node."""

from __future__ import annotations

from urllib.parse import quote

from efi.bootstrap.offer import Offer
from efi.bootstrap.pins import Claim, Given
from efi.netboot import IMAGE, script

MACHINE, CARD = "machine", "card"
_KEPT, _TRIAL = "hardpan_pin=kept", "hardpan_pin=trial"


def asking(offer: Offer) -> str:
    """The script that everybody gets: it comes back and says who it is. Pure.

    iPXE takes what stands before a colon for a scheme, so the card's address has hyphens.
    """
    return f"#!ipxe\nchain {quote(offer.name)}?{MACHINE}=${{uuid}}&{CARD}=${{netX/mac:hexhyp}}\n"


def answering(offer: Offer, given: Given) -> str:
    """The script for one machine. Pure."""
    words = (*offer.beside.words(), _TRIAL if given.trial else _KEPT)
    return script(given.image.line, words, f"../{quote(given.image.version)}/{IMAGE}")


def claim(query: dict[str, str]) -> Claim | None:
    """Who asks; None for who does not say it. A stranger's words. Pure."""
    if MACHINE not in query and CARD not in query:
        return None
    return Claim(query.get(MACHINE, "")[:64], query.get(CARD, "")[:32].replace("-", ":"))
