"""Root, cluster id and CA come from the signed part of the image: no channel beside it can say them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from node_agent.boot import observing, site
from node_agent.boot.channels import lease
from node_agent.boot.offers import Offer, choose
from node_agent.boot.places import Places
from node_agent.boot.site import Site
from node_agent.medium import MediumFile
from tests.unit.node_agent.cluster import Cluster

WORDS = ("root", "roots", "Roots", "cluster", "CLUSTER", "ca", "snapshotFloor", "settings")
THEIRS = {"root": "{}", "roots": "[]", "cluster": "sha256:" + "6" * 64, "ca": "mine.pem", "snapshotfloor": "0"}
GATEWAY = "https://10.0.2.2:8443"


def value(word: str) -> str:
    """What a stranger would have us believe."""
    return THEIRS.get(word.lower(), "mine")


def by_dhcp(places: Places, words: tuple[str, ...]) -> None:
    """udhcpc keeps two options; a server may send more, also of names that we give a meaning."""
    lines = ["ip=10.0.2.15", "opt224=" + GATEWAY.encode().hex()]
    lines += [f"{prefix}{word}={value(word)}" for word in words for prefix in ("hardpan.", "")]
    lines += [f"opt{226 + number}={value(word).encode().hex()}" for number, word in enumerate(words)]
    places.leases.mkdir(parents=True)
    (places.leases / "eth0.env").write_text("\n".join(lines))


def by_kernel_line(places: Places, words: tuple[str, ...]) -> None:
    places.kernel_line.parent.mkdir(parents=True, exist_ok=True)
    places.kernel_line.write_text(" ".join([f"hardpan.gateway={GATEWAY}", *(f"hardpan.{w}={value(w)}" for w in words)]))


def by_medium(places: Places, words: tuple[str, ...]) -> None:
    folder = places.credentials[0]
    folder.mkdir(parents=True)
    for word, text in (("gateway", GATEWAY), *((word, value(word)) for word in words)):
        (folder / f"hardpan.{word}.cred").write_text(text)


def by_firmware(places: Places, words: tuple[str, ...]) -> None:
    for word, text in (("gateway", GATEWAY), *((word, value(word)) for word in words)):
        folder = places.firmware_configuration / f"hardpan.{word}"
        folder.mkdir(parents=True)
        (folder / "raw").write_text(text)


def by_smbios(places: Places, words: tuple[str, ...]) -> None:
    strings = [f"hardpan.gateway={GATEWAY}", *(f"io.systemd.credential:hardpan.{word}={value(word)}" for word in words)]
    folder = places.smbios / "11-0"
    folder.mkdir(parents=True)
    (folder / "raw").write_bytes(b"\x0b\x05\0\0\1" + b"".join(each.encode() + b"\0" for each in strings))


def by_memory(places: Places, words: tuple[str, ...]) -> None:
    """What an earlier boot left on the pool, which somebody else may have written."""
    places.remembered.parent.mkdir(parents=True, exist_ok=True)
    places.remembered.write_text(json.dumps({"gateway": GATEWAY} | {word: value(word) for word in words}))


CHANNELS: dict[str, Callable[[Places, tuple[str, ...]], None]] = {
    "DHCP": by_dhcp,
    "the kernel line": by_kernel_line,
    "the boot medium": by_medium,
    "fw_cfg": by_firmware,
    "SMBIOS": by_smbios,
    "an earlier boot": by_memory,
}


def offers(places: Places) -> tuple[Offer, ...]:
    """All that the channels say, as the boot reads them."""
    leases = [lease(each.read_text()) for each in places.leases.glob("*.env")]
    return (*(offer for found in leases if found for offer in found.offers), *observing.offers(places))


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_a_channel_says_of_root_cluster_and_ca_changes_nothing(channel: str, tmp_path: Path) -> None:
    cluster = Cluster()
    signed = {"roots": [json.loads(cluster.root.to_json())], "cluster": cluster.id}
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / site.MEDIUM).write_text(json.dumps(signed))
    (folder / "ca.pem").write_text("the image's own")
    image: Site = site.load(folder)
    said = []
    for words in ((), WORDS):
        places = Places(tmp_path / f"machine{len(words)}")
        CHANNELS[channel](places, words)
        said.append(choose(offers(places)))
    plain, more = (site.medium(image, each) for each in said)
    assert plain == more
    read = MediumFile.model_validate_json(more)
    assert (read.roots, read.cluster, read.ca) == (signed["roots"], cluster.id, str(folder / "ca.pem"))
    assert read.gateway == GATEWAY
    assert said[1].labels == {}


@pytest.mark.parametrize("channel", ["the kernel line", "the boot medium", "fw_cfg", "SMBIOS"])
def test_what_is_ignored_is_told_with_its_channel(channel: str, tmp_path: Path) -> None:
    places = Places(tmp_path)
    CHANNELS[channel](places, ("roots", "cluster", "ca"))
    told = choose(offers(places)).ignored
    assert set(told) == {
        f"{word} from {channel}: only the signed part of the image says it" for word in ("roots", "cluster", "ca")
    }
