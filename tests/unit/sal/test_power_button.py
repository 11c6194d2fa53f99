"""The power button, by the events that the kernel writes."""

from __future__ import annotations

import struct
from pathlib import Path

from sal.power_button import PowerButton, is_press


def event(kind: int, code: int, value: int) -> bytes:
    """An input event of a 64-bit kernel."""
    return struct.pack("@qqHHi", 1_795_000_000, 1, kind, code, value)


DOWN, UP, SYNC = event(1, 116, 1), event(1, 116, 0), event(0, 0, 0)


def test_a_press_is_the_power_key_going_down() -> None:
    assert is_press(DOWN + SYNC)
    assert is_press(UP + SYNC + DOWN)
    assert not is_press(UP + SYNC)
    assert not is_press(event(1, 30, 1))
    assert not is_press(DOWN[:-1])
    assert not is_press(b"")


def device(root: Path, number: int, name: str, events: bytes) -> None:
    """An input device."""
    for folder in (root / f"sys/class/input/event{number}/device", root / "dev/input"):
        folder.mkdir(parents=True, exist_ok=True)
    (root / f"sys/class/input/event{number}/device/name").write_text(f"{name}\n")
    (root / f"dev/input/event{number}").write_bytes(events)


def test_a_button_that_comes_later_is_heard_and_a_keyboard_is_not(tmp_path: Path) -> None:
    button = PowerButton(tmp_path)
    assert not button.pressed()
    device(tmp_path, 0, "AT Translated Set 2 keyboard", DOWN)
    assert not button.pressed()
    device(tmp_path, 1, "Power Button", DOWN + SYNC)
    assert button.pressed()
    assert not button.pressed()
