"""The base of every signed body: frozen, strict, camelCase on the wire, and an unknown field is a refusal."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from trust.canonical import canonical_bytes, parse_object
from trust.errors import Code, NotCanonical, Refusal

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


@lru_cache(maxsize=4096)
def parse_time(text: str) -> datetime:
    """A UTC time in the one spelling that is signed; ValueError for any other."""
    return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=UTC)


def format_time(moment: datetime) -> str:
    """The one spelling, in UTC and whole seconds."""
    return moment.astimezone(UTC).strftime(TIME_FORMAT)


@lru_cache(maxsize=4096)
def _time(text: str) -> str:
    if format_time(parse_time(text)) != text:
        raise ValueError(f"{text!r} is not a time like 2026-11-24T00:00:00Z")
    return text


Time = Annotated[str, StringConstraints(max_length=20), AfterValidator(_time)]
Digest = Annotated[str, StringConstraints(pattern=r"\Asha256:[0-9a-f]{64}\z")]
NodeId = Annotated[str, StringConstraints(pattern=r"\An-[a-z2-7]{26}\z")]
Label = Annotated[str, StringConstraints(pattern=r"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z", max_length=63)]
VERSION = r"(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){0,3}"
Version = Annotated[str, StringConstraints(pattern=rf"\A{VERSION}\z")]
RawKey = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9+/]{43}=\z")]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Ordinal = Annotated[int, Field(ge=1, le=2**53 - 1)]
Text = Annotated[str, StringConstraints(max_length=256)]
Labels = Annotated[
    dict[Annotated[str, StringConstraints(max_length=64)], Annotated[str, StringConstraints(max_length=63)]],
    Field(max_length=32),
]


class Signed(BaseModel):
    """A frozen body; parse it from verified bytes with `parse`, never from an object beside them."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
    )

    def wire(self) -> dict[str, Any]:
        """The JSON form; absent stays absent."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def to_bytes(self) -> bytes:
        """The canonical bytes that are signed."""
        return canonical_bytes(self.wire())

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """From canonical bytes. Raises Refusal with BadEncoding or UnknownField."""
        try:
            return cls.from_wire(parse_object(body, 1_048_576))
        except NotCanonical as error:
            raise Refusal(Code.BAD_ENCODING, f"{cls.__name__} is {error}") from None

    @classmethod
    def from_wire(cls, fields: object) -> Self:
        """From a parsed mapping. Raises Refusal with UnknownField or BadEncoding, naming the field."""
        try:
            return cls.model_validate(fields, by_alias=True, by_name=False)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            code = Code.UNKNOWN_FIELD if first["type"] == "extra_forbidden" else Code.BAD_ENCODING
            raise Refusal(code, f"{cls.__name__}: field {place}: {first['msg']}", place) from None
