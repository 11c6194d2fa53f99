"""A tenant may not read marks, which hold everybody's scripts: its own deployment shows what was accepted."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cli.errors import EXIT_DIFFERENT
from tests.unit.cli.conftest import Terminal


@pytest.fixture
def tenants(shop: Terminal) -> tuple[Terminal, Path]:
    """A deployment that was signed, applied and accepted, seen by somebody who may not read marks."""
    file = shop.manifest()
    assert shop("sign", file).code == 0, shop.err
    made = yaml.safe_load(file.read_text())
    made["metadata"]["namespace"] = "shop"
    shop.tools.put("deployments", {**made, "status": {"accepted": {"revision": 1}}})
    shop.tools.reads_marks = False
    return shop, file


def test_its_own_deployment_says_what_was_accepted(tenants: tuple[Terminal, Path]) -> None:
    shop, file = tenants
    done = shop("plan", file)
    assert (done.code, done.err) == (0, "")
    assert "No change, 4 unchanged" in done.out


def test_a_spec_that_was_not_accepted_is_not_taken_for_it(tenants: tuple[Terminal, Path]) -> None:
    shop, file = tenants
    shop.tools.get("deployments", "web", "shop")["status"]["accepted"]["revision"] = 7
    done = shop("plan", file)
    assert done.code == EXIT_DIFFERENT
    assert "revision 7 was accepted, the deployment shows another, and you may not read marks" in done.err


def test_a_deployment_that_nobody_signed_is_not_believed(tenants: tuple[Terminal, Path]) -> None:
    shop, file = tenants
    shop.tools.get("deployments", "web", "shop")["spec"]["signatures"][0]["signature"] = "A" * 100
    assert "the accepted revision that the API server shows is not believed" in shop("plan", file).err
