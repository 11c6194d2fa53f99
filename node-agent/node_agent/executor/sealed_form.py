"""The file of sealed keys: a box with the keys, and the key of the box as the TPM sealed it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sal.tpm.sealing import MOST_VALUES, Sealed


class SealedKeys(BaseModel):
    """`pcr` must hold one of `values` for the TPM to open `private` (with its `public`), which opens `box`."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    pcr: Literal[7, 11]
    values: Annotated[tuple[bytes, ...], Field(min_length=1, max_length=MOST_VALUES)]
    public: bytes
    private: bytes
    box: bytes

    @classmethod
    def parse(cls, kept: bytes) -> Self | None:
        """The form; None for keys in plain, and for what is neither."""
        try:
            return cls.model_validate_json(kept)
        except ValidationError:
            return None

    @classmethod
    def of(cls, sealed: Sealed, box: bytes) -> Self:
        """The form of what was sealed just now."""
        fields = {"values": sealed.values, "public": sealed.public, "private": sealed.private}
        return cls.model_validate({"pcr": sealed.register, **fields, "box": box})

    @property
    def sealed(self) -> Sealed:
        """What the TPM opens."""
        return Sealed(self.pcr, self.values, self.public, self.private)

    def to_bytes(self) -> bytes:
        """The file's content."""
        return self.model_dump_json().encode()
