"""Where a server may listen, and with what: nobody else's machine is ever spoken to in the clear."""

from __future__ import annotations

from pathlib import Path

import pytest

from controllers.loop.errors import BadSettings
from controllers.settings import Environment, Listen
from controllers.tls.contexts import Files

NAME = "HARDPAN_X_LISTEN"


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, str]:
    """The variables of a server with a certificate whose callers need one."""
    made = {}
    for name in ("CERTIFICATE", "KEY", "CLIENTS"):
        (tmp_path / name).touch()
        made[f"{NAME}_{name}"] = str(tmp_path / name)
    return made


def listen(address: str, variables: dict[str, str] | None = None, behind_gateway: bool = False) -> Listen:
    return Environment({NAME: address, **(variables or {})}).listen(NAME, "127.0.0.1:1", behind_gateway)


@pytest.mark.parametrize(
    ("address", "host"), [("127.0.0.1:9", "127.0.0.1"), ("[::1]:9", "::1"), ("localhost:9", "localhost")]
)
@pytest.mark.parametrize("behind_gateway", [False, True])
def test_on_loopback_plain_http_will_do(address: str, host: str, behind_gateway: bool) -> None:
    assert listen(address, behind_gateway=behind_gateway) == Listen(host, 9, None)


@pytest.mark.parametrize("address", ["0.0.0.0:9", "[::]:9", "10.0.0.1:9", "cp.example:9"])
def test_where_others_can_reach_it_plain_http_is_refused(address: str) -> None:
    with pytest.raises(BadSettings, match=f"{NAME}_CERTIFICATE, {NAME}_KEY, or use 127.0.0.1"):
        listen(address)


@pytest.mark.parametrize("missing", ["CERTIFICATE", "KEY", "CLIENTS"])
@pytest.mark.parametrize("address", ["0.0.0.0:9", "127.0.0.1:9"])
def test_behind_the_gateway_every_file_is_needed_or_none(tls: dict[str, str], missing: str, address: str) -> None:
    del tls[f"{NAME}_{missing}"]
    with pytest.raises(BadSettings, match=f"{NAME}_{missing} is not set"):
        listen(address, tls, behind_gateway=True)


def test_with_all_files_it_may_listen_anywhere(tls: dict[str, str]) -> None:
    files = Files(*(Path(tls[f"{NAME}_{name}"]) for name in ("CERTIFICATE", "KEY", "CLIENTS")))
    assert listen("0.0.0.0:9", tls, behind_gateway=True) == Listen("0.0.0.0", 9, files)
