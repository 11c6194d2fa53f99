"""How the node's keys lie on its disk: sealed to the machine's TPM where there is one that works, else in plain.

Sealed to what the firmware says of Secure Boot while that is on, else to the image itself (docs/adr/0024).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TypeAlias

from node_agent.errors import NeedsOperator, Refused
from node_agent.executor.sealed_form import SealedKeys
from sal import secure_boot
from sal.errors import NotFound, SalError
from sal.tpm import registers, sealing
from sal.tpm.chip import Tpm, opened
from sal.tpm.registers import IMAGE, SECURE_BOOT
from trust.errors import BadKey
from trust.keys import BoxKey, seal

Chip: TypeAlias = Callable[[], AbstractContextManager[Tpm]]
UNMEASURED = bytes(32)
IN_PLAIN = "in plain on the disk"
SEALED = {
    IMAGE: "sealed to this machine's TPM and to the image (PCR 11)",
    SECURE_BOOT: "sealed to this machine's TPM and to its Secure Boot (PCR 7)",
}
_ANEW = "or empty the disk (wipefs --all) to enrol as a new node"
_UNKNOWN_IMAGE = (
    "this node's keys are sealed to its image, and the release does not say what PCR 11 its own will have, so it could"
    " not open them: make the release anew with `hardpan release create`"
)
_OTHER_STATE = {
    IMAGE: f"this node's keys are sealed to another image: boot the one that ran before, {_ANEW}",
    SECURE_BOOT: f"this node's keys are sealed to another state of Secure Boot: set it and its keys back, {_ANEW}",
}


class Sealing:
    """Closes and opens the node's keys. `told` says in words how they are kept; empty where nobody asked for a TPM."""

    def __init__(self, chip: Chip | None = None, checked: Callable[[], bool] = secure_boot.is_on) -> None:
        self._chip, self._checked = chip, checked
        self.told = ""

    @property
    def register(self) -> int:
        """What the keys are sealed to from now on."""
        return SECURE_BOOT if self._checked() else IMAGE

    def close(self, plain: bytes) -> bytes:
        """What to write instead of the plain keys: the same where no TPM takes them."""
        if self._chip is None:
            return plain
        try:
            with self._chip() as tpm:
                kept = _sealed(tpm, plain, self.register)
        except (NotFound, SalError) as error:
            self.told = f"{IN_PLAIN}: {_why(error)}"
            return plain
        self.told = SEALED[kept.pcr]
        return kept.to_bytes()

    def open(self, kept: bytes) -> bytes:
        """The plain keys. Raises NeedsOperator where the TPM does not give them out."""
        form = SealedKeys.parse(kept)
        if form is None:
            self.told = f"{IN_PLAIN}: no TPM was asked to seal them" if self._chip else ""
            return kept
        try:
            plain = self._opened(form)
        except (SalError, BadKey) as error:
            raise NeedsOperator("KeysSealed", _refusal(form.pcr, error)) from None
        self.told = SEALED[form.pcr]
        return plain

    def better(self, kept: bytes, plain: bytes) -> bytes:
        """What to write in place of the keys as they are kept: sealed, and to what counts now; else the same."""
        form = SealedKeys.parse(kept)
        if form is not None and form.pcr == self.register:
            return kept
        told = self.told
        closed = self.close(plain)
        if form is not None and closed == plain:
            self.told = told
            return kept
        return closed

    def admitting(self, kept: bytes, image: bytes) -> bytes:
        """What to write so that an image with this PCR 11 opens the keys too; `image` is empty where nobody knows it.

        Raises Refused then, SalError where the TPM fails.
        """
        form = SealedKeys.parse(kept)
        if form is None or form.pcr != IMAGE or self._chip is None:
            return kept
        if not image:
            raise Refused("KeysSealed", _UNKNOWN_IMAGE)
        plain = self._opened(form)
        with self._chip() as tpm:
            return _sealed(tpm, plain, IMAGE, image).to_bytes()

    def _opened(self, form: SealedKeys) -> bytes:
        if self._chip is None:
            raise NotFound("no TPM is named in the settings")
        with self._chip() as tpm:
            return BoxKey(sealing.unseal(tpm, form.sealed)).open(form.box)


def of(device: Path | None) -> Sealing:
    """Sealing with the TPM behind this device."""
    return Sealing(partial(opened, device) if device else None)


def _sealed(tpm: Tpm, plain: bytes, register: int, *more: bytes) -> SealedKeys:
    """Sealed to what the register holds now, and to more values; tried at once, for a TPM may fail."""
    value = registers.read(tpm, register)
    if value == UNMEASURED:
        raise SalError(f"nothing was measured into PCR {register} when this machine started")
    box = BoxKey.generate()
    made = sealing.seal(tpm, box.seed, register, [value, *more])
    if sealing.unseal(tpm, made) != box.seed:
        raise SalError("the TPM gives out something else than it sealed")
    return SealedKeys.of(made, seal(box.public, plain))


def _why(error: SalError) -> str:
    return "this machine has no TPM" if isinstance(error, NotFound) else f"the TPM cannot be used: {error}"


def _refusal(register: int, error: Exception) -> str:
    if isinstance(error, sealing.OtherState):
        return _OTHER_STATE[register]
    if isinstance(error, NotFound):
        return f"this node's keys are sealed to a TPM, and there is none: switch it on in the firmware's setup, {_ANEW}"
    if isinstance(error, sealing.OtherTpm | BadKey):
        return f"this node's keys are sealed to another TPM, or this one was cleared: bring the disk back, {_ANEW}"
    return f"the TPM cannot be used, and this node's keys are sealed to it: {error}"
