"""What operators need not say, the region when there is only one; and what is refused before it is signed."""

from __future__ import annotations

import pytest

from cli.amounts import labels
from cli.errors import Usage
from cli.site import only_region
from tests.unit.trust.world import World, supervisor


def test_the_only_region_need_not_be_named() -> None:
    assert only_region(World().view()) == "eu"


def test_of_two_regions_one_must_be_named() -> None:
    world = World()
    world.records["Supervisor/us"] = supervisor(region="us")
    with pytest.raises(Usage, match="say --region: supervisors serve eu, us"):
        only_region(world.view())


def test_labels_are_read_from_words() -> None:
    assert labels(["rack=7", "example.com/disk=ssd", "spare="]) == {
        "rack": "7",
        "example.com/disk": "ssd",
        "spare": "",
    }


@pytest.mark.parametrize("words", [["rack"], ["=7"], ["a=1", "a=2"], ["-a=1"], ["a=two words"], ["a=" + "x" * 64]])
def test_labels_that_no_node_can_have_are_refused(words: list[str]) -> None:
    with pytest.raises(Usage, match="--label takes"):
        labels(words)
