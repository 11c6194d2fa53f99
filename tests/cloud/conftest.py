"""One cloud for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.demo.cloud import TENANT
from tests.cloud.cloud import Cloud
from tests.system.requirements import need


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


@pytest.fixture(autouse=True)
def _clean(cloud: Cloud) -> Iterator[None]:
    """A test that fails half way leaves nothing to the next."""
    yield
    words = ("deployments.hardpan.dev", "--all", "--namespace", TENANT, "--timeout=60s")
    cloud.kubectl.run("delete", *words, accepted=(0, 1))
