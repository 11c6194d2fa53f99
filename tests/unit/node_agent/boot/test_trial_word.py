"""What the bootstrap server says of the image that it gave decides what this start tells of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.boot.places import Places
from node_agent.boot.process import updates
from sal.command import SystemRunner

IMAGE = "VERSION_ID=0.1.0\nVARIANT_ID=cloud\n"


@pytest.mark.parametrize(
    ("line", "trial", "pinned"),
    [("quiet", False, False), ("hardpan_pin=kept", False, True), ("hardpan_pin=trial", True, True)],
)
def test_only_an_image_that_the_server_calls_so_is_on_trial(
    tmp_path: Path, line: str, trial: bool, pinned: bool
) -> None:
    places = Places(tmp_path)
    for file, text in ((places.os_release, IMAGE), (places.kernel_line, line)):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    made = updates(places, SystemRunner())
    assert made is not None
    assert (made.trial, made.installer.pinned) == (trial, pinned)
