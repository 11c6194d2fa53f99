"""Time servers: what an answer says, and which answers are none."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sal import sntp
from sal.errors import UnexpectedOutput

TOKEN = b"12345678"
SENT = 1_795_000_000.0
SINCE_1900 = 2_208_988_800


def stamp(seconds: float) -> bytes:
    """A time as RFC 4330 writes it."""
    whole = int(seconds // 1)
    return struct.pack("!II", (whole + SINCE_1900) % (1 << 32), int((seconds - whole) * (1 << 32)))


def answer(offset: float, token: bytes = TOKEN, first: int = 0x24, stratum: int = 2, way: float = 0.25) -> bytes:
    """A server's answer, when its clock is ahead by `offset` and each way takes `way` seconds."""
    head = bytes([first, stratum, 6, 0xEC]) + bytes(20)
    return head + token + stamp(SENT + way + offset) + stamp(SENT + way + offset + 0.1)


def parsed(data: bytes) -> float:
    """What is to be added, when the answer came after both ways and the server's 0.1 s."""
    return sntp.parse(data, TOKEN, SENT, SENT + 0.6)


@given(st.floats(-1e8, 1e8))
def test_the_way_there_and_back_is_taken_out(offset: float) -> None:
    assert parsed(answer(offset)) == pytest.approx(offset, abs=1e-3)


def test_a_server_in_the_next_era_is_understood() -> None:
    after_2036 = 2_100_000_000.0
    data = bytes([0x24, 2, 6, 0xEC]) + bytes(20) + TOKEN + stamp(after_2036) + stamp(after_2036)
    assert sntp.parse(data, TOKEN, after_2036 - 1, after_2036 - 1) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(answer(0.0, token=b"another!"), id="another question's"),
        pytest.param(answer(0.0)[:47], id="cut short"),
        pytest.param(answer(0.0, first=0xE4), id="a server that is not synchronised"),
        pytest.param(answer(0.0, first=0x23), id="a question"),
        pytest.param(answer(0.0, stratum=0), id="a kiss of death"),
        pytest.param(answer(0.0, stratum=16), id="a stratum that is none"),
        pytest.param(answer(0.0)[:40] + bytes(8), id="no time"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_is_no_answer_sets_no_clock(data: bytes) -> None:
    with pytest.raises(UnexpectedOutput):
        parsed(data)


def test_a_question_carries_what_only_its_answer_can_repeat() -> None:
    asked = sntp.request(TOKEN)
    assert (len(asked), asked[0], asked[40:]) == (48, 0x23, TOKEN)
