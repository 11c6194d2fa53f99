"""Behind the gateway only the gateway is heard: the site's other certificates open nothing there."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from controllers.supervisor.credentials import SiteAuthority
from controllers.tls.contexts import Files, calling
from tests.system.tls_site import GATEWAY, SERVER, Mounted, Served, new_authority, serving

NODE = "n-" + "a" * 26


async def turned_away(served: Served, context: ssl.SSLContext) -> bool:
    try:
        await served.ask(context, **{"x-hardpan-sender": "10.7.0.1"})
    except (httpx.HTTPError, OSError):
        return not served.asked
    return False


async def test_the_gateway_is_heard_and_believed_for_whom_it_speaks(tmp_path: Path) -> None:
    authority = new_authority()
    files = Mounted(tmp_path / "tls").issue(SERVER, authority)
    client = Mounted(tmp_path / "client").issue(GATEWAY, authority)
    async with serving(files) as served:
        assert await served.ask(calling(client), **{"x-hardpan-sender": "10.7.0.1"}) == "10.7.0.1"


async def test_a_stolen_certificate_of_a_node_opens_nothing(tmp_path: Path) -> None:
    authority = new_authority()
    files = Mounted(tmp_path / "tls").issue(SERVER, authority)
    client = _of_node(tmp_path, Files(*_written(tmp_path, authority.pem.certificate, authority.pem.key)))
    async with serving(files) as served:
        assert await turned_away(served, calling(dataclasses.replace(client, authority=files.authority)))
        assert 'hardpan_refused_total{reason="WrongCaller",what="connection"} 1.0' in served.metrics.text().decode()


@pytest.mark.parametrize("leaf", [SERVER, dataclasses.replace(GATEWAY, subject="supervisor")])
async def test_no_other_certificate_of_the_site_opens_anything(tmp_path: Path, leaf: object) -> None:
    authority = new_authority()
    files = Mounted(tmp_path / "tls").issue(SERVER, authority)
    client = Mounted(tmp_path / "client").issue(leaf, authority)  # type: ignore[arg-type]
    async with serving(files) as served:
        assert await turned_away(served, calling(client))


async def test_the_gateways_name_by_another_authority_opens_nothing(tmp_path: Path) -> None:
    files = Mounted(tmp_path / "tls").issue(SERVER, new_authority())
    client = Mounted(tmp_path / "client").issue(GATEWAY, new_authority("other"))
    async with serving(files) as served:
        assert await turned_away(served, calling(dataclasses.replace(client, authority=files.authority)))


async def test_no_certificate_opens_nothing(tmp_path: Path) -> None:
    authority = new_authority()
    files = Mounted(tmp_path / "tls").issue(SERVER, authority)
    async with serving(files) as served:
        assert await turned_away(served, ssl.create_default_context(cadata=authority.pem.certificate.decode()))
        assert "WrongCaller" not in served.metrics.text().decode(), "TLS itself must refuse it"


async def test_a_certificate_of_two_names_opens_nothing(tmp_path: Path) -> None:
    authority = new_authority()
    files = Mounted(tmp_path / "tls").issue(SERVER, authority)
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in ("gateway", NODE)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        authority.certificate.subject, names, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1)
    ).sign(authority.key, hashes.SHA256())
    pem = made.public_bytes(serialization.Encoding.PEM)
    async with serving(files) as served:
        client = Files(*_written(tmp_path, pem, _private(key)), files.authority)
        assert await turned_away(served, calling(client))


async def test_nobody_comes_back_by_a_session_when_its_authority_counts_no_longer(tmp_path: Path) -> None:
    old, mounted = new_authority("old"), Mounted(tmp_path / "tls")
    mounted.issue(SERVER, old)
    context = calling(Mounted(tmp_path / "client").issue(GATEWAY, old))
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with serving(mounted.files()) as served:
        session = await asyncio.to_thread(_asked, served.port, context, None)
        mounted.issue(SERVER, new_authority("new"))
        with pytest.raises(OSError):
            await asyncio.to_thread(_asked, served.port, context, session)
        assert len(served.asked) == 1


def _asked(port: int, context: ssl.SSLContext, session: ssl.SSLSession | None) -> ssl.SSLSession | None:
    """The session of a request that was answered."""
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost", session=session) as secure,
    ):
        secure.sendall(b"GET /sender HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        if not secure.recv(4096).startswith(b"HTTP/1.1 200"):
            raise ConnectionResetError
        return secure.session


def _of_node(folder: Path, site: Files) -> Files:
    """What the supervisor hands to a node, and the node's own key."""
    key = ed25519.Ed25519PrivateKey.generate()
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    issued = SiteAuthority(site.certificate, site.key).issue(NODE, raw, datetime.now(UTC))
    (folder / "node").mkdir()
    return Files(*_written(folder / "node", issued, _private(key)))


def _private(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _written(folder: Path, certificate: bytes, key: bytes) -> tuple[Path, Path]:
    files = folder / "made.crt", folder / "made.key"
    files[0].write_bytes(certificate)
    files[1].write_bytes(key)
    return files
