"""What a person does with a medium: commands that check it, and what a DHCP server tells machines. Pure."""

from __future__ import annotations

import shlex

from efi.bootstrap.offer import Offer
from efi.bootstrap.shelf import Kept
from efi.bootstrap.site import Medium
from efi.esp import BOOT
from sal import boot_entries

IMAGE = "image.efi"


def checks(offer: Offer, found: Kept, address: str) -> tuple[str, ...]:
    """Commands that end with the image alone, whose digest is known where it was built."""
    file = shlex.quote(offer.saved_as)
    fetch = () if offer.medium in (Medium.USB, Medium.ISO) else (f"curl --output {file} {shlex.quote(address)}",)
    whole = f"echo '{found.digest}  {offer.saved_as}' | sha256sum --check"
    return (*fetch, whole, *_image(offer, file, address), *_signature(offer))


def _image(offer: Offer, file: str, address: str) -> tuple[str, ...]:
    """How the image is taken out of the medium."""
    out = f"echo '{offer.image.digest}  {IMAGE}' | sha256sum --check"
    if offer.medium is Medium.USB:
        # See efi.slots: no key is at hand here, so nothing stands before a signed image.
        place = BOOT if offer.image.signed else boot_entries.image_file(offer.image.version)
        return (f"mcopy -i {file}@@1M ::{place} {IMAGE}", out)
    if offer.medium is Medium.ISO:
        return (
            f"xorriso -osirrox on -indev {file} -extract /esp.img esp.img",
            f"mcopy -i esp.img ::{BOOT} {IMAGE}",
            out,
        )
    if offer.medium is Medium.IPXE:
        return (f"curl --output {IMAGE} {shlex.quote(image_address(address))}", out)
    return ()


def _signature(offer: Offer) -> tuple[str, ...]:
    """For images that firmware checks too."""
    file = shlex.quote(offer.saved_as) if offer.medium is Medium.HTTP else IMAGE
    return (f"sbverify --cert db.pem {file}",) if offer.image.signed else ()


def image_address(address: str) -> str:
    """The image beside a script."""
    return f"{address.rpartition('/')[0]}/hardpan.efi"


def dhcp(offer: Offer, address: str) -> tuple[str, ...]:
    """What dnsmasq tells machines; see docs/netboot.md for the whole of it. No seed of a token is in it."""
    if offer.medium is Medium.IPXE:
        return ("dhcp-match=set:ipxe,175", f"dhcp-boot=tag:ipxe,{address}")
    token = () if offer.image.has_token else ("# dhcp-option-force=225,NAME:SEED    of the token's file",)
    return (
        "dhcp-vendorclass=set:http,HTTPClient",
        "dhcp-option-force=tag:http,60,HTTPClient",
        f"dhcp-boot=tag:http,{address}",
        f"dhcp-option-force=224,{offer.site.beside.gateway}",
        *token,
    )
