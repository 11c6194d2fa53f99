"""SSHSIG: the signature that `ssh-keygen -Y sign` and FIDO keys make, parsed strictly and verified by libsodium.

Protocol: OpenSSH PROTOCOL.sshsig (version 1) and, for `sk-` keys, PROTOCOL.u2f.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass

from trust.dsse import decode
from trust.errors import BadKey, Code, Refusal
from trust.keys import ED25519, SK_ED25519, SigningKey, SshReader, UserKey, parse_blob, ssh_string, verify_raw

NAMESPACE = "hardpan"
MAGIC = b"SSHSIG"
VERSION = 1
HASHES = ("sha256", "sha512")
LONGEST_TEXT = 4096
FIDO_APPLICATION = "ssh:"
USER_PRESENT = 0x01
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"


@dataclass(frozen=True)
class SshSignature:
    """A parsed signature. For FIDO keys `flags` and `counter` are what the token signed along with the message."""

    key: UserKey
    namespace: str
    hash_name: str
    signature: bytes
    flags: int = 0
    counter: int = 0


def parse(text: str) -> SshSignature:
    """Parses the armoured form or its bare base64. Raises Refusal(BadEncoding) for anything else."""
    try:
        return _parse_blob(blob_of(text))
    except (BadKey, struct.error, UnicodeDecodeError) as error:
        raise Refusal(Code.BAD_ENCODING, f"not an SSH signature: {error}") from None


def blob_of(text: str) -> bytes:
    """The binary signature inside the armoured or bare text. Raises Refusal(BadEncoding or TooLarge)."""
    if len(text) > LONGEST_TEXT:
        raise Refusal(Code.TOO_LARGE, f"a signature of {len(text)} characters is longer than {LONGEST_TEXT}")
    bare = text.strip()
    if bare.startswith(BEGIN) and bare.endswith(END):
        bare = bare.removeprefix(BEGIN).removesuffix(END)
    try:
        return decode("".join(bare.split()))
    except Refusal:
        raise Refusal(Code.BAD_ENCODING, "not an SSH signature: neither armoured nor strict base64") from None


def encode_bytes(blob: bytes) -> str:
    """The bare base64 of a binary signature."""
    return base64.b64encode(blob).decode()


def _parse_blob(blob: bytes) -> SshSignature:
    reader = SshReader(blob, "the signature")
    if reader.take(len(MAGIC)) != MAGIC or struct.unpack(">I", reader.take(4))[0] != VERSION:
        raise BadKey("it does not begin as a signature of version 1")
    key = parse_blob(reader.string())
    namespace = reader.string().decode()
    if reader.string():
        raise BadKey("its reserved field is not empty")
    hash_name = reader.string().decode()
    signature = _inner(reader.string(), key)
    reader.end()
    return SshSignature(key, namespace, hash_name, *signature)


def _inner(data: bytes, key: UserKey) -> tuple[bytes, int, int]:
    reader = SshReader(data, "the inner signature")
    if reader.string().decode() != key.kind:
        raise BadKey("key and signature are of different kinds")
    signature, flags, counter = reader.string(), 0, 0
    if key.kind == SK_ED25519:
        flags = reader.take(1)[0]
        counter = struct.unpack(">I", reader.take(4))[0]
    reader.end()
    return signature, flags, counter


def message_to_sign(message: bytes, hash_name: str = "sha512", namespace: str = NAMESPACE) -> bytes:
    """The bytes under the signature: preamble, namespace, reserved, hash name, hash of the message."""
    hashed = hashlib.new(hash_name, message).digest()
    return MAGIC + b"".join(ssh_string(part) for part in (namespace.encode(), b"", hash_name.encode(), hashed))


def verify(text: str, message: bytes) -> UserKey:
    """The key that made this signature over `message` in our namespace.

    Raises Refusal with BadEncoding or BadSignature; whether the key counts is for the caller to ask.
    """
    parsed = parse(text)
    if parsed.namespace != NAMESPACE:
        raise Refusal(
            Code.BAD_SIGNATURE,
            f"signed for namespace {parsed.namespace!r}, not {NAMESPACE!r}: use `ssh-keygen -Y sign -n {NAMESPACE}`",
        )
    if parsed.hash_name not in HASHES:
        raise Refusal(Code.BAD_SIGNATURE, f"hash {parsed.hash_name!r} is not one of {', '.join(HASHES)}")
    signed = message_to_sign(message, parsed.hash_name)
    if parsed.key.kind == SK_ED25519:
        signed = _token_message(parsed, signed)
    if not verify_raw(parsed.key.public, signed, parsed.signature):
        raise Refusal(Code.BAD_SIGNATURE, "the signature does not fit what it is said to sign")
    return parsed.key


def _token_message(parsed: SshSignature, signed: bytes) -> bytes:
    """What a FIDO token signs; the exact application, the user present, and no other flag."""
    if parsed.key.application != FIDO_APPLICATION:
        raise Refusal(Code.BAD_SIGNATURE, f"FIDO application {parsed.key.application!r} is not {FIDO_APPLICATION!r}")
    if not parsed.flags & USER_PRESENT:
        raise Refusal(Code.BAD_SIGNATURE, "the FIDO token did not see its user: touch it when it blinks")
    if parsed.flags != USER_PRESENT:
        what = f"the FIDO token set flags {parsed.flags:#04x}, only {USER_PRESENT:#04x} counts"
        raise Refusal(Code.BAD_SIGNATURE, f"{what}: use a key made without verify-required")
    application = hashlib.sha256(parsed.key.application.encode()).digest()
    return application + struct.pack(">BI", parsed.flags, parsed.counter) + hashlib.sha256(signed).digest()


def encode_blob(key: UserKey, signature: bytes, hash_name: str = "sha512", token: bytes = b"") -> str:
    """The bare base64 of a signature made elsewhere; `token` is the flags and counter of a FIDO signature."""
    inner = ssh_string(key.kind.encode()) + ssh_string(signature) + token
    parts = (key.blob, NAMESPACE.encode(), b"", hash_name.encode(), inner)
    return base64.b64encode(MAGIC + struct.pack(">I", VERSION) + b"".join(ssh_string(p) for p in parts)).decode()


def sign_with_seed(seed: bytes, message: bytes) -> str:
    """Signs as `ssh-keygen -Y sign` does, with a key whose seed we hold: for tests and throw-away demo keys."""
    key = SigningKey(seed)
    return encode_blob(UserKey(ED25519, key.public), key.sign(message_to_sign(message)))
