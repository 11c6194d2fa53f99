"""What the ledger says of a machine's TPM, to what it binds it, and whom a token admits by it."""

from __future__ import annotations

from typing import Any

import pytest

from controllers.ledger.registry import NODES
from tests.unit.controllers.ledger.desk import Ledger, Machine
from tests.unit.trust import world as trusted
from tests.unit.trust.imitation import Imitation
from trust.registration import attestation_challenge, open_evidence

RELEASED, OTHER = "a" * 64, "b" * 64
TPM = Imitation()


def releases(ledger: Ledger) -> None:
    """The operator released an image."""
    fields = {"version": "0.2.0", "flavour": "cloud", "digest": "sha256:" + "1" * 64, "size": 1, "minimum": "0.1.0"}
    ledger.trust.records["Release/spring"] = {**fields, "url": "https://images.example/x.efi", "pcr11": RELEASED}


async def ready(released: bool = True, **token: Any) -> Ledger:
    ledger = Ledger(**token)
    if released:
        releases(ledger)
    return await ledger.begin()


async def enrol(ledger: Ledger, machine: Machine, image: str = RELEASED, tpm: Imitation = TPM) -> dict[str, Any]:
    """Registers with a quote."""
    nonce = await ledger.nonce(machine)
    quote = tpm.attest(attestation_challenge(trusted.CLUSTER, machine.id, nonce), image)
    code, answer = await ledger.post("register", machine.registration(ledger, nonce, attestation=quote))
    assert code == 200, answer
    ledger.seconds += 1
    return answer


async def said(ledger: Ledger, machine: Machine) -> tuple[str, str, str]:
    found = (await ledger.look(machine)).status["conditions"]
    attested = next(each for each in found if each["type"] == "Attested")
    return attested["status"], attested["reason"], attested["message"]


async def test_a_machine_that_started_a_released_image_is_attested() -> None:
    ledger, machine = await ready(), Machine()
    await enrol(ledger, machine)
    assert await said(ledger, machine) == ("True", "ImageReleased", "it started release spring")
    kept = (await ledger.look(machine)).status["attestation"]
    assert kept == {"key": TPM.key, "pcr7": "0" * 64, "pcr11": RELEASED}


async def test_an_image_in_no_release_is_named_and_the_machine_may_stay() -> None:
    ledger, machine = await ready(), Machine()
    assert (await enrol(ledger, machine, OTHER))["state"] == "Approved"
    assert await said(ledger, machine) == ("False", "ImageNotReleased", f"PCR 11 is {OTHER}, and no release has it")


async def test_where_no_release_names_an_image_the_quote_alone_is_told() -> None:
    ledger, machine = await ready(released=False), Machine()
    await enrol(ledger, machine)
    assert (await said(ledger, machine))[:2] == ("True", "Quoted")


async def test_a_machine_without_a_tpm_is_neither_attested_nor_refused() -> None:
    ledger, machine = await ready(), Machine()
    assert (await ledger.enrol(machine))["state"] == "Approved"
    assert (await said(ledger, machine))[:2] == ("Unknown", "NoTpm")


async def test_a_quote_over_another_challenge_does_not_count() -> None:
    ledger, machine = await ready(), Machine()
    await ledger.enrol(machine, attestation=TPM.attest(bytes(32), RELEASED))
    assert (await said(ledger, machine))[:2] == ("False", "QuoteRefused")


async def test_a_quote_that_another_machine_s_registration_carried_does_not_count() -> None:
    ledger, machine = await ready(), Machine()
    nonce = await ledger.nonce(machine)
    quote = TPM.attest(attestation_challenge(trusted.CLUSTER, Machine("other").id, nonce), RELEASED)
    await ledger.post("register", machine.registration(ledger, nonce, attestation=quote))
    assert (await said(ledger, machine))[:2] == ("False", "QuoteRefused")


@pytest.mark.parametrize("restarted", [False, True])
async def test_another_tpm_is_named_and_the_node_stays_bound_to_the_first(restarted: bool) -> None:
    ledger, machine = await ready(), Machine()
    await enrol(ledger, machine)
    await ledger.look(machine)
    if restarted:
        ledger.restart()
    for _ in range(2):
        await enrol(ledger, machine, tpm=Imitation(2))
        status, reason, message = await said(ledger, machine)
        assert (status, reason) == ("False", "AttestationKeyChanged")
        assert Imitation(2).key[:19] in message
        assert TPM.key[:19] in message
    assert (await ledger.look(machine)).status["attestation"]["key"] == TPM.key
    await enrol(ledger, machine)
    assert (await said(ledger, machine))[0] == "True"


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_quote_that_came_once_is_missed_when_it_comes_no_more(restarted: bool) -> None:
    ledger, machine = await ready(), Machine()
    await enrol(ledger, machine)
    await ledger.look(machine)
    if restarted:
        ledger.restart()
    await ledger.enrol(machine)
    assert (await said(ledger, machine))[:2] == ("False", "QuoteMissing")


async def test_a_ledger_that_starts_anew_says_what_was_said_before() -> None:
    ledger, machine = await ready(), Machine()
    await enrol(ledger, machine)
    before = await said(ledger, machine)
    ledger.restart()
    assert await said(ledger, machine) == before


@pytest.mark.parametrize(
    ("image", "tpm", "reason", "words"),
    [
        (OTHER, TPM, "ImageNotReleased", f"PCR 11 is {OTHER}, and no release has it"),
        (None, None, "NoTpm", "no quote of a TPM came"),
    ],
)
async def test_a_token_for_measured_machines_lets_others_wait(
    image: str | None, tpm: Imitation | None, reason: str, words: str
) -> None:
    ledger, machine = await ready(measured=True), Machine()
    answer = await enrol(ledger, machine, image, tpm) if image and tpm else await ledger.enrol(machine)
    assert (answer["state"], answer["reason"]) == ("Pending", reason)
    assert f"token rack admits machines that started a released image; {words}" in answer["message"]
    assert f"kubectl hardpan node approve {machine.id}" in answer["message"]
    assert (await ledger.conditions(machine))["Approved"] == ("False", reason)


async def test_a_token_for_measured_machines_admits_a_released_image() -> None:
    ledger, machine = await ready(measured=True), Machine()
    assert (await enrol(ledger, machine, OTHER))["state"] == "Pending"
    assert (await enrol(ledger, machine))["state"] == "Approved"


async def test_a_token_for_measured_machines_admits_nobody_where_nothing_is_released() -> None:
    ledger, machine = await ready(released=False, measured=True), Machine()
    answer = await enrol(ledger, machine)
    assert (answer["state"], answer["reason"]) == ("Pending", "ImageNotReleased")
    assert "no release says what it should be" in answer["message"]


async def test_who_joined_stays_and_is_told_apart() -> None:
    ledger, machine = await ready(measured=True), Machine()
    await enrol(ledger, machine)
    assert (await enrol(ledger, machine, OTHER))["state"] == "Approved"
    assert (await said(ledger, machine))[:2] == ("False", "ImageNotReleased")


async def test_a_registration_with_a_quote_is_kept_as_the_machine_signed_it() -> None:
    ledger, machine = await ready(), Machine()
    await enrol(ledger, machine)
    (kept,) = ledger.server.objects(NODES)
    evidence = open_evidence(kept.spec["registration"], trusted.CLUSTER, machine.id)
    assert evidence.attestation is not None
    assert evidence.attestation.pcr11 == RELEASED
