"""SSH signatures: what we accept, plain ssh-keygen accepts as well, and what is not good is a refusal."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.mutate import damaged
from tests.fuzz.target import Target
from tests.unit.trust import world
from trust import sshsig
from trust.errors import BadKey, Code, Refusal
from trust.keys import ED25519, SK_ED25519, SigningKey, UserKey, parse_user_key, ssh_string

MESSAGE = b"what is signed"
KEY = SigningKey(world.seed("alice"))
PUBLIC = UserKey(ED25519, KEY.public)
GOOD = sshsig.blob_of(sshsig.sign_with_seed(KEY.seed, MESSAGE))
OURS = (Code.BAD_ENCODING, Code.BAD_SIGNATURE, Code.TOO_LARGE)
ORDER = 2**252 + 27742317777372353535851937790883648493


def check(text: str) -> None:
    """Parsed, refused for one of three reasons, or good; and then ssh-keygen says so too."""
    try:
        key = sshsig.verify(text, MESSAGE)
    except Refusal as refusal:
        assert refusal.code in OURS, refusal.code
        assert text != sshsig.encode_bytes(GOOD), "a good signature is refused"
        assert len(refusal.message) < 5_000
        return
    assert key.key_id == PUBLIC.key_id, "nobody else signed"
    assert keygen_agrees(sshsig.encode_bytes(sshsig.blob_of(text))), "ssh-keygen refuses what we accept"


def check_key(line: str) -> None:
    """A key, or BadKey; and a key is written again as the same key."""
    try:
        key = parse_user_key(line)
    except BadKey:
        return
    assert parse_user_key(key.line) == key


@lru_cache(maxsize=4096)
def keygen_agrees(bare: str) -> bool:
    """What the real program says, where there is one."""
    if shutil.which("ssh-keygen") is None:
        return True
    with tempfile.TemporaryDirectory(prefix="hardpan-fuzz-") as made:
        signers, signature = Path(made) / "signers", Path(made) / "signature"
        signers.write_text(f"alice {PUBLIC.line}\n")
        lines = [bare[start : start + 70] for start in range(0, len(bare), 70)]
        signature.write_text("\n".join([sshsig.BEGIN, *lines, sshsig.END, ""]))
        words = ["-f", str(signers), "-I", "alice", "-n", sshsig.NAMESPACE, "-s", str(signature)]
        done = subprocess.run(["ssh-keygen", "-Y", "verify", *words], input=MESSAGE, capture_output=True, timeout=30)
        return done.returncode == 0


@st.composite
def built(draw: st.DrawFn) -> bytes:
    """A signature put together from parts, each of which may be another one; our key signs what it says."""
    kind = draw(st.sampled_from([ED25519, ED25519, SK_ED25519, "ssh-rsa", ""]))
    namespace = draw(st.sampled_from(["hardpan", "hardpan", "hardpan", "file", "git", "", "hardpan\x00", "HARDPAN"]))
    hash_name = draw(st.sampled_from(["sha512", "sha512", "sha256", "sha1", "SHA512", ""]))
    version = draw(st.sampled_from([1, 1, 1, 0, 2, 2**32 - 1]))
    reserved = draw(st.sampled_from([b"", b"", b"", b"x"]))
    try:
        message = sshsig.message_to_sign(MESSAGE, hash_name or "sha512", namespace)
    except (ValueError, TypeError):
        message = MESSAGE
    raw = draw(st.sampled_from([_signed, _malleable, _short, _zero]))(message)
    public = draw(st.sampled_from([KEY.public, KEY.public, bytes(32), bytes([1] + [0] * 31), b"\xff" * 32]))
    blob = ssh_string(kind.encode()) + ssh_string(public) + draw(st.sampled_from([b"", b"", ssh_string(b"ssh:")]))
    inner = ssh_string(kind.encode()) + ssh_string(raw) + draw(st.sampled_from([b"", b"", b"\x01\0\0\0\x05", b"\0"]))
    parts = (blob, namespace.encode(), reserved, hash_name.encode(), inner)
    behind = draw(st.sampled_from([b"", b"", b"\x00", b"more"]))
    return sshsig.MAGIC + version.to_bytes(4, "big") + b"".join(ssh_string(each) for each in parts) + behind


def _signed(message: bytes) -> bytes:
    return KEY.sign(message)


def _malleable(message: bytes) -> bytes:
    raw = KEY.sign(message)
    return raw[:32] + ((int.from_bytes(raw[32:], "little") + ORDER) % 2**256).to_bytes(32, "little")


def _short(message: bytes) -> bytes:
    return KEY.sign(message)[:-1]


def _zero(_: bytes) -> bytes:
    return bytes(64)


@st.composite
def armoured(draw: st.DrawFn, blob: bytes) -> str:
    """The text of a signature, armoured or bare, folded anyhow."""
    bare, width = base64.b64encode(blob).decode(), draw(st.sampled_from([70, 1, 76, 10_000]))
    lines = [bare[start : start + width] for start in range(0, len(bare), width)]
    joint = draw(st.sampled_from(["\n", "\r\n", " ", "", "\t"]))
    begin, end = draw(st.sampled_from([(sshsig.BEGIN, sshsig.END), ("", ""), (sshsig.BEGIN, "")]))
    return draw(st.sampled_from(["", "\n", "x"])) + joint.join([begin, *lines, end])


blobs = st.one_of(st.just(GOOD), damaged(GOOD), built(), st.binary(max_size=300))
TARGET = Target(
    "sshsig", st.one_of(st.just(sshsig.encode_bytes(GOOD)), blobs.flatmap(armoured), st.text(max_size=300)), check
)


def _line(blob: bytes) -> Any:
    kinds = st.sampled_from([ED25519, SK_ED25519, "ssh-rsa", ""])
    return kinds.map(lambda kind: f"{kind} {base64.b64encode(blob).decode()} alice")


TOKEN = UserKey(SK_ED25519, KEY.public, "ssh:")
KEYS = Target(
    "sshkeys",
    (damaged(PUBLIC.blob) | damaged(TOKEN.blob) | st.binary(max_size=80)).flatmap(_line) | st.text(max_size=200),
    check_key,
)
