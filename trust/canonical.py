"""The one byte form of a signed value, and a parser that accepts no other.

Canonical JSON as DESIGN §4 has it: keys sorted by code point, no insignificant whitespace, UTF-8 as given (no Unicode
normalisation), integers within ±(2^53−1), strings, booleans, lists and maps. No floats, no null: absent stays absent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NoReturn, TypeAlias

from trust.errors import NotCanonical

Value: TypeAlias = "bool | int | str | list[Value] | dict[str, Value]"

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 16
DEFAULT_LIMIT = 262_144
_SPELL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def canonical_bytes(value: object) -> bytes:
    """The canonical form of a value made of booleans, integers, strings, sequences and string-keyed mappings.

    Raises NotCanonical for anything else, naming the place.
    """
    return _spell(value if _is_plain(value) else checked(value))


def checked(value: object, path: str = "", depth: int = 0) -> Value:
    """The value with plain lists and dicts, or NotCanonical with the path of what has no canonical form."""
    if isinstance(value, str):
        return _string(value, path)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _integer(value, path)
    # `dict` before `Mapping`: asking an abstract class is slow, and nearly every mapping is a dict.
    if depth >= DEEPEST and isinstance(value, (list, tuple, dict, Mapping)):
        raise NotCanonical(f"{path or 'the value'} is nested deeper than {DEEPEST} levels: flatten it")
    if isinstance(value, (list, tuple)):
        return [checked(each, f"{path}[{index}]", depth + 1) for index, each in enumerate(value)]
    if isinstance(value, (dict, Mapping)):
        return {_key(key, path): checked(each, _below(path, key), depth + 1) for key, each in value.items()}
    raise NotCanonical(f"{path or 'the value'} is {_kind(value)}: use integers, strings, booleans, lists and maps only")


def parse_canonical(data: bytes, limit: int = DEFAULT_LIMIT) -> Value:
    """Parses canonical bytes of at most `limit` bytes; NotCanonical for any other spelling of the same value."""
    if len(data) > limit:
        raise NotCanonical(f"{len(data)} bytes are more than the {limit} allowed here")
    with suppress(ValueError, RecursionError):
        value = json.loads(data.decode())
        if _is_plain(value) and _spell(value) == data:
            return value  # type: ignore[no-any-return]
    return _parse_closely(data)


def _parse_closely(data: bytes) -> Value:
    """As above, for what is probably wrong, in order to say why."""
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_unique,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except RecursionError:
        raise NotCanonical(f"nested deeper than {DEEPEST} levels") from None
    except ValueError as error:
        raise NotCanonical(f"not canonical JSON: {error}") from None
    parsed = checked(value)
    if _spell(parsed) != data:
        raise NotCanonical("not in canonical form: sort the keys and leave out whitespace and escapes")
    return parsed


def parse_object(data: bytes, limit: int = DEFAULT_LIMIT) -> dict[str, Any]:
    """As `parse_canonical`, for a map at the top."""
    value = parse_canonical(data, limit)
    if not isinstance(value, dict):
        raise NotCanonical("expected a map")
    return value


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Whether `checked` would give this value back as it is; False is no refusal, it only asks for the closer look.

    Written for speed: nearly every value is plain, and every signed thing passes here many times.
    """
    kind = type(value)
    if isinstance(value, dict) and depth < DEEPEST:
        return _are_texts(value) and _are_plain(value.values(), depth + 1)
    if isinstance(value, list) and depth < DEEPEST:
        return _are_plain(value, depth + 1)
    if kind is str:
        return bool(value.isascii())
    return kind is bool or (kind is int and -LARGEST_INTEGER <= value <= LARGEST_INTEGER)


def _are_plain(values: Iterable[object], depth: int) -> bool:
    for each in values:
        if type(each) is str:
            if not each.isascii():
                return False
        elif not _is_plain(each, depth):
            return False
    return True


def _are_texts(keys: Iterable[Any]) -> bool:
    try:
        return "".join(keys).isascii()
    except TypeError:
        return False


def _spell(value: object) -> bytes:
    return _SPELL(value).encode()


def _integer(value: int, path: str) -> int:
    if abs(value) > LARGEST_INTEGER:
        raise NotCanonical(f"{path or 'the value'} is beyond ±(2^53−1): write it as a string")
    return value


def _string(value: str, path: str) -> str:
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotCanonical(f"{path or 'the value'} holds a lone surrogate: it has no UTF-8 form") from None
    return value


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise NotCanonical(f"{path or 'the value'} has the key {key!r}: keys are strings")
    return _string(key, path)


def _below(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return "a number with a fraction" if isinstance(value, float) else f"a {type(value).__name__}"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"{text} is not an integer")
