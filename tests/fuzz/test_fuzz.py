"""A few hundred inputs of every target in each test run; `make fuzz` gives each of them ten minutes."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from tests.fuzz.gateway import check_bytes
from tests.fuzz.target import Tally, Target, TooSlow, fuzz
from tests.fuzz.targets import TARGETS

EXAMPLES = 150


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_whatever_strangers_write_is_handled(target: Target) -> None:
    tally = Tally()
    fuzz(target, 1, EXAMPLES, tally)
    assert tally.tried >= EXAMPLES / 2


def test_a_broken_rest_behind_an_answer_ends_the_connection_without_an_error() -> None:
    """Found by seed 11 of gateway-bytes."""
    first = b"POST /v1/nodes/register HTTP/1.1\r\nhost: gateway\r\ncontent-length: 2\r\n\r\n}P"
    refused = b"OST /v1/nodes/report HTTP/1.1\r\nhost: gateway\r\ntransfer-encoding: chunked\r\n\r\n"
    check_bytes([first, refused, b"3\r\n{}\r\n0\r\n\r\n"])


def test_an_error_that_nobody_documented_is_found() -> None:
    def check(value: int) -> None:
        if value > 1000:
            raise RecursionError

    with pytest.raises(RecursionError):
        fuzz(Target("test", st.integers(), check), 1, 500, Tally())


def test_an_input_that_costs_too_much_is_found() -> None:
    def check(value: int) -> None:
        sum(range(300_000))

    with pytest.raises(TooSlow):
        fuzz(Target("test", st.just(1), check, slow=0.0001), 1, 5, Tally())
