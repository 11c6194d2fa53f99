"""Processes of a node from the server that has imported them: they live, log and end like ones of their own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from node_agent.boot.preloaded import Preloaded
from node_agent.settings import NodeSettings


@pytest.fixture
def settings(tmp_path: Path) -> NodeSettings:
    """A node without a medium, so that its executor ends at once and says why."""
    made = NodeSettings(medium=tmp_path / "medium", state=tmp_path / "state", engine="memory")
    made.paths.run.mkdir(parents=True)
    made.paths.settings.write_text(made.model_dump_json())
    return made


@pytest.fixture
def preloaded() -> Iterator[Preloaded]:
    """The starter under test; its server ends with the test."""
    made = Preloaded()
    yield made
    made.close()


def test_a_process_of_the_server_runs_its_program_and_logs_as_one_of_its_own(
    preloaded: Preloaded, settings: NodeSettings
) -> None:
    process = preloaded.begin("executor", settings)
    assert process.wait(60)
    assert "executor stopped" in settings.paths.log("executor").read_text()


def test_without_the_server_a_process_is_started_all_the_same(preloaded: Preloaded, settings: NodeSettings) -> None:
    os.kill(preloaded.pid, signal.SIGKILL)
    os.waitpid(preloaded.pid, 0)
    process = preloaded.begin("executor", settings)
    assert process.wait(60)
    assert "executor stopped" in settings.paths.log("executor").read_text()


def test_a_process_of_the_server_knows_nothing_of_who_asked_for_it(
    preloaded: Preloaded, settings: NodeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    preloaded.begin("executor", settings).wait(60)
    monkeypatch.setenv("HARDPAN_JOIN_TOKEN", "secret")
    descriptor = os.open(settings.medium.parent, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    process = preloaded.begin("agent", settings)
    seen = Path(f"/proc/{process.pid}")
    assert b"HARDPAN_JOIN_TOKEN" not in (seen / "environ").read_bytes()
    assert str(settings.medium.parent) not in {os.path.realpath(each) for each in (seen / "fd").iterdir()}
    os.close(descriptor)
    process.terminate(10)


def test_a_process_that_fails_ends_alone(preloaded: Preloaded, settings: NodeSettings) -> None:
    settings.paths.settings.write_text("{")
    failing = preloaded.begin("executor", settings)
    assert failing.wait(60)
    assert not Path(f"/proc/{failing.pid}").exists()
    settings.paths.settings.write_text(settings.model_dump_json())
    assert preloaded.begin("executor", settings).wait(60)
    assert "executor stopped" in settings.paths.log("executor").read_text()
    assert os.waitpid(preloaded.pid, os.WNOHANG) == (0, 0)


def test_the_server_ends_with_whom_it_serves(settings: NodeSettings) -> None:
    made = Preloaded()
    made.begin("executor", settings).wait(60)
    made.close()
    assert os.waitpid(made.pid, 0) == (made.pid, 0)
