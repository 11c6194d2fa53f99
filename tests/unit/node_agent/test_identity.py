"""The node's keys are made once, kept safe, and never silently replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.errors import NeedsOperator
from node_agent.executor.identity import keep


def test_the_same_keys_come_back_after_a_restart(tmp_path: Path) -> None:
    first, second = (keep(tmp_path / "@identity" / "keys.json") for _ in range(2))
    assert first.node == second.node
    for name in ("signing", "box", "tls", "mycelium"):
        assert getattr(first, name).seed == getattr(second, name).seed


def test_the_four_keys_differ(tmp_path: Path) -> None:
    identity = keep(tmp_path / "keys.json")
    assert len({identity.signing.seed, identity.box.seed, identity.tls.seed, identity.mycelium.seed}) == 4


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    keep(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(NeedsOperator, match="readable by others"):
        keep(path)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"signing": "AAAA"}', b"\x00" * 64])
def test_a_damaged_file_is_never_replaced_by_new_keys(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(NeedsOperator, match="damaged"):
        keep(path)
    assert path.read_bytes() == content
