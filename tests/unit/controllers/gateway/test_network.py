"""The gateway speaks in the clear to nobody but its own machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from controllers.gateway.network import client_files
from controllers.loop.errors import BadSettings
from controllers.settings import Environment
from controllers.tls.contexts import Files

HERE, INSIDE = "http://127.0.0.1:8081", "https://hardpan-ledger.hardpan-system.svc:8081"


def test_on_its_own_machine_it_needs_no_certificate() -> None:
    assert client_files(Environment({}), [HERE, "http://[::1]:8082"]) is None


def test_anywhere_else_it_shows_its_certificate(tmp_path: Path) -> None:
    files = Files(tmp_path / "CERTIFICATE", tmp_path / "KEY", tmp_path / "CA")
    variables = {}
    for each in files.all():
        each.touch()
        variables[f"HARDPAN_UPSTREAM_{each.name}"] = str(each)
    assert client_files(Environment(variables), [HERE, INSIDE]) == files
    del variables["HARDPAN_UPSTREAM_CA"]
    with pytest.raises(BadSettings, match="HARDPAN_UPSTREAM_CA is not set"):
        client_files(Environment(variables), [INSIDE])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://hardpan-ledger:8081", "would be spoken to in the clear"),
        ("http://10.0.0.1:8081", "would be spoken to in the clear"),
        ("hardpan-ledger:8081", "is no address"),
        ("https://", "is no address"),
    ],
)
def test_an_address_that_will_not_do_is_told(url: str, words: str) -> None:
    with pytest.raises(BadSettings, match=words):
        client_files(Environment({}), [url])
