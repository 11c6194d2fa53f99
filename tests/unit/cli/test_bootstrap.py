"""The folder of sites: what is wrong with it is named by field, with the remedy, before anything is served."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.bootstrap_sites import read_sites
from cli.errors import CliError
from efi.bootstrap.site import Image, Medium
from efi.credentials import Credentials
from tests.unit.cli.conftest import Terminal
from tests.unit.efi.programs import image

PLAIN = "gateway: https://cp.example:8443\nimages: [metal.efi]\n"
WITH_TOKEN = f"{PLAIN}token: rack-7.token\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with images and a token, and no site yet."""
    made = tmp_path / "bootstrap"
    made.mkdir()
    (made / "metal.efi").write_bytes(image("metal"))
    (made / "cloud.efi").write_bytes(image("cloud"))
    (made / "carrying.efi").write_bytes(image("metal", "0.2.0", "console=ttyS0 hardpan.token=rack-7:c2VlZA=="))
    (made / "strange.efi").write_bytes(image("../etc"))
    (made / "rack-7.token").write_text('{"name": "rack-7", "seed": "c2VlZA=="}')
    return made


def _ignored(_: Image, __: bytes) -> None:
    pass


def test_a_site_is_what_its_file_says(folder: Path) -> None:
    more = "tokenOn: [usb, ipxe]\nlabels:\n  rack: '7'\n"
    (folder / "rack-7.yaml").write_text(f"# the first rack\n{WITH_TOKEN}{more}")
    (folder / "lab.yaml").write_text(PLAIN.replace("[metal.efi]", "[cloud.efi, metal.efi]"))
    taken: list[str] = []
    lab, rack = read_sites(folder, lambda image, _: taken.append(image.flavour))
    assert (rack.name, rack.beside.token, rack.beside.labels) == ("rack-7", "rack-7:c2VlZA==", {"rack": "7"})
    assert rack.token_on == {Medium.USB, Medium.IPXE}
    assert lab.beside == Credentials("https://cp.example:8443", "", {})
    assert (lab.flavours, lab.token_on) == (("cloud", "metal"), frozenset())
    assert taken == ["cloud", "metal", "metal"]


def test_a_token_inside_an_image_is_handed_out_when_the_operator_said_so(folder: Path) -> None:
    (folder / "rack-7.yaml").write_text(PLAIN.replace("metal.efi", "carrying.efi") + "tokenOn: [image]\n")
    (site,) = read_sites(folder, _ignored)
    assert site.images[0].has_token
    assert site.token_on == frozenset()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has 0 documents: write one"),
        ("- a", "is no map: write gateway"),
        (f"{PLAIN}---\n{PLAIN}", "has 2 documents: write one"),
        ("gateway: [", "is not YAML"),
        (f"{PLAIN}gatway: x\n", r"gatway is no field of this kind; did you mean gateway\?"),
        ("images: [metal.efi]\n", "gateway is missing: add it"),
        (PLAIN.replace("https", "http"), r"rack-7.yaml.gateway is 'http://cp.example:8443': write it like https://"),
        (PLAIN.replace("8443", "8443/x"), "rack-7.yaml.gateway is"),
        (PLAIN.replace("cp.example", "'${net0/ip}"), "rack-7.yaml"),
        (PLAIN.replace("[metal.efi]", "[]"), "images"),
        (PLAIN.replace("[metal.efi]", "metal.efi"), "images is 'metal.efi'"),
        (
            PLAIN.replace("metal.efi", "none.efi"),
            "images.0 is .*none.efi, which is no file.*make it with hardpan image",
        ),
        (PLAIN.replace("metal.efi", "rack-7.token"), "images.0 is .*rack-7.token: .*make it with hardpan image build"),
        (PLAIN.replace("metal.efi", "strange.efi"), "names no flavour and version"),
        (PLAIN.replace("metal.efi", "metal.efi, metal.efi"), "images.1 is metal 0.1.0 again: leave one of them out"),
        (WITH_TOKEN, "tokenOn is missing: name the media that anybody may take the token with"),
        (f"{PLAIN}tokenOn: [usb]\n", "tokenOn names usb, and there is no token: add token, or remove them"),
        (f"{WITH_TOKEN}tokenOn: [dvd]\n", "tokenOn.0 is 'dvd'"),
        (WITH_TOKEN.replace("rack-7.token", "none") + "tokenOn: [usb]\n", "rack-7.yaml.token .*none: No such file"),
        (
            WITH_TOKEN.replace("rack-7.token", "lab.txt") + "tokenOn: [usb]\n",
            "give what `hardpan token create` printed",
        ),
        (PLAIN.replace("metal.efi", "carrying.efi"), "images.0 has a join token inside.*add image to tokenOn"),
        (f"{PLAIN}labels: {{rack: 7}}\n", "labels.rack is 7"),
        (f"{PLAIN}labels: {{'a b': c}}\n", "labels"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_its_remedy(folder: Path, text: str, message: str) -> None:
    (folder / "rack-7.yaml").write_text(text)
    (folder / "lab.txt").write_text("{}")
    with pytest.raises(CliError, match=message) as refused:
        read_sites(folder, _ignored)
    assert "rack-7.yaml" in str(refused.value)


def test_the_name_of_a_site_is_a_name(folder: Path) -> None:
    (folder / "Rack 7.yaml").write_text(PLAIN)
    with pytest.raises(CliError, match="the file's name is 'Rack 7': write letters a-z"):
        read_sites(folder, _ignored)


def test_a_folder_without_sites_says_how_one_is_made(folder: Path) -> None:
    with pytest.raises(CliError, match=r"has no site: write .*NAME\.yaml"):
        read_sites(folder, _ignored)
    with pytest.raises(CliError, match="No such file or directory: name the folder"):
        read_sites(folder / "none", _ignored)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--listen", "8080"), "--listen is '8080': write it like 0.0.0.0:8080"),
        (("--listen", "0.0.0.0:99999"), "--listen is"),
        (("--certificate", "a.pem"), "--certificate and --key belong together"),
        (("--certificate", "none.pem", "--key", "none.key"), "--certificate none.pem is missing"),
    ],
)
def test_a_wrong_call_is_said_before_anything_is_fetched(
    terminal: Terminal, words: tuple[str, ...], message: str
) -> None:
    done = terminal("bootstrap", "serve", *words)
    assert done.code == 2
    assert message in done.err
