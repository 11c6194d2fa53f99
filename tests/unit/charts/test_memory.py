"""What strangers can make a part hold fits into its memory limit: else they end it whenever they like."""

from __future__ import annotations

from charts.values.common import Placement
from charts.values.model import Values
from controllers.admission import app as admission
from controllers.admission.endpoint import UNDER_WAY
from jobs.server import CONNECTIONS, Room
from plans.quantity import parse_quantity
from rhai.child import WRITABLE_MEMORY

KIBIBYTE, MEBIBYTE = 1 << 10, 1 << 20
VALUES = Values()


def limit(part: Placement) -> int:
    return parse_quantity(part.resources.limits.memory, "limits.memory")


def test_the_gateways_connections_fit_at_their_dearest() -> None:
    gateway = VALUES.gateway
    assert 128 * MEBIBYTE + gateway.limits.connections * 256 * KIBIBYTE <= limit(gateway)


def test_what_may_be_sent_to_admission_fits_when_it_is_read() -> None:
    needed = 48 * MEBIBYTE + WRITABLE_MEMORY + 26 * UNDER_WAY + admission.CONNECTIONS * 77 * KIBIBYTE
    assert needed <= limit(VALUES.admission)


def test_the_queues_data_and_connections_fit_and_its_log_can_be_written_anew() -> None:
    bundled = VALUES.redis.bundled
    data = int(bundled.memory.removesuffix("mb")) * MEBIBYTE
    assert data + data // 2 + bundled.connections * 40 * KIBIBYTE <= limit(bundled)


def test_the_queue_has_as_many_places_in_a_chart_as_without_one() -> None:
    bundled = VALUES.redis.bundled
    assert Room(bundled.memory, bundled.connections) == Room("256mb", CONNECTIONS)
