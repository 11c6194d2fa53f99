"""Keys: OpenSSH public keys of people, raw Ed25519 and X25519 keys of machines, and sealed boxes.

The only importer of PyNaCl. libsodium refuses small-order keys and malleable signatures, OpenSSL did not
(reference: security_reliability A1.4), so nothing here is ever verified by anything else.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass
from functools import lru_cache

import nacl.bindings
import nacl.exceptions
import nacl.public
import nacl.signing

from trust.dsse import decode, encode
from trust.errors import BadKey, Code, Refusal

ED25519 = "ssh-ed25519"
SK_ED25519 = "sk-ssh-ed25519@openssh.com"
KEY_BYTES = 32
MOST_REMEMBERED = 16_384
SHORT_BYTES = 512


@dataclass(frozen=True)
class UserKey:
    """A person's public key. `application` is the FIDO application string, empty for a plain key."""

    kind: str
    public: bytes
    application: str = ""

    @property
    def blob(self) -> bytes:
        """The SSH wire form (RFC 4253 section 6.6; PROTOCOL.u2f for FIDO keys)."""
        fields = [self.kind.encode(), self.public] + ([self.application.encode()] if self.kind == SK_ED25519 else [])
        return b"".join(ssh_string(field) for field in fields)

    @property
    def key_id(self) -> str:
        """What `ssh-keygen -lf` prints."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    @property
    def line(self) -> str:
        """The public key line, without a comment."""
        return f"{self.kind} {encode(self.blob)}"


def ssh_string(data: bytes) -> bytes:
    """An SSH string: four bytes of length, then the bytes."""
    return struct.pack(">I", len(data)) + data


class SshReader:
    """Reads SSH strings from a blob; `source` names it in errors."""

    def __init__(self, data: bytes, source: str) -> None:
        self._data = data
        self._source = source

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        if count > len(self._data):
            raise BadKey(f"{self._source} is cut short")
        taken, self._data = self._data[:count], self._data[count:]
        return taken

    def string(self) -> bytes:
        """The next string."""
        return self.take(struct.unpack(">I", self.take(4))[0])

    def end(self) -> None:
        """Nothing may follow."""
        if self._data:
            raise BadKey(f"{self._source} has {len(self._data)} bytes too many")


def parse_user_key(line: str) -> UserKey:
    """Parses an OpenSSH public key line; BadKey for other kinds, damage, or a degenerate key."""
    parts = line.split(" ")
    if len(parts) < 2 or parts[0] not in (ED25519, SK_ED25519):
        raise BadKey(f"{parts[0] if parts else ''!r} is not a key kind that counts: use {ED25519} or {SK_ED25519}")
    try:
        key = parse_blob(decode(parts[1]))
    except Refusal:
        raise BadKey("the public key is not base64: copy the whole line of the .pub file") from None
    if key.kind != parts[0]:
        raise BadKey(f"the public key says {parts[0]} outside and {key.kind} inside")
    return key


def parse_blob(blob: bytes) -> UserKey:
    """Parses the SSH wire form of a public key."""
    reader = SshReader(blob, "the public key")
    kind = _words(reader.string())
    if kind not in (ED25519, SK_ED25519):
        raise BadKey(f"{kind!r} is not a key kind that counts: use {ED25519} or {SK_ED25519}")
    public = check_public(reader.string())
    application = _words(reader.string()) if kind == SK_ED25519 else ""
    reader.end()
    return UserKey(kind, public, application)


def _words(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadKey("the public key names its kind or application in something else than UTF-8") from None


def check_public(public: bytes) -> bytes:
    """The key, or BadKey when it has the wrong length or small order (anybody could sign for it)."""
    if len(public) != KEY_BYTES:
        raise BadKey(f"an Ed25519 public key has {KEY_BYTES} bytes, not {len(public)}")
    if not _is_valid_point(public):
        raise BadKey("this Ed25519 public key is degenerate: anybody could sign for it; make a new key")
    return public


@lru_cache(maxsize=MOST_REMEMBERED)
def _is_valid_point(public: bytes) -> bool:
    return bool(nacl.bindings.crypto_core_ed25519_is_valid_point(public))


def verify_raw(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a raw 64-byte Ed25519 signature is right.

    The answer is a constant of these bytes; it is remembered where the message is short, as what users sign is: the
    documents that are in force are verified again at every look.
    """
    return _verifies(public, message, signature) if len(message) <= SHORT_BYTES else _verify(public, message, signature)


