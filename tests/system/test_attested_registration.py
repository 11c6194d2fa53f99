"""A registration carries what the machine's TPM says, over the ledger's challenge, and how its keys lie on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from node_agent.messages import Hello, Welcome
from sal.tpm import registers
from sal.tpm.chip import Tpm
from sal.tpm.registers import IMAGE
from tests.system.soft_tpm import SoftTpm
from tests.unit.node_agent.node import Node
from trust.errors import Refusal
from trust.quote import Quoted, open_quote
from trust.registration import Registration, attestation_challenge, open_registration

pytestmark = pytest.mark.system
NONCE = "bm9uY2U="


@pytest.fixture
def node(chip: SoftTpm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """A node on a machine with this chip."""

    def opened(_: Path) -> AbstractContextManager[Tpm]:
        return chip.opened()

    for module in ("attestation", "sealing"):
        monkeypatch.setattr(f"node_agent.executor.{module}.opened", opened)
    made = Node(tmp_path)
    made.settings = made.settings.model_copy(update={"tpm": Path("/dev/tpmrm0")})
    made.restart()
    yield made
    made.executor.store.close()


def registration(node: Node) -> Registration:
    """What it signs over a challenge."""
    service = node.service
    signed = service.enrolment.registration(NONCE, "boot", service.inventory(), service.capacity())
    return open_registration(signed, node.cluster.id)


def quoted(made: Registration, nonce: str = NONCE) -> Quoted:
    """What counts of its quote. Raises Refusal."""
    assert made.attestation is not None
    return open_quote(made.attestation, attestation_challenge(made.cluster, made.node, nonce))


def test_the_quote_is_over_the_challenge_and_says_what_was_started(node: Node, chip: SoftTpm) -> None:
    made = registration(node)
    assert quoted(made).pcr11 == registers.read(chip.tpm, IMAGE).hex()
    with pytest.raises(Refusal, match="not over the challenge"):
        quoted(made, "YW5vdGhlcg==")


def test_the_same_key_signs_after_a_reboot_and_after_the_tpm_was_cleared(node: Node, chip: SoftTpm) -> None:
    first = quoted(registration(node)).key
    chip.restart()
    again = quoted(registration(node))
    assert (again.key, again.pcr11) == (first, "0" * 64)
    chip.clear()
    assert quoted(registration(node)).key == first


def test_a_tpm_that_fails_keeps_no_node_from_registering(node: Node, chip: SoftTpm) -> None:
    chip.switch_off()
    assert registration(node).attestation is None
    chip.switch_on()


def test_the_inventory_and_the_console_say_how_the_keys_lie_on_the_disk(node: Node) -> None:
    sealed = "sealed to this machine's TPM and to the image (PCR 11)"
    assert registration(node).inventory.keys == sealed
    welcome = node.service.respond(Hello())
    assert isinstance(welcome, Welcome)
    assert welcome.keys == sealed
