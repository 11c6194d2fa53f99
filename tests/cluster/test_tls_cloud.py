"""The control plane by certificates, as in pods: a deployment's life goes on through a renewal of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.cloud import running as bench_cloud
from bench.stopwatch import IMAGE
from cli.demo.tools import Tools
from tests.cluster.tls_cloud import TlsCloud
from tests.system.requirements import need
from tests.system.tls_site import new_authority

SCRIPT = 'machine(params.name, #{ memory: "64Mi", disk: "64Mi", image: params.image });'
REPORT, CREDENTIALS = "/v1/nodes/report", "/v1/nodes/credentials"


@pytest.fixture
def cloud(tools: Tools, tmp_path: Path) -> Iterator[TlsCloud]:
    """One with a simulated node."""
    need("root", "redis", "netns")
    with bench_cloud(1) as made:
        found = TlsCloud(made, tmp_path, new_authority("inside"))
        try:
            found.start()
            yield found
        finally:
            found.stop()


@pytest.mark.timeout(400)
def test_every_certificate_is_renewed_by_another_authority_while_all_goes_on(cloud: TlsCloud) -> None:
    cloud.wait(lambda: _listens(cloud), "the controllers")
    cloud.deploy("before", SCRIPT, {"image": IMAGE, "name": "before"})
    servers = ("ledger", "supervisor", "gateway")
    pids, shown = cloud.pids(), {role: cloud.shown(role) for role in servers}

    cloud.renew(new_authority("inside, renewed"))
    reports = cloud.answered("ledger", REPORT)
    cloud.wait(lambda: cloud.answered("ledger", REPORT) > reports + 1 or None, "reports after the renewal")
    credentials = cloud.answered("supervisor", CREDENTIALS)
    cloud.restart_nodes()
    cloud.wait(lambda: cloud.answered("supervisor", CREDENTIALS) > credentials or None, "credentials by the supervisor")
    cloud.deploy("after", SCRIPT, {"image": IMAGE, "name": "after"})
    assert cloud.pids() == pids
    assert not {role for role in servers if cloud.shown(role) == shown[role]}


def _listens(cloud: TlsCloud) -> bool | None:
    """Whether the node has come through to the ledger."""
    try:
        return cloud.answered("ledger", REPORT) > 0 or None
    except OSError:
        return None
