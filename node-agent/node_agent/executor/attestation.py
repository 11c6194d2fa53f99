"""What the machine's TPM says of how it was started, for the ledger: a quote over the challenge of a registration."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

from node_agent.executor.sealing import Chip
from sal.errors import NotFound, SalError
from sal.tpm.chip import opened
from sal.tpm.quoting import quote
from sal.tpm.registers import IMAGE, SECURE_BOOT
from trust.dsse import encode
from trust.registration import Attestation

Attest: TypeAlias = Callable[[bytes], Attestation | None]
log = logging.getLogger(__name__)


def nothing(_: bytes) -> None:
    """Where nobody asked for a TPM."""


def of(device: Path | None) -> Attest:
    """Attests by the TPM behind this device."""
    return partial(attest, partial(opened, device)) if device else nothing


def attest(chip: Chip, challenge: bytes) -> Attestation | None:
    """The quote; None where there is no TPM, or where it fails: a node registers without one too."""
    try:
        with chip() as tpm:
            made = quote(tpm, challenge, (SECURE_BOOT, IMAGE))
    except NotFound:
        return None
    except SalError as error:
        log.warning("no quote goes with the registration: %s", error)
        return None
    pcr7, pcr11 = (value.hex() for value in made.values)
    key, statement, signature = (encode(each) for each in (made.key, made.statement, made.signature))
    return Attestation(key=key, statement=statement, signature=signature, pcr7=pcr7, pcr11=pcr11)
