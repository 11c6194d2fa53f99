"""What the bootstrap server hands out, and what it does not, whoever asks and however."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import stat
from pathlib import Path

import pytest

from efi.bootstrap.offer import offers
from efi.bootstrap.place import own_folder
from efi.bootstrap.site import Medium, image_of
from tests.unit.efi.bootstrap.server import CLOUD, GATEWAY, METAL, OLD, SEED, Server, server, site

METAL_FILES = "/sites/rack-7/metal/current"


@pytest.fixture
def boot(tmp_path: Path) -> Server:
    """A server with two sites."""
    return server(tmp_path)


async def test_firmware_gets_the_very_image_by_flavour_and_version(boot: Server) -> None:
    for path, image in {
        "rack-7/metal/current": METAL,
        "rack-7/metal/0.2.0": METAL,
        "rack-7/metal/0.1.0": OLD,
        "lab/cloud/current": CLOUD,
    }.items():
        got = await boot.get(f"/sites/{path}/hardpan.efi")
        assert (got.status_code, got.content) == (200, image)
        assert got.headers["content-type"] == "application/efi"
        assert got.headers["etag"] == f'"{hashlib.sha256(image).hexdigest()}"'
        assert "content-disposition" not in got.headers


async def test_firmware_may_ask_for_the_size_alone(boot: Server) -> None:
    got = await boot.client.head(f"{METAL_FILES}/hardpan.efi")
    assert (got.status_code, got.content) == (200, b"")
    assert int(got.headers["content-length"]) == len(METAL)


async def test_a_download_goes_on_where_it_stopped(boot: Server) -> None:
    whole = await boot.get(f"{METAL_FILES}/hardpan.efi")
    headers = {"range": "bytes=100-", "if-range": whole.headers["etag"]}
    rest = await boot.get(f"{METAL_FILES}/hardpan.efi", headers=headers)
    assert (rest.status_code, rest.content) == (206, METAL[100:])
    assert rest.headers["content-range"] == f"bytes 100-{len(METAL) - 1}/{len(METAL)}"
    other = await boot.get(f"{METAL_FILES}/hardpan.efi", headers={**headers, "if-range": '"another"'})
    assert (other.status_code, other.content) == (200, METAL)


async def test_a_range_that_is_not_there_is_refused(boot: Server) -> None:
    got = await boot.get(f"{METAL_FILES}/hardpan.efi", headers={"range": f"bytes={len(METAL)}-"})
    assert (got.status_code, got.headers["content-range"]) == (416, f"bytes */{len(METAL)}")


async def test_ipxe_is_told_all_but_the_token(boot: Server) -> None:
    text = (await boot.get(f"{METAL_FILES}/boot.ipxe")).text
    assert text == (f"#!ipxe\ndhcp\nchain hardpan.efi console=ttyS0 hardpan.gateway={GATEWAY} hardpan.label.rack=7\n")


async def test_a_token_is_where_the_operator_lets_it_be_and_where_it_was_asked_for(boot: Server) -> None:
    got = await boot.get(f"{METAL_FILES}/boot-with-token.ipxe")
    assert f"hardpan.token=rack-7:{SEED}" in got.text
    assert got.headers["cache-control"] == "no-store"
    assert (await boot.get("/sites/lab/metal/current/boot-with-token.ipxe")).status_code == 404


def test_the_image_alone_never_has_a_token_beside_it() -> None:
    known = site("rack-7", METAL, token_on=tuple(Medium))
    names = {each.name for each in offers(known, known.images[0])}
    assert names == {
        *("hardpan.img", "hardpan.iso", "boot.ipxe", "hardpan.efi"),
        *("hardpan-with-token.img", "hardpan-with-token.iso", "boot-with-token.ipxe"),
    }


async def test_the_page_without_a_token_shows_no_seed(boot: Server) -> None:
    for path in ("/", "/medium?site=rack-7&flavour=metal&medium=ipxe&token=yes", "/medium?site=lab&flavour=metal"):
        assert SEED not in (await boot.get(path)).text


async def test_a_medium_is_made_once_for_all_who_ask(boot: Server) -> None:
    asked = [boot.ask(f"{METAL_FILES}/hardpan.img") for _ in range(5)]
    answers = await asyncio.gather(*asked)
    answers.append(await boot.get(f"{METAL_FILES}/hardpan.img.sha256"))
    assert [each.status_code for each in answers] == [200] * 6
    assert boot.made == 1


async def test_who_goes_away_does_not_stop_what_others_wait_for(boot: Server) -> None:
    known = site("rack-7", METAL)
    offer = next(each for each in offers(known, known.images[0]) if each.medium is Medium.USB)
    first = asyncio.create_task(boot.shelf.get(offer))
    await asyncio.sleep(0)
    first.cancel()
    made = await boot.shelf.get(offer)
    assert made.size == 75 << 20
    assert boot.made == 1
    # Nor is its digest computed again.
    assert await boot.shelf.get(offer) is made


async def test_what_was_made_is_there_after_a_restart_and_what_nobody_can_ask_for_is_not(
    boot: Server, tmp_path: Path
) -> None:
    for path in (f"{METAL_FILES}/hardpan.img", "/sites/lab/metal/current/hardpan.img"):
        await boot.ask(path)
    again = server(tmp_path)
    known = site("rack-7", METAL)
    again.shelf.keep_only(offers(known, known.images[0]))
    assert sorted(each.suffix for each in (tmp_path / "shelf").iterdir()) == [".efi", ".img"]
    await again.ask(f"{METAL_FILES}/hardpan.img")
    assert again.made == 0


async def test_media_with_other_contents_are_never_taken_for_each_other(boot: Server) -> None:
    names = [f"{METAL_FILES}/{name}" for name in ("boot.ipxe", "boot-with-token.ipxe")]
    for path in (*names, "/sites/rack-7/metal/0.1.0/boot.ipxe", "/sites/lab/metal/current/boot.ipxe"):
        await boot.ask(path)
    # Site lab has the same image, gateway and labels as rack-7, so its script without a token is the same file.
    assert len(list((boot.folder / "shelf").glob("*.ipxe"))) == 3


async def test_nobody_else_on_the_machine_reads_what_has_a_token(boot: Server) -> None:
    await boot.get(f"{METAL_FILES}/boot-with-token.ipxe")
    folder = boot.folder / "shelf"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}


async def test_a_digest_is_shown_as_sha256sum_reads_it(boot: Server) -> None:
    disc = await boot.get(f"{METAL_FILES}/hardpan.iso")
    digest = hashlib.sha256(disc.content).hexdigest()
    assert (await boot.get(f"{METAL_FILES}/hardpan.iso.sha256")).text == f"{digest}  hardpan-rack-7-metal-0.2.0.iso\n"
    assert disc.headers["content-disposition"] == 'attachment; filename="hardpan-rack-7-metal-0.2.0.iso"'
    coded = base64.b64encode(bytes.fromhex(digest)).decode()
    assert disc.headers["repr-digest"] == f"sha-256=:{coded}:"


@pytest.mark.parametrize(
    "path",
    [
        "/sites",
        "/sites/",
        "/sites/rack-7",
        "/sites/rack-7/metal/current/",
        "/sites/none/metal/current/hardpan.efi",
        "/sites/rack-7/cloud/current/hardpan.efi",
        "/sites/rack-7/metal/0.3.0/hardpan.efi",
        "/sites/rack-7/metal/current/other.efi",
        "/sites/rack-7/metal/current/..%2f..%2fhardpan.efi",
        "/sites/rack-7/metal/%2e%2e/hardpan.efi",
        "/sites/..%2f..%2f..%2fetc/passwd",
        "/sites/rack-7/metal/current/%2fetc%2fpasswd",
        "/sites/rack-7/metal/current/hardpan.efi%00.img",
        "/sites/rack-7/metal/current/hardpan.efi.sha256.sha256",
        "/style.css/../../site.py",
        "/page/front.html",
    ],
)
async def test_no_other_path_leads_to_a_file_or_a_listing(boot: Server, path: str) -> None:
    got = await boot.get(path)
    assert got.status_code == 404
    assert got.text == "there is no such file here: the page at / names what there is\n"


async def test_nothing_can_be_sent_to_it(boot: Server) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert (await boot.client.request(method, "/medium")).status_code == 405


async def test_a_medium_that_cannot_be_made_is_said_without_the_reason_which_is_in_the_log(
    boot: Server, caplog: pytest.LogCaptureFixture
) -> None:
    boot.runner._answers.clear()
    boot.runner.on("*", code=1, stderr=b"the disk is full")
    got = await boot.get(f"{METAL_FILES}/hardpan.img")
    assert got.status_code == 503
    assert "disk" not in got.text
    assert "the disk is full" in caplog.text
    boot.runner._answers.clear()
    boot.runner.on("*")
    assert (await boot.ask(f"{METAL_FILES}/hardpan.img")).status_code == 200


async def test_each_request_has_a_line_in_the_log_and_a_token_is_told(
    boot: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "efi.bootstrap.access")
    for path in (f"{METAL_FILES}/hardpan.efi", f"{METAL_FILES}/boot-with-token.ipxe", "/none%1b[2J"):
        await boot.get(path)
    lines = [(each.levelname, each.object, each.getMessage().rpartition(" in ")[0]) for each in caplog.records]  # type: ignore[attr-defined]
    assert lines[0] == ("INFO", f"{METAL_FILES}/hardpan.efi", f"GET 200 to 192.0.2.7, {len(METAL)} bytes")
    assert lines[1][:2] == ("INFO", f"{METAL_FILES}/boot-with-token.ipxe")
    assert caplog.records[1].getMessage().endswith("with a join token")
    assert lines[2] == ("WARNING", "/none\x1b[2J", "GET 404 to 192.0.2.7, 62 bytes")
    assert SEED not in caplog.text


async def test_an_image_is_what_it_was_when_the_server_started(boot: Server) -> None:
    boot.shelf.put(image_of(METAL), b"changed meanwhile")
    assert (await boot.get(f"{METAL_FILES}/hardpan.efi")).content == METAL


async def test_what_somebody_took_away_is_made_again(boot: Server) -> None:
    await boot.ask(f"{METAL_FILES}/boot.ipxe")
    for file in (boot.folder / "shelf").glob("*.ipxe"):
        file.unlink()
    assert (await boot.get(f"{METAL_FILES}/boot.ipxe")).status_code == 200


def test_two_servers_never_share_a_folder_and_one_that_starts_again_finds_its_own(tmp_path: Path) -> None:
    with own_folder(tmp_path) as first, own_folder(tmp_path) as second:
        assert (first.name, second.name) == ("0", "1")
    with own_folder(tmp_path) as again:
        assert again == first
