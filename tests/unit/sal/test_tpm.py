"""What is said to a TPM and what it answers, byte by byte: recorded from swtpm, a program that stands in for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sal.errors import NotFound, SalError, UnexpectedOutput
from sal.tpm import quoting, registers, sealing
from sal.tpm.chip import Command, Tpm, TpmRefused, opened
from sal.tpm.sealing import MOST_VALUES, OtherState, OtherTpm, Sealed, policy
from sal.tpm.wire import Reader, selection

CASES = Path(__file__).parents[2] / "cases" / "sal.tpm"
READ, SEAL, UNSEAL, QUOTE = (
    json.loads((CASES / f"{name}.json").read_text()) for name in ("read", "seal", "unseal", "quote")
)
SEALED = Sealed(
    UNSEAL["sealed"]["register"],
    tuple(bytes.fromhex(each) for each in UNSEAL["sealed"]["values"]),
    bytes.fromhex(UNSEAL["sealed"]["public"]),
    bytes.fromhex(UNSEAL["sealed"]["private"]),
)
INTEGRITY, POLICY, RETRY = "000001df", "0000099d", "00000922"


class Recorded:
    """Answers what was recorded, to exactly what was asked then."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.left = [(bytes.fromhex(asked), bytes.fromhex(answer)) for asked, answer in case["exchanged"]]

    def __call__(self, words: bytes) -> bytes:
        asked, answer = self.left.pop(0)
        assert words.hex() == asked.hex()
        return answer


def replayed(case: dict[str, Any], act: Callable[[Tpm], Any]) -> Any:
    recorded = Recorded(case)
    result = act(Tpm(recorded))
    assert not recorded.left
    return result


def failed(code: str) -> bytes:
    return bytes.fromhex("80010000000a" + code)


def test_a_register_is_read() -> None:
    assert replayed(READ, lambda tpm: registers.read(tpm, 11)).hex() == READ["value"]


def test_a_secret_is_sealed_to_one_of_two_values() -> None:
    values = [bytes.fromhex(each) for each in SEAL["values"]]
    made = replayed(SEAL, lambda tpm: sealing.seal(tpm, bytes.fromhex(SEAL["secret"]), SEAL["register"], values))
    assert (made.public.hex(), made.private.hex()) == (SEAL["public"], SEAL["private"])
    assert (made.register, list(made.values)) == (11, values)


def test_a_secret_is_opened_and_all_that_was_loaded_is_taken_out_again() -> None:
    assert replayed(UNSEAL, lambda tpm: sealing.unseal(tpm, SEALED)).hex() == UNSEAL["secret"]
    flushed = [asked for asked, _ in UNSEAL["exchanged"] if asked[12:20] == "00000165"]
    assert len(flushed) == 3


def test_a_quote_is_taken() -> None:
    made = replayed(QUOTE, lambda tpm: quoting.quote(tpm, bytes.fromhex(QUOTE["challenge"]), QUOTE["registers"]))
    assert made.key.hex() == QUOTE["key"]
    assert made.statement.hex() == QUOTE["statement"]
    assert made.signature.hex() == QUOTE["signature"]
    assert [each.hex() for each in made.values] == QUOTE["values"]


def _unseal_with(answer: bytes, command: str) -> None:
    """Opens the secret with another answer to one of the commands."""
    recorded = {asked[12:20]: bytes.fromhex(said) for asked, said in UNSEAL["exchanged"]}
    sealing.unseal(Tpm(lambda words: answer if words[6:10].hex() == command else recorded[words[6:10].hex()]), SEALED)


@pytest.mark.parametrize(
    ("command", "code", "error"),
    [
        ("00000157", INTEGRITY, OtherTpm),
        ("0000015e", POLICY, OtherState),
        ("0000015e", "00000101", TpmRefused),
        ("00000131", "000009a2", TpmRefused),
    ],
)
def test_why_a_secret_is_not_opened_is_told_apart(command: str, code: str, error: type[SalError]) -> None:
    with pytest.raises(error):
        _unseal_with(failed(code), command)


