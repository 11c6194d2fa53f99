"""One cloud for the tests of this folder, with one deployment that stays, and what must be left of it: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.demo.people import TENANT
from tests.cloud.cloud import Cloud
from tests.cloud.leftovers import leftovers
from tests.system.requirements import need

STAYS = "web"


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud that is up."""
    need("root", "redis", "qemu", "btrfs", "nft", "netns", "ext4", "seed", "ssh-keygen")
    made = Cloud(tmp_path_factory.mktemp("cloud"))
    try:
        made.up()
        yield made
    finally:
        made.down()
    assert leftovers(made.demo.layout) == []


@pytest.fixture(autouse=True)
def _clean(cloud: Cloud) -> Iterator[None]:
    """A test that fails half way leaves nothing to the next."""
    yield
    found = cloud.kubectl.list("deployments.hardpan.dev", TENANT)
    names = [name for each in found if (name := each["metadata"]["name"]) != STAYS]
    if names:
        words = ("delete", "deployments.hardpan.dev", *names, "--namespace", TENANT, "--timeout=60s")
        cloud.kubectl.run(*words, accepted=(0, 1))


@pytest.fixture(scope="module")
def running(cloud: Cloud) -> Iterator[Path]:
    """The manifest of a deployment that runs all the time; a test that changes it changes it back."""
    yield cloud.deploy(STAYS, 1)
    cloud.delete(STAYS)
