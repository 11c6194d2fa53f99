"""The cable to what runs pods goes into that process's network and never into ours, however slow its start is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.demo.pods import host
from cli.demo.pods.layout import LINK, PodsLayout
from sal.command import Command, SystemRunner
from sal.errors import SalError
from tests.system.own_network import own_network
from tests.system.requirements import need

LAYOUT = PodsLayout(Path("/pods"), "hpcable", 9)


@pytest.fixture
def runner() -> Iterator[SystemRunner]:
    """In a network of our own, where a link already has the name that the node's is to have."""
    need("netns")
    with own_network():
        runner = SystemRunner()
        runner.run(Command(("ip", "link", "add", LINK, "type", "veth", "peer", "name", "other")))
        runner.run(Command(("ip", "link", "add", LAYOUT.cable, "type", "veth", "peer", "name", LAYOUT.loose_end)))
        yield runner


def test_a_process_that_is_slow_to_have_a_network_of_its_own_is_waited_for(runner: SystemRunner) -> None:
    with subprocess.Popen(("sh", "-c", "sleep 0.5; exec unshare --net sleep 60")) as process:
        try:
            host.plug_in(runner, LAYOUT, process.pid)
            inside = ("nsenter", "--target", str(process.pid), "--net", "ip", "-details", "link", "show", "dev", LINK)
            assert "veth" in runner.run(Command(inside)).text
        finally:
            process.kill()


def test_a_process_that_ended_is_named(runner: SystemRunner) -> None:
    with subprocess.Popen(("true",)) as process:
        process.wait()
        with pytest.raises(SalError, match=f"process {process.pid}.*has ended"):
            host.plug_in(runner, LAYOUT, process.pid)


def test_a_process_that_takes_none_is_given_up(runner: SystemRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "APART_SECONDS", 0.1)
    with subprocess.Popen(("sleep", "60")) as process:
        try:
            with pytest.raises(SalError, match="no network of its own"):
                host.plug_in(runner, LAYOUT, process.pid)
        finally:
            process.kill()