def test_a_tpm_in_another_state_is_not_even_asked() -> None:
    read = bytes.fromhex(READ["exchanged"][0][1])
    other = read[:-32] + bytes(32)
    with pytest.raises(OtherState, match="PCR 11 is 0000"):
        sealing.unseal(Tpm(lambda _: other), SEALED)


def test_a_tpm_that_is_busy_is_asked_again_and_not_for_ever() -> None:
    answers, pauses = [failed(RETRY)] * 3 + [bytes.fromhex(READ["exchanged"][0][1])], list[float]()
    assert registers.read(Tpm(lambda _: answers.pop(0), pauses.append), 11).hex() == READ["value"]
    assert len(pauses) == 3
    with pytest.raises(TpmRefused):
        registers.read(Tpm(lambda _: failed(RETRY), lambda _: None), 11)


def test_a_tpm_without_a_sha256_bank_is_told_what_to_do() -> None:
    nothing = bytes.fromhex("8001 0000001c 00000000 00000001 00000001 000b 03 000000 00000000")
    with pytest.raises(UnexpectedOutput, match="switch it on in the firmware's setup"):
        registers.read(Tpm(lambda _: nothing), 11)


def test_a_secret_whose_sealed_form_comes_cut_short_counts_as_not_sealed() -> None:
    answers = {asked[12:20]: bytes.fromhex(answer) for asked, answer in SEAL["exchanged"]}
    whole = answers["00000153"]
    for length in range(len(whole)):
        cut = {**answers, "00000153": whole[:length]}
        with pytest.raises(SalError):
            sealing.seal(Tpm(lambda words, cut=cut: cut[words[6:10].hex()]), bytes(32), 11, [bytes(32)])  # type: ignore[misc]


@given(st.data())
def test_an_answer_that_is_cut_or_garbled_is_an_error_of_ours(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from([READ, SEAL, UNSEAL, QUOTE]))
    answers = [bytes.fromhex(answer) for _, answer in case["exchanged"]]
    at = data.draw(st.integers(0, len(answers) - 1))
    whole = answers[at]
    answers[at] = data.draw(st.one_of(st.binary(max_size=40), st.integers(0, len(whole) - 1).map(lambda n: whole[:n])))
    left = iter(answers + [failed("00000101")] * 8)
    tpm = Tpm(lambda _: next(left), lambda _: None)
    acts: list[Callable[[], object]] = [
        lambda: registers.read(tpm, 11),
        lambda: sealing.seal(tpm, bytes(32), 11, [bytes(32)]),
        lambda: sealing.unseal(tpm, SEALED),
        lambda: quoting.quote(tpm, b"", (7, 11)),
    ]
    for act in acts:
        try:
            act()
        except SalError:
            continue


def test_a_policy_of_several_values_is_another_than_of_each() -> None:
    one, two = b"1" * 32, b"2" * 32
    assert len({policy(11, [one]), policy(11, [two]), policy(11, [one, two]), policy(7, [one])}) == 4


def test_no_more_values_are_sealed_to_than_a_tpm_knows() -> None:
    made: list[bytes] = []
    answers = [bytes.fromhex(answer) for _, answer in SEAL["exchanged"]]
    tpm = Tpm(lambda words: made.append(words) or answers[len(made) - 1])  # type: ignore[func-returns-value]
    values = [bytes([number]) * 32 for number in range(MOST_VALUES + 2)]
    assert sealing.seal(tpm, bytes(32), 11, values).values == tuple(values[:MOST_VALUES])


def test_registers_are_chosen_by_bits() -> None:
    assert selection([7, 11]).hex() == "00000001000b03800800"
    assert Command(0x17E, selection([0])).words.hex() == "8001000000140000017e00000001000b03010000"


def test_a_machine_without_a_tpm_is_told_from_one_whose_tpm_fails(tmp_path: Path) -> None:
    with pytest.raises(NotFound), opened(tmp_path / "tpmrm0"):
        pass


def test_an_answer_ends_where_its_head_says() -> None:
    with pytest.raises(UnexpectedOutput):
        Tpm(lambda _: bytes.fromhex("8001 00000004 00000000")).call(Command(0x17E))
    assert Reader(b"\0\1\2").sized() == b"\2"
