"""What an installation says of its certificates is read strictly, and a slip is told by the variable's name."""

from __future__ import annotations

import pytest

from controllers.certificates.leaves import Site
from controllers.certificates.settings import site_from
from controllers.loop.errors import BadSettings

LEAST = {"HARDPAN_CLUSTER": "cluster-0"}


def test_little_has_to_be_said() -> None:
    assert site_from(LEAST) == Site("hardpan-system", "cluster-0")


def test_names_are_listed_with_commas() -> None:
    site = site_from({**LEAST, "HARDPAN_CERTIFICATES_GATEWAY_NAMES": "cp.example, 192.0.2.7,fd00::1,"})
    assert site.gateway_names == ("cp.example", "192.0.2.7", "fd00::1")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HARDPAN_CERTIFICATES_GATEWAY_NAMES", "https://cp.example"),
        ("HARDPAN_CERTIFICATES_REDIS_NAMES", "queue.example:6380"),
        ("HARDPAN_CERTIFICATES_REDIS", "mine"),
        ("HARDPAN_CERTIFICATES_REDIS_CONNECTIONS", "0"),
        ("HARDPAN_CERTIFICATES_REDIS_CONNECTIONS", "8192\nappendonly no"),
        ("HARDPAN_CERTIFICATES_REDIS_MEMORY", "256 MiB"),
        ("HARDPAN_CERTIFICATES_REDIS_MEMORY", "1gb\nappendonly no"),
        ("HARDPAN_CLUSTER", ""),
    ],
)
def test_a_slip_is_told_by_the_variables_name(variable: str, value: str) -> None:
    with pytest.raises(BadSettings, match=variable):
        site_from({**LEAST, variable: value})
