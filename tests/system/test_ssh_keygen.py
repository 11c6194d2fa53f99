"""Real OpenSSH and our code agree: what one signs the other accepts, with a key file, an agent, and FIDO's form."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.requirements import need
from tests.unit.trust.refused import refused
from tests.unit.trust.world import body
from trust.deployment import SignatureText, bytes_to_sign, to_envelope
from trust.errors import Code
from trust.keys import ED25519, SigningKey, UserKey, parse_user_key
from trust.sshsig import encode_bytes, sign_with_seed, verify

pytestmark = pytest.mark.system
CASES = Path(__file__).parents[1] / "cases"
SEED = bytes(range(32))
MESSAGE = bytes_to_sign(body())


@pytest.fixture(autouse=True)
def openssh() -> None:
    """These tests need the real programs."""
    need("ssh-keygen")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A fresh Ed25519 key file."""
    path = tmp_path / "id"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f", str(path))
    return path


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An empty ssh-agent of our own, as environment."""
    socket = tmp_path / "agent"
    with subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it listens once it has said where
        yield {**os.environ, "SSH_AUTH_SOCK": str(socket)}
        process.terminate()


def run(*words: str, given: bytes = b"", environment: dict[str, str] | None = None) -> str:
    """What a program prints."""
    done = subprocess.run(words, input=given, capture_output=True, check=True, timeout=30, env=environment)
    return done.stdout.decode()


def keygen_sign(key: Path, *options: str, namespace: str = "hardpan", environment: dict[str, str] | None = None) -> str:
    """What `ssh-keygen -Y sign` makes of the message."""
    words = ("ssh-keygen", "-Y", "sign", "-q", "-n", namespace, *options, "-f", str(key))
    return run(*words, given=MESSAGE, environment=environment)


def keygen_verify(folder: Path, line: str, signature: str, message: bytes = MESSAGE) -> str:
    """What `ssh-keygen -Y verify` says for alice; CalledProcessError when it does not agree."""
    (folder / "allowed_signers").write_text(f"alice {line}\n")
    (folder / "signature").write_text(signature)
    words = ("-f", str(folder / "allowed_signers"), "-I", "alice", "-n", "hardpan", "-s", str(folder / "signature"))
    return run("ssh-keygen", "-Y", "verify", *words, given=message)


def armoured(bare: str) -> str:
    """The bare base64 as ssh-keygen reads it."""
    lines = [bare[start : start + 70] for start in range(0, len(bare), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])


def public(key: Path) -> UserKey:
    """The public half of a key file."""
    return parse_user_key(key.with_suffix(".pub").read_text().strip())


@pytest.mark.parametrize("options", [(), ("-O", "hashalg=sha256"), ("-O", "hashalg=sha512")])
def test_what_ssh_keygen_signs_is_accepted(key: Path, options: tuple[str, ...]) -> None:
    assert verify(keygen_sign(key, *options), MESSAGE) == public(key)


def test_what_an_agent_signs_is_accepted(key: Path, agent: dict[str, str]) -> None:
    run("ssh-add", "-q", str(key), environment=agent)
    key.unlink()
    assert verify(keygen_sign(key.with_suffix(".pub"), environment=agent), MESSAGE) == parse_user_key(
        key.with_suffix(".pub").read_text().strip()
    )


def test_a_signature_for_another_namespace_is_refused(key: Path) -> None:
    with refused(Code.BAD_SIGNATURE, "namespace 'file'"):
        verify(keygen_sign(key, namespace="file"), MESSAGE)


def test_a_key_s_id_is_what_ssh_keygen_prints(key: Path) -> None:
    assert run("ssh-keygen", "-lf", str(key.with_suffix(".pub"))).split()[1] == public(key).key_id


def test_what_we_sign_verifies_with_plain_ssh_keygen(tmp_path: Path) -> None:
    line = UserKey(ED25519, SigningKey(SEED).public).line
    answer = keygen_verify(tmp_path, line, armoured(sign_with_seed(SEED, MESSAGE)))
    assert answer.startswith('Good "hardpan" signature for alice with ED25519 key SHA256:lbmsoA0y')


def test_the_document_that_travels_to_nodes_still_verifies_with_plain_ssh_keygen(key: Path, tmp_path: Path) -> None:
    envelope = to_envelope(body(), [SignatureText(public(key).key_id, keygen_sign(key))])
    signature = armoured(encode_bytes(envelope.signatures[0].value))
    assert keygen_verify(tmp_path, public(key).line, signature, envelope.signed_bytes).startswith("Good")


def stored() -> list[Any]:
    """The good vectors that say whose key they are."""
    cases = [
        (file.stem, json.loads(file.read_text())) for file in sorted((CASES / "trust.sshsig.verify").glob("*.json"))
    ]
    return [pytest.param(case, id=name) for name, case in cases if "line" in case]


@pytest.mark.parametrize("case", stored())
def test_stored_signatures_verify_with_plain_ssh_keygen(case: dict[str, str], tmp_path: Path) -> None:
    answer = keygen_verify(tmp_path, case["line"], case["signature"], case["message"].encode())
    assert case["keyID"] in answer


def test_ssh_keygen_refuses_what_we_refuse(key: Path, tmp_path: Path) -> None:
    signature = keygen_sign(key)
    with refused(Code.BAD_SIGNATURE):
        verify(signature, MESSAGE + b"x")
    with pytest.raises(subprocess.CalledProcessError):
        keygen_verify(tmp_path, public(key).line, signature, MESSAGE + b"x")
