"""What machines print on a booted node, copied to one of its lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.boot.consoles import ConsoleCopy
from node_agent.settings import NodeSettings


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """A line that keeps what it is given."""
    file = tmp_path / "dev" / "ttyS1"
    file.parent.mkdir()
    file.touch()
    return file


@pytest.fixture
def copy(line: Path) -> ConsoleCopy:
    """The copy under test."""
    return ConsoleCopy(line.parent)


def _settings(folder: Path, consoles: str | None = "ttyS1") -> NodeSettings:
    return NodeSettings(medium=folder, state=folder / "pool", consoles=consoles)


def _print(settings: NodeSettings, machine: str, text: str) -> Path:
    file = settings.paths.machine(machine).folder / "console.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as opened:
        opened.write(text)
    return file


def _taken(line: Path) -> str:
    """What the line was given since the last call; a plain file is written from its beginning each time."""
    text = line.read_text()
    line.write_text("")
    return text


def test_whole_lines_are_copied_once_with_the_name_of_their_machine(
    tmp_path: Path, line: Path, copy: ConsoleCopy
) -> None:
    settings = _settings(tmp_path)
    _print(settings, "m-b", "up\r\nhalf")
    _print(settings, "m-a", "ready\n")
    copy.look(settings)
    assert _taken(line) == "m-a: ready\nm-b: up\n"
    copy.look(settings)
    assert _taken(line) == ""
    _print(settings, "m-b", " and whole\n")
    copy.look(settings)
    assert _taken(line) == "m-b: half and whole\n"


def test_a_console_that_was_begun_anew_is_read_from_its_beginning(
    tmp_path: Path, line: Path, copy: ConsoleCopy
) -> None:
    settings = _settings(tmp_path)
    file = _print(settings, "m-a", "a long first life\n")
    copy.look(settings)
    _taken(line)
    file.write_text("second\n")
    copy.look(settings)
    assert _taken(line) == "m-a: second\n"


def test_escapes_of_a_guest_do_not_reach_the_terminal(tmp_path: Path, line: Path, copy: ConsoleCopy) -> None:
    settings = _settings(tmp_path)
    _print(settings, "m-a", "\x1b[2Jgone\n")
    copy.look(settings)
    assert _taken(line) == "m-a: \\x1b[2Jgone\n"


@pytest.mark.parametrize("consoles", [None, "ttyS2"])
def test_without_the_setting_or_the_line_nothing_is_written(
    tmp_path: Path, line: Path, copy: ConsoleCopy, consoles: str | None
) -> None:
    settings = _settings(tmp_path, consoles)
    _print(settings, "m-a", "secret\n")
    copy.look(settings)
    assert _taken(line) == ""
    assert not (line.parent / "ttyS2").exists()


def test_an_endless_line_does_not_hold_up_what_comes_after_it(tmp_path: Path, line: Path, copy: ConsoleCopy) -> None:
    settings = _settings(tmp_path)
    _print(settings, "m-a", "x" * 5_000 + "\nafter\n")
    copy.look(settings)
    copy.look(settings)
    assert _taken(line).splitlines()[-1] == "m-a: after"


def test_a_line_that_takes_nothing_loses_the_oldest_only(tmp_path: Path, line: Path, copy: ConsoleCopy) -> None:
    settings = _settings(tmp_path)
    line.rename(line.with_name("held"))
    for number in range(3_000):
        _print(settings, "m-a", f"line {number}\n")
    for _ in range(40):
        copy.look(settings)
    line.with_name("held").rename(line)
    copy.look(settings)
    lines = _taken(line).splitlines()
    assert lines[-1] == "m-a: line 2999"
    assert 500 < len(lines) < 1_500