def _verify(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        nacl.signing.VerifyKey(check_public(public)).verify(message, signature)
    except (nacl.exceptions.CryptoError, ValueError, TypeError, BadKey):
        return False
    return True


_verifies = lru_cache(maxsize=MOST_REMEMBERED)(_verify)


class SigningKey:
    """A machine's Ed25519 key, made from its 32-byte seed."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != KEY_BYTES:
            raise BadKey(f"a signing key's seed has {KEY_BYTES} bytes, not {len(seed)}")
        self._key = nacl.signing.SigningKey(seed)

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key."""
        return cls(bytes(nacl.signing.SigningKey.generate()))

    @property
    def seed(self) -> bytes:
        """The secret 32 bytes."""
        return bytes(self._key)

    @property
    def public(self) -> bytes:
        """The public 32 bytes."""
        return bytes(self._key.verify_key)

    def sign(self, message: bytes) -> bytes:
        """A raw 64-byte signature."""
        return self._key.sign(message).signature


class BoxKey:
    """A machine's X25519 key; it opens what was sealed to its public half."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != KEY_BYTES:
            raise BadKey(f"a box key's seed has {KEY_BYTES} bytes, not {len(seed)}")
        self._key = nacl.public.PrivateKey(seed)

    @classmethod
    def generate(cls) -> BoxKey:
        """A new key."""
        return cls(bytes(nacl.public.PrivateKey.generate()))

    @property
    def seed(self) -> bytes:
        """The secret 32 bytes."""
        return bytes(self._key)

    @property
    def public(self) -> bytes:
        """The public 32 bytes."""
        return bytes(self._key.public_key)

    def open(self, sealed: bytes) -> bytes:
        """The clear text; BadKey when it was not sealed to this key. Says nothing about who sealed it."""
        try:
            return nacl.public.SealedBox(self._key).decrypt(sealed)
        except (nacl.exceptions.CryptoError, ValueError, TypeError):
            raise BadKey("this box was not sealed to this key, or it was damaged on the way") from None


def seal(public: bytes, data: bytes) -> bytes:
    """Seals data to a public X25519 key; 48 bytes longer, anonymous. BadKey for a degenerate or cut key."""
    try:
        return nacl.public.SealedBox(nacl.public.PublicKey(public)).encrypt(data)
    except (nacl.exceptions.CryptoError, ValueError, TypeError):
        raise BadKey("nothing can be sealed to this X25519 key: it has the wrong length or is degenerate") from None


@lru_cache(maxsize=MOST_REMEMBERED)
def node_id(public: bytes) -> str:
    """A node's name: `n-` and 26 base32 characters of the SHA-256 of its signing key."""
    return "n-" + base64.b32encode(hashlib.sha256(public).digest()).decode().lower()[:26]


def named_key(name: str, text: str) -> bytes:
    """The signing key that a node is named by: its name is its digest. Raises Refusal(WrongNode)."""
    public = decode(text)
    if node_id(public) != name:
        raise Refusal(Code.WRONG_NODE, f"{name} is not the name of the signing key that it is shown with")
    return public


def tenant_id(random: bytes) -> str:
    """A tenant's random id from 32 random bytes."""
    return "t-" + base64.b32encode(random).decode().lower()[:26]


def digest(data: bytes) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


__all__ = [
    "ED25519", "SK_ED25519", "BoxKey", "SigningKey", "SshReader", "UserKey", "check_public", "digest", "encode",
    "named_key", "node_id", "parse_blob", "parse_user_key", "seal", "ssh_string", "tenant_id", "verify_raw",
]  # fmt: skip
