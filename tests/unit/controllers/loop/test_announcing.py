"""What turns bad is told once in an Event, and that it is well again; routine and flapping are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controllers.loop.announcing import AGAIN, AnnouncingKube, transitions
from controllers.loop.errors import KubeError, Unavailable
from controllers.loop.kube import Event
from controllers.loop.objects import Json, Object
from controllers.loop.testing.memory import MemoryKube
from controllers.stuck import REMEDIES, TOLD, is_stuck
from crds.kinds import KINDS
from tests.unit.controllers.loop.kube_contract import WIDGET


def bad(kind: str, condition: Json) -> bool:
    """In these tests everything that is not True, but for what is under way."""
    return bool(condition["status"] != "True" and condition["reason"] != "Busy")


def said(reason: str, status: str = "False", type_: str = "Ready", message: str = "") -> dict[str, Any]:
    """A condition."""
    return {"type": type_, "status": status, "reason": reason, "message": message}


WELL, BUSY = said("Fine", "True"), said("Busy")


@pytest.mark.parametrize(
    ("held", "wanted", "expected"),
    [
        ([], [BUSY], []),
        ([BUSY], [WELL], []),
        ([], [said("Broken")], [("Warning", "Broken")]),
        ([WELL], [said("Broken")], [("Warning", "Broken")]),
        ([said("Broken")], [said("Broken", message="more of it")], []),
        ([said("Broken")], [said("Worse")], [("Warning", "Worse")]),
        ([said("Broken")], [said("Broken", "Unknown")], []),
        ([said("Broken")], [WELL], [("Normal", "Fine")]),
        ([said("Broken")], [BUSY], [("Normal", "Busy")]),
        ([], [said("Broken"), said("Broken", type_="Stalled")], [("Warning", "Broken")]),
    ],
)
def test_only_a_change_between_well_and_stuck_or_of_the_reason_is_told(
    held: list[Json], wanted: list[Json], expected: list[tuple[str, str]]
) -> None:
    found = transitions("Widget", held, wanted, bad)
    assert [(level, each["reason"]) for level, each in found] == expected


class Server(MemoryKube):
    """An API server that keeps Events, or refuses them."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Event] = []
        self.refusal: KubeError | None = None

    async def record_event(self, about: Object, event: Event) -> None:
        """See Kube."""
        if self.refusal is not None:
            raise self.refusal
        self.told.append(event)


class Clock:
    """Time that tests move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def test_a_status_that_is_written_is_told_and_one_that_is_not_is_not() -> None:
    server, clock = Server(), Clock()
    kube = AnnouncingKube(server, "tester", bad, clock)
    seen = await kube.create(WIDGET, {"metadata": {"name": "w", "namespace": "a"}, "spec": {}})
    broken = {"conditions": [said("Broken", message="a wheel came off")]}
    seen = await kube.apply_status(seen, broken, "tester")
    seen = await kube.apply_status(seen, broken, "tester")
    assert server.told == [Event("Broken", "Ready is False. a wheel came off", "tester", "Warning")]
    await kube.apply_status(seen, {"conditions": [WELL]}, "tester")
    assert [(each.type, each.reason) for each in server.told] == [("Warning", "Broken"), ("Normal", "Fine")]


async def test_what_flaps_is_told_once_in_five_minutes() -> None:
    server, clock = Server(), Clock()
    kube = AnnouncingKube(server, "tester", bad, clock)
    seen = await kube.create(WIDGET, {"metadata": {"name": "w", "namespace": "a"}, "spec": {}})
    for _ in range(10):
        for each in (said("Broken"), WELL):
            seen = await kube.apply_status(seen, {"conditions": [each]}, "tester")
            clock.now += timedelta(seconds=1)
    assert len(server.told) == 2
    clock.now += AGAIN
    await kube.apply_status(seen, {"conditions": [said("Broken")]}, "tester")
    assert len(server.told) == 3


async def test_an_event_that_cannot_be_recorded_stops_nothing() -> None:
    server = Server()
    server.refusal = Unavailable("away")
    kube = AnnouncingKube(server, "tester", bad, Clock())
    seen = await kube.create(WIDGET, {"metadata": {"name": "w", "namespace": "a"}, "spec": {}})
    written = await kube.apply_status(seen, {"conditions": [said("Broken")]}, "tester")
    assert written.status["conditions"][0]["reason"] == "Broken"


@pytest.mark.parametrize(
    ("kind", "condition", "expected"),
    [
        ("Deployment", said("NoNodeFits"), True),
        ("Deployment", said("NodeUnreachable", "Unknown"), True),
        ("Deployment", said("NoSupervisor", type_="Assigned"), True),
        ("Deployment", said("UpdateHalted", "True", "Stalled"), True),
        ("Deployment", said("SignatureEndsSoon", "True", "RenewalDue"), True),
        ("Deployment", said("TrustExpired", "False", "SignatureVerified"), False),
        ("Deployment", said("Updating"), False),
        ("Deployment", said("Removing"), False),
        ("Deployment", said("AsDescribed", "True"), False),
        ("Deployment", said("AsDescribed", "False", "Stalled"), False),
        ("Machine", said("WaitingForNode"), False),
        ("Machine", said("Restarting"), True),
        ("Machine", said("Failed"), True),
        ("Node", said("Stale", "Unknown"), True),
        ("Node", said("WaitingForApproval"), True),
        ("Job", said("Failed", "Unknown", "Succeeded"), True),
        ("Trust", said("TrustExpired"), True),
        ("Supervisor", said("LeaseLost"), True),
        ("Deployment", said("NobodyWroteThisDown"), True),
    ],
)
def test_what_needs_somebody_is_known_by_its_remedy(kind: str, condition: Json, expected: bool) -> None:
    assert is_stuck(kind, condition) is expected


def test_every_kind_with_conditions_can_be_told_of() -> None:
    for kind in (each for each in KINDS if each.conditions):
        assert {each.type for each in kind.conditions} & TOLD, kind.kind
        assert [reason for named, reason in REMEDIES if named == kind.kind], kind.kind
