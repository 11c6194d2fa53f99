"""The node's log of a job: by its ids one finds what the supervisor says of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.jobs.test_about import Heard
from tests.unit.node_agent.node import Node


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler, logger = Heard(), logging.getLogger("node_agent")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def test_a_step_that_fails_is_told_with_deployment_job_and_node(tmp_path: Path, heard: Heard) -> None:
    node = Node(tmp_path)
    steps = [("machine", "web-0", 1, 1), ("volume", "data-0", 1, 1)]
    node.run("job-1", node.web.ensure("job-1", *steps))
    [fields] = heard.fields
    assert (fields["job"], fields["attempt"], fields["deployment"]) == ("job-1", "1", "a/web")
    assert fields["node"].startswith("n-")


def test_a_refused_job_is_told_with_its_job(tmp_path: Path, heard: Heard) -> None:
    node = Node(tmp_path)
    node.web.signer = "mallory"
    node.ensure()
    [fields] = heard.fields
    assert fields["job"]
    assert "deployment" not in fields, "what nobody signed names nothing"
