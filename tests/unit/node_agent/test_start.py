"""What a node reads before it does anything: settings, medium, pin; each wrong thing is told in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from node_agent import medium, settings
from node_agent.errors import NeedsOperator
from node_agent.executor import trust_state
from node_agent.executor.store import Store
from node_agent.executor.trust_state import TrustState
from node_agent.executor.watching import make_folders
from node_agent.paths import Paths
from node_agent.settings import NodeSettings
from node_agent.testing import FakeClock
from tests.unit.node_agent.cluster import Cluster
from trust.errors import Refusal


def write_medium(folder: Path, of: Cluster, /, **changes: Any) -> Path:
    """A medium of the cluster."""
    folder.mkdir(exist_ok=True)
    (folder / "ca.pem").write_text("a certificate")
    (folder / "medium.json").write_text(json.dumps(of.medium() | changes))
    return folder


def test_settings_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = NodeSettings(medium=tmp_path / "m", state=tmp_path / "s", engine="memory", runners=3)
    (tmp_path / "settings.json").write_text(written.model_dump_json())
    assert settings.load(tmp_path / "settings.json") == written


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ('{"medium": "/m"}', "state"),
        ('{"medium": "/m", "state": "/s", "runners": 0}', "runners"),
        ('{"medium": "/m", "state": "/s", "runer": 1}', "runer"),
        ("nothing", ""),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, content: str, part: str) -> None:
    (tmp_path / "settings.json").write_text(content)
    with pytest.raises(NeedsOperator) as caught:
        settings.load(tmp_path / "settings.json")
    assert part in caught.value.message
    assert "\n" not in caught.value.message


def test_a_missing_medium_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(NeedsOperator, match="make the medium anew"):
        medium.load(tmp_path)


@pytest.mark.parametrize("changes", [{"gateway": "http://cp"}, {"roots": []}, {"cluster": "x"}, {"more": 1}])
def test_a_wrong_field_of_the_medium_is_named(tmp_path: Path, changes: dict[str, Any]) -> None:
    folder = write_medium(tmp_path / "medium", Cluster(), **changes)
    with pytest.raises(NeedsOperator, match=next(iter(changes))):
        medium.load(folder)


def test_a_missing_authority_is_told(tmp_path: Path) -> None:
    folder = write_medium(tmp_path / "medium", Cluster())
    (folder / "ca.pem").unlink()
    with pytest.raises(NeedsOperator, match="CA certificate"):
        medium.load(folder)


def test_the_first_start_pins_the_cluster_and_a_foreign_medium_is_refused(tmp_path: Path) -> None:
    own = medium.load(write_medium(tmp_path / "own", Cluster()))
    foreign = medium.load(write_medium(tmp_path / "foreign", Cluster(name="other")))
    pin = tmp_path / "@identity" / "pin.json"
    assert trust_state.pin(pin, own) == Cluster().id
    with pytest.raises(NeedsOperator, match="wipe it to move it"):
        trust_state.pin(pin, foreign)
    assert trust_state.pin(pin, own) == Cluster().id


def test_a_root_document_that_does_not_name_the_cluster_is_refused(tmp_path: Path) -> None:
    mixed = write_medium(tmp_path / "medium", Cluster(), cluster=Cluster(name="other").id)
    with pytest.raises(Refusal):
        trust_state.pin(tmp_path / "pin.json", medium.load(mixed))


def trust(folder: Path, cluster: Cluster, clock: FakeClock, floor: int = 0) -> TrustState:
    """The trust that a node keeps in this folder."""
    return TrustState(cluster.id, floor, Store(folder / "journal.sqlite"), clock)


def test_trust_is_kept_over_restarts_and_never_goes_back(tmp_path: Path) -> None:
    cluster, clock = Cluster(version=3), FakeClock()
    trust(tmp_path, cluster, clock).accept(cluster.bundle())
    again = trust(tmp_path, cluster, clock)
    assert again.version == 3
    cluster.version = 2
    with pytest.raises(Refusal, match="older"):
        again.accept(cluster.bundle())


def test_the_medium_s_floor_refuses_older_trust(tmp_path: Path) -> None:
    cluster = Cluster(version=3)
    with pytest.raises(Refusal, match="older"):
        trust(tmp_path, cluster, FakeClock(), floor=4).accept(cluster.bundle())


def test_the_clock_is_never_below_the_newest_signed_time(tmp_path: Path) -> None:
    cluster, clock = Cluster(), FakeClock()
    clock.moment = clock.moment.replace(year=1970)
    trust(tmp_path, cluster, clock).accept(cluster.bundle())
    assert clock.timestamp() == "2026-11-23T12:00:00Z"
    late = FakeClock(clock.moment.replace(year=1970))
    trust(tmp_path, cluster, late)
    assert late.timestamp() == "2026-11-23T12:00:00Z"


def test_a_state_directory_too_long_for_its_sockets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NeedsOperator, match="choose a shorter one"):
        make_folders(Paths(tmp_path / ("x" * 100)))
