"""The process that fetches an image: never more than was signed for, and on from where it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from node_agent.fetching_apart import LATER, NEVER
from node_agent.update import fetch
from sal.download import Piece
from sal.errors import Busy, Refused

URL = "http://images.example/new.efi"


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("node_agent.update.fetch.become", lambda _: None)
    file = tmp_path / "image.part"
    file.write_bytes(b"")
    return file


def serves(monkeypatch: pytest.MonkeyPatch, *pieces: Piece | Exception) -> list[int]:
    """What the server gives; returns from where it was asked."""
    asked: list[int] = []

    def download(_: str, have: int) -> Iterator[Piece]:
        asked.append(have)
        for each in pieces:
            if isinstance(each, Exception):
                raise each
            yield each

    monkeypatch.setattr("node_agent.update.fetch.download", download)
    return asked


def test_it_goes_on_where_it_was(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target.write_bytes(b"the ")
    asked = serves(monkeypatch, Piece(4, b"new"))
    assert fetch.main(URL, str(target), 7, 0) == 0
    assert (asked, target.read_bytes()) == ([4], b"the new")


def test_what_is_whole_is_not_fetched_again(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target.write_bytes(b"the new")
    asked = serves(monkeypatch)
    assert fetch.main(URL, str(target), 7, 0) == 0
    assert asked == []


def test_more_than_was_signed_for_is_never_written(
    target: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    serves(monkeypatch, Piece(0, b"the new"), Piece(7, b"and more"))
    assert fetch.main(URL, str(target), 7, 0) == NEVER
    assert "larger than the 7 bytes that were signed for" in capsys.readouterr().err
    assert target.read_bytes() == b"the new"


@pytest.mark.parametrize(("error", "code"), [(Busy("later"), LATER), (Refused("never"), NEVER)])
def test_the_code_says_whether_another_try_helps(
    target: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    serves(monkeypatch, error)
    assert fetch.main(URL, str(target), 7, 0) == code
