"""The node's keys sealed to a TPM: what opens them, what does not, and what is never lost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from node_agent.errors import NeedsOperator, Refused
from node_agent.executor import identity
from node_agent.executor.identity import keep
from node_agent.executor.sealing import Sealing
from sal.errors import NotFound, SalError
from sal.tpm.registers import IMAGE
from tests.system.soft_tpm import SoftTpm, start
from trust.dsse import encode

pytestmark = pytest.mark.system


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "@identity" / "keys.json"


def reboot(chip: SoftTpm, image: bytes = b"image", checked: bytes = b"off") -> None:
    chip.restart()
    start(chip, image, checked)


def value(image: bytes) -> bytes:
    """What PCR 11 holds after `start`."""
    return hashlib.sha256(bytes(32) + hashlib.sha256(image).digest()).digest()


def sealing(chip: SoftTpm, checked: bool = False) -> Sealing:
    return Sealing(chip.opened, lambda: checked)


def test_sealed_keys_open_after_a_reboot_and_are_nowhere_on_the_disk_in_plain(chip: SoftTpm, path: Path) -> None:
    made = keep(path, sealing(chip))
    assert made.kept == "sealed to this machine's TPM and to the image (PCR 11)"
    for name in identity.FIELDS:
        assert encode(getattr(made, name).seed).encode() not in path.read_bytes()
    reboot(chip)
    again = keep(path, sealing(chip))
    assert (again.node, again.tls.seed, again.kept) == (made.node, made.tls.seed, made.kept)


def test_another_image_does_not_open_them_and_the_one_before_does(chip: SoftTpm, path: Path) -> None:
    made = keep(path, sealing(chip))
    before = path.read_bytes()
    reboot(chip, b"changed")
    with pytest.raises(NeedsOperator, match="sealed to another image: boot the one that ran before") as caught:
        keep(path, sealing(chip))
    assert caught.value.reason == "KeysSealed"
    assert path.read_bytes() == before
    reboot(chip)
    assert keep(path, sealing(chip)).node == made.node


def test_not_our_code_but_the_tpm_refuses_another_image(chip: SoftTpm, path: Path) -> None:
    keep(path, sealing(chip))
    reboot(chip, b"changed")
    forged = path.read_text().replace(_text(value(b"image")), _text(value(b"changed")))
    assert forged != path.read_text()
    path.write_text(forged)
    with pytest.raises(NeedsOperator, match="sealed to another image"):
        keep(path, sealing(chip))


def _text(data: bytes) -> str:
    return encode(data).replace("+", "-").replace("/", "_")


def test_with_secure_boot_every_image_that_it_lets_start_opens_them_and_none_without(chip: SoftTpm, path: Path) -> None:
    reboot(chip, b"image", b"on")
    made = keep(path, sealing(chip, checked=True))
    assert made.kept == "sealed to this machine's TPM and to its Secure Boot (PCR 7)"
    reboot(chip, b"signed update", b"on")
    assert keep(path, sealing(chip, checked=True)).node == made.node
    reboot(chip, b"image", b"off")
    with pytest.raises(NeedsOperator, match="another state of Secure Boot: set it and its keys back"):
        keep(path, sealing(chip))


def test_keys_move_to_secure_boot_when_it_is_switched_on(chip: SoftTpm, path: Path) -> None:
    made = keep(path, sealing(chip))
    reboot(chip, b"image", b"on")
    assert keep(path, sealing(chip, checked=True)).kept.endswith("Secure Boot (PCR 7)")
    reboot(chip, b"update", b"on")
    assert keep(path, sealing(chip, checked=True)).node == made.node


def test_keys_that_are_sealed_are_never_put_back_in_plain(chip: SoftTpm, path: Path) -> None:
    keep(path, sealing(chip))
    before = path.read_bytes()
    chip.restart()
    chip.measure(IMAGE, b"image")
    assert keep(path, sealing(chip, checked=True)).kept.endswith("to the image (PCR 11)")
    assert path.read_bytes() == before


def test_an_image_that_was_admitted_before_opens_them_and_so_does_the_one_that_falls_back(
    chip: SoftTpm, path: Path
) -> None:
    made = keep(path, sealing(chip))
    identity.admit(path, sealing(chip), value(b"next"))
    for image in (b"next", b"image", b"next"):
        reboot(chip, image)
        assert keep(path, sealing(chip)).node == made.node
    identity.admit(path, sealing(chip), value(b"third"))
    reboot(chip, b"image")
    with pytest.raises(NeedsOperator, match="another image"):
        keep(path, sealing(chip))


def test_an_image_of_which_nobody_knows_what_it_measures_is_not_admitted(chip: SoftTpm, path: Path) -> None:
    keep(path, sealing(chip))
    before = path.read_bytes()
    with pytest.raises(Refused, match="make the release anew with `hardpan release create`"):
        identity.admit(path, sealing(chip), b"")
    assert path.read_bytes() == before


def test_under_secure_boot_and_in_plain_no_image_needs_to_be_admitted(chip: SoftTpm, path: Path) -> None:
    for chosen in (Sealing(), sealing(chip, checked=True)):
        keep(path, chosen)
        before = path.read_bytes()
        for image in (value(b"next"), b""):
            identity.admit(path, chosen, image)
        assert path.read_bytes() == before


def test_another_chip_and_a_cleared_one_do_not_open_them(
    chip: SoftTpm, chips: Callable[[], SoftTpm], path: Path
) -> None:
    keep(path, sealing(chip))
    with pytest.raises(NeedsOperator, match="sealed to another TPM"):
        keep(path, sealing(chips()))
    chip.clear()
    with pytest.raises(NeedsOperator, match="or this one was cleared"):
        keep(path, sealing(chip))


def test_without_a_tpm_keys_are_kept_in_plain_and_it_is_said(path: Path) -> None:
    def missing() -> None:
        raise NotFound("/dev/tpmrm0: No such file or directory")

    made = keep(path, Sealing(missing))  # type: ignore[arg-type]
    assert made.kept == "in plain on the disk: this machine has no TPM"
    assert keep(path).node == made.node


def test_a_tpm_that_fails_leaves_the_keys_in_plain(chip: SoftTpm, path: Path) -> None:
    chip.switch_off()
    made = keep(path, sealing(chip))
    assert made.kept.startswith("in plain on the disk: the TPM cannot be used: ")
    assert keep(path).node == made.node
    chip.switch_on()


def test_a_machine_whose_image_nobody_measured_keeps_its_keys_in_plain(chip: SoftTpm, path: Path) -> None:
    chip.restart()
    assert "nothing was measured into PCR 11" in keep(path, sealing(chip)).kept


def test_sealed_keys_without_a_tpm_stop_the_node_and_are_left_as_they_are(chip: SoftTpm, path: Path) -> None:
    keep(path, sealing(chip))
    before = path.read_bytes()
    with pytest.raises(NeedsOperator, match="switch it on in the firmware's setup"):
        keep(path)
    assert path.read_bytes() == before


def test_plain_keys_are_sealed_when_a_tpm_comes_and_stay_the_same_keys(chip: SoftTpm, path: Path) -> None:
    made = keep(path)
    sealed = keep(path, sealing(chip))
    assert sealed.node == made.node
    assert encode(made.signing.seed).encode() not in path.read_bytes()
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    reboot(chip)
    assert keep(path, sealing(chip)).node == made.node


def test_a_cut_while_plain_keys_are_being_sealed_leaves_the_plain_ones(
    chip: SoftTpm, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = keep(path)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr("os.rename", cut)
        with pytest.raises(KeyboardInterrupt):
            keep(path, sealing(chip))
    assert keep(path).node == made.node


def test_a_tpm_that_gives_out_something_else_than_it_sealed_gets_no_keys(
    chip: SoftTpm, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sal.tpm.sealing.unseal", lambda *_: bytes(32))
    made = keep(path, sealing(chip))
    assert "something else than it sealed" in made.kept
    assert keep(path).node == made.node


def test_a_disk_that_is_full_keeps_no_node_from_starting(
    chip: SoftTpm, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = keep(path)

    def full(*_: object) -> None:
        raise SalError("the disk is full")

    monkeypatch.setattr(identity, "write_durably", full)
    assert keep(path, sealing(chip)).node == made.node


@pytest.mark.parametrize("content", [b'{"pcr": 11}', b'{"pcr": 9, "values": []}'])
def test_a_damaged_file_of_sealed_keys_is_never_replaced(chip: SoftTpm, path: Path, content: bytes) -> None:
    keep(path, sealing(chip))
    path.write_bytes(content)
    with pytest.raises(NeedsOperator, match="damaged"):
        keep(path, sealing(chip))
    assert path.read_bytes() == content
