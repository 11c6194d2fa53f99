"""A server takes renewed certificates into use without a restart, and a broken file does it no harm."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import ssl
from pathlib import Path

import httpx
import pytest

from controllers.tls.contexts import calling
from tests.system.tls_site import GATEWAY, SERVER, Mounted, new_authority, serving


def _trusting(root: bytes) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=root.decode())


async def test_the_next_connection_is_shown_the_new_certificate_and_an_old_one_goes_on(tmp_path: Path) -> None:
    authority, mounted = new_authority(), Mounted(tmp_path / "tls")
    files = mounted.issue(SERVER, authority)
    context = _trusting(authority.pem.certificate)
    async with serving(dataclasses.replace(files, authority=None)) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port, ssl=context)
        before = await served.shown(context)
        mounted.issue(SERVER, authority)
        after = await served.shown(context)
        assert before != after
        assert after == ssl.PEM_cert_to_DER_cert(files.certificate.read_text())
        writer.write(b"GET /sender HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()
        await writer.wait_closed()


async def test_who_names_no_host_is_shown_the_new_certificate_too(tmp_path: Path) -> None:
    authority, mounted = new_authority(), Mounted(tmp_path / "tls")
    files = mounted.issue(SERVER, authority)
    context = _trusting(authority.pem.certificate)
    async with serving(dataclasses.replace(files, authority=None)) as served:
        before = await served.shown(context, "127.0.0.1")
        mounted.issue(SERVER, authority)
        assert await served.shown(context, "127.0.0.1") != before


async def test_a_broken_file_is_told_once_and_the_certificate_before_it_is_served_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authority, mounted = new_authority(), Mounted(tmp_path / "tls")
    files = mounted.issue(SERVER, authority)
    context = _trusting(authority.pem.certificate)
    async with serving(dataclasses.replace(files, authority=None)) as served:
        before = await served.shown(context)
        with caplog.at_level(logging.ERROR, "controllers.tls"):
            mounted.put(dataclasses.replace(authority.pem, certificate=b"-----BEGIN"), b"")
            assert [await served.shown(context) for _ in range(3)] == [before] * 3
        assert [each.getMessage().split(" (")[0] for each in caplog.records] == [
            f"{files.certificate}, {files.key} cannot be used"
        ]
        assert 'hardpan_certificate_expiry_seconds{role="server"} NaN' in served.metrics.text().decode()
        mounted.issue(SERVER, authority)
        assert await served.shown(context) != before


async def test_a_certificate_without_its_key_is_tried_again_when_the_key_has_come(tmp_path: Path) -> None:
    authority = new_authority()
    files = Mounted(tmp_path / "old").issue(SERVER, authority)
    renewed = Mounted(tmp_path / "new").issue(SERVER, authority)
    context = _trusting(authority.pem.certificate)
    async with serving(dataclasses.replace(files, authority=None)) as served:
        before = await served.shown(context)
        files.certificate.write_bytes(renewed.certificate.read_bytes())
        assert await served.shown(context) == before
        files.key.write_bytes(renewed.key.read_bytes())
        assert await served.shown(context) != before


async def test_how_long_the_certificate_lasts_is_a_figure(tmp_path: Path) -> None:
    files = Mounted(tmp_path / "tls").issue(SERVER, new_authority())
    async with serving(files) as served:
        text = served.metrics.text().decode()
    (line,) = [each for each in text.splitlines() if each.startswith("hardpan_certificate_expiry_seconds{")]
    assert 89 * 86400 < float(line.split()[-1]) <= 90 * 86400


async def test_callers_of_a_new_authority_are_taken_and_those_of_the_old_one_no_longer(tmp_path: Path) -> None:
    old, new = new_authority("old"), new_authority("new")
    mounted, before, after = Mounted(tmp_path / "tls"), Mounted(tmp_path / "before"), Mounted(tmp_path / "after")
    files = mounted.issue(SERVER, old)
    by_old, by_new = before.issue(GATEWAY, old), after.issue(GATEWAY, new)
    async with serving(files) as served:
        assert await served.ask(calling(by_old)) == ""
        mounted.issue(SERVER, new)
        assert await served.ask(calling(by_new)) == ""
        crossed = dataclasses.replace(by_old, authority=by_new.authority)
        with pytest.raises(httpx.HTTPError):
            await served.ask(calling(crossed))
