"""`hardpan image`: what a medium is given of a site; bad input is said before anything is fetched or written."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.boot_media import carried, site_part
from cli.commands.media import place
from cli.demo.pki import Authority
from cli.errors import Usage
from cli.image_options import Made
from cli.site import Site, snapshot_of
from efi.build import Order
from efi.credentials import Credentials
from efi.esp import Content
from efi.flavour import FLAVOURS
from efi.lock import Lock
from efi.unpacked import Unpacked
from sal.testing import FakeRunner
from tests.unit.cli.conftest import Terminal

GATEWAY = ("--gateway", "https://cp.example:8443")


@pytest.fixture
def site(terminal: Terminal) -> Path:
    """A site with the CA of its gateway."""
    keys = [word for name in ("root-1", "root-2") for word in ("--root-key", str(terminal.keys / f"{name}.pub"))]
    assert terminal("init", *keys, "--region", "eu", "--site", terminal.site).code == 0
    made = Authority(terminal.home / "pki", "ca").pair.certificate
    (terminal.site / "ca.pem").write_bytes(made.read_bytes())
    return terminal.site


def test_the_signed_part_is_roots_cluster_floor_and_ca(site: Path) -> None:
    part = site_part(Site(site), site / "ca.pem")
    assert [json.dumps(each) for each in part.roots] == [json.dumps(json.loads(e)) for e in Site(site).trust.roots]
    assert part.cluster == Site(site).cluster
    assert part.snapshot_floor == snapshot_of(Site(site)).version
    assert part.authority == (site / "ca.pem").read_bytes()


@pytest.mark.parametrize(
    "text", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"]
)
def test_a_ca_that_no_node_could_read_is_refused(site: Path, text: str) -> None:
    (site / "ca.pem").write_text(text)
    with pytest.raises(Usage, match="no certificate"):
        site_part(Site(site), site / "ca.pem")


def test_what_stands_beside_is_gateway_token_and_labels(tmp_path: Path) -> None:
    token = tmp_path / "rack-7.token"
    token.write_text('{"name": "rack-7", "seed": "c2VlZA=="}')
    found = carried("https://cp.example:8443", token, ["rack=7", "disk=ssd"])
    assert found.by_name() == {
        "hardpan.gateway": "https://cp.example:8443",
        "hardpan.token": "rack-7:c2VlZA==",
        "hardpan.label.disk": "ssd",
        "hardpan.label.rack": "7",
    }
    assert found.words()[1] == "hardpan.token=rack-7:c2VlZA=="


def test_what_was_not_given_is_not_there() -> None:
    assert carried("", None, []).by_name() == {}


def test_settings_of_nodes_are_in_the_signed_part(site: Path, tmp_path: Path) -> None:
    file = tmp_path / "nodes.json"
    file.write_text('{"runners": 4, "network": {"bridge": "hp1"}}')
    assert site_part(Site(site), site / "ca.pem", file).settings == {"runners": 4, "network": {"bridge": "hp1"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"runners": 99}', "runners"),
        ('{"engine": "xen"}', "engine"),
        ('{"state": "/"}', "state is the same on every node"),
        ("[1]", "is no JSON object"),
        ("", "is no JSON object"),
    ],
)
def test_settings_that_no_node_takes_are_refused(site: Path, tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "nodes.json"
    file.write_text(text)
    with pytest.raises(Usage, match=message):
        site_part(Site(site), site / "ca.pem", file)


@pytest.mark.parametrize(("token", "mode"), [("rack-7:c2VlZA==", 0o600), ("", 0o644)])
def test_nobody_else_reads_a_medium_with_a_token(tmp_path: Path, token: str, mode: int) -> None:
    def write(_: Unpacked, file: Path, content: Content) -> None:
        assert file.parent.stat().st_mode & 0o077 == 0
        file.write_bytes(b"".join(content.files().values()))

    lock = Lock(datetime(2026, 11, 26, tzinfo=UTC), ())
    made = Made(Order(FLAVOURS["cloud"], lock), b"image", False, Unpacked(tmp_path, FakeRunner()))
    stick = tmp_path / "stick.img"
    place(write, made, Credentials("https://cp.example", token, {}), stick)
    assert stat.S_IMODE(stick.stat().st_mode) == mode
    assert stick.read_bytes().startswith(b"image")
    assert [each.name for each in tmp_path.iterdir()] == ["stick.img"]


@pytest.mark.parametrize("gateway", ["http://cp.example", "cp.example:8443", "https://cp/x", "https://a b", "https://"])
def test_a_gateway_that_no_node_could_use_is_refused(gateway: str) -> None:
    with pytest.raises(Usage, match="write it like https://"):
        carried(gateway, None, [])


@pytest.mark.parametrize("text", ["", "[]", '{"name": "x"}', "c2VlZA=="])
def test_a_token_is_what_its_command_printed(tmp_path: Path, text: str) -> None:
    file = tmp_path / "token"
    file.write_text(text)
    with pytest.raises(Usage, match="hardpan token create"):
        carried("https://cp.example", file, [])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--flavour", "metall"), "there is no flavour 'metall': there is cloud, metal"),
        (("--ca", "none.pem"), "none.pem is missing: name with --ca"),
        (("--ca", "/dev/null"), "/dev/null is missing"),
        (("--sign-key", "db.key"), "--sign-key and --sign-certificate belong together"),
        (("--sign-key", "db.key", "--sign-certificate", "db.crt"), "db.key is missing"),
        (("--label", "rack"), "--label takes name=value"),
        (("--with", "kvm"), "there is no part kvm: there is qemu"),
        (("--lock", "none.lock"), "none.lock: No such file"),
    ],
)
def test_bad_input_is_said_and_nothing_is_written(
    terminal: Terminal, site: Path, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    target = tmp_path / "stick.img"
    done = terminal("image", "usb", "--flavour", "cloud", *GATEWAY, "--site", site, "--output", target, *words)
    assert done.code != 0
    assert message in done.err
    assert not target.exists()


def test_a_file_that_is_no_image_is_said(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no image")
    done = terminal("image", "inspect", file)
    assert (done.code, done.out) == (1, "")
    assert "no EFI program" in done.err
