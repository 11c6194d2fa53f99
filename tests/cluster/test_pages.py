"""A real API server gives a list by pages, each object with its kind, and its silence is noticed soon."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cli.bootstrap_fleet import ClusterFleet
from cli.cluster import Cluster
from cli.kubectl import Kubectl
from cli.pages import all_of
from crds.release import RELEASE
from efi.bootstrap.pins import FleetAway
from tests.unit.crds.cases import patched, whole

NAMES = ("paged-a", "paged-b", "paged-c")


@pytest.fixture
def releases(kubectl: Kubectl) -> Iterator[None]:
    """Three releases."""
    for name in NAMES:
        kubectl.apply(json.dumps(patched(whole(RELEASE, "minimal"), {"metadata": {"name": name}})))
    yield
    kubectl.run("delete", "releases.hardpan.dev", *NAMES)


@pytest.mark.usefixtures("releases")
def test_all_pages_of_a_list_are_read(kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.pages.PAGE", 2)
    found = [each for each in all_of(kubectl, "releases", 30.0) if each["metadata"]["name"] in NAMES]
    assert sorted((each["kind"], each["metadata"]["name"]) for each in found) == [("Release", name) for name in NAMES]


def test_an_api_server_that_takes_connections_and_says_nothing_is_away(
    kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.bootstrap_fleet.ANSWER_SECONDS", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silently = (*kubectl.program, "--server", f"https://127.0.0.1:{silent.getsockname()[1]}")
        fleet, began = ClusterFleet(Cluster(replace(kubectl, program=silently))), time.monotonic()
        for _ in range(5):
            with pytest.raises(FleetAway, match="no answer within 2 s"):
                fleet.nodes()
        assert time.monotonic() - began < 2 * 2.0
