"""What the pod of `helm test` is told by the chart; what is missing is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.helm_test.settings import Guest, settings_from
from controllers.loop.errors import BadSettings

TOLD = {
    "HARDPAN_NAMESPACE": "ns",
    "HARDPAN_CLUSTER": "sha256:1",
    "HARDPAN_TEST_GATEWAY": "https://gateway.ns.svc:8443",
    "HARDPAN_TEST_GATEWAY_NAME": "cp.example",
    "HARDPAN_TEST_GATEWAY_CA": "/etc/hardpan/gateway/ca.crt",
    "HARDPAN_TEST_QUEUE": "rediss://redis.ns.svc:6380",
    "HARDPAN_TEST_QUEUE_CA": "/etc/hardpan/queue/ca.crt",
}


def test_a_server_is_called_as_nodes_call_it_or_by_its_own_address() -> None:
    found = settings_from(TOLD)
    assert (found.gateway.name, found.queue.name, found.guest) == ("cp.example", "redis.ns.svc", None)


@pytest.mark.parametrize(
    "name", [name for name in TOLD if name not in ("HARDPAN_NAMESPACE", "HARDPAN_TEST_GATEWAY_NAME")]
)
def test_what_is_not_told_is_named(name: str) -> None:
    with pytest.raises(BadSettings, match=f"{name} is not set"):
        settings_from({key: value for key, value in TOLD.items() if key != name})


@pytest.mark.parametrize("url", ["http://gateway:8443", "https://gateway", "https://:8443"])
def test_an_address_of_another_form_is_named(url: str) -> None:
    with pytest.raises(BadSettings, match=r"HARDPAN_TEST_GATEWAY is .* it takes https://host:port"):
        settings_from({**TOLD, "HARDPAN_TEST_GATEWAY": url})


def test_a_guest_is_told_whole_or_what_it_lacks_is_named(tmp_path: Path) -> None:
    seed, key = tmp_path / "seed", tmp_path / "key"
    told = {
        **TOLD,
        "HARDPAN_TEST_TOKEN": "helm-test",
        "HARDPAN_TEST_TENANT": "shop",
        "HARDPAN_TEST_SEED": str(seed),
        "HARDPAN_TEST_KEY": str(key),
    }
    with pytest.raises(BadSettings, match=r"HARDPAN_TEST_SEED is .*, which is not there"):
        settings_from(told)
    seed.touch()
    key.touch()
    assert settings_from(told).guest == Guest("helm-test", seed, key, "shop")
