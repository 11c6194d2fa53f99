"""A tap is opened for one program, and only where it is there."""

from __future__ import annotations

import os

import pytest

from sal.command import Command, SystemRunner
from sal.errors import NotFound, SalError
from sal.links import link_names
from sal.tap import open_tap
from tests.system.own_network import own_network
from tests.system.requirements import need


def test_a_tap_that_is_not_there_is_not_made() -> None:
    need("netns")
    with own_network():
        with pytest.raises(NotFound, match="there is no link hpp-x"):
            open_tap("hpp-x")
        assert "hpp-x" not in link_names()


def test_a_tap_that_another_program_has_is_refused_with_the_cause() -> None:
    need("netns")
    with own_network():
        SystemRunner().run(Command(("ip", "tuntap", "add", "dev", "hpp-x", "mode", "tap")))
        held = open_tap("hpp-x")
        try:
            with pytest.raises(SalError, match=r"tap hpp-x: .*another program"):
                open_tap("hpp-x")
        finally:
            os.close(held)
