"""What a script hands to our functions, turned into the fields of an item, or refused in words of the script."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from plans.errors import ScriptError
from plans.model import NAME
from plans.quantity import parse_quantity
from plans.spelling import lookalike, printable, spelled
from plans.wording import worded

_IMAGE = re.compile(r'(https://(?=.{1,500}\Z)[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[!-"$-~]*)?)')
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REFERENCE = re.compile(r"(machine/[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?)/address")
USE_DEFAULTS: dict[str, Any] = {"volume": None, "mount": None, "read_only": False}


def name_of(value: Any, kind: str) -> str:
    """A name."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        rule = "begin with a letter, then letters a-z, digits and -, at most 40, no - at the end"
        raise ScriptError(f"{kind} name {spelled(value)}{lookalike(value)} is not a name: {rule}")
    return value


def options_of(given: Any, defaults: Mapping[str, Any], function: str) -> dict[str, Any]:
    """All options, those that are not given with their defaults."""
    for name in map_of(given, f"the options of {function}"):
        if name not in defaults:
            near = difflib.get_close_matches(name, defaults, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"it takes {', '.join(sorted(defaults))}"
            raise ScriptError(f"{function} has no option `{printable(name, 80)}`{lookalike(name)}; {hint}")
    return {**defaults, **given}


def map_of(value: Any, field: str) -> dict[str, Any]:
    """A map."""
    if not isinstance(value, dict):
        raise ScriptError(f"{field} must be a map: #{{ … }}")
    return value


def list_of(value: Any, field: str) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise ScriptError(f"{field} must be a list: [ … ]")
    return value


def quantity_of(value: Any, field: str) -> int:
    """An amount of bytes."""
    try:
        return parse_quantity(value, field)
    except ValueError as error:
        raise ScriptError(str(error)) from None


def image_of(value: Any) -> dict[str, str]:
    """An image's address and digest."""
    url, _, digest = value.partition("#sha256=") if isinstance(value, str) else ("", "", "")
    if not _IMAGE.fullmatch(url) or not _SHA256.fullmatch(digest):
        form = 'write "https://host/file.raw#sha256=<64 hexadecimal digits, a-f small>"'
        raise ScriptError(f"image is {spelled(value)}{lookalike(value)}: {form}")
    return {"url": url, "sha256": digest}


def use_of(value: Any, index: int) -> dict[str, Any]:
    """A machine's use of a volume."""
    place = f"volumes[{index}]"
    options = options_of(value, USE_DEFAULTS, place)
    handle = options["volume"]
    if not isinstance(handle, dict) or handle.get("kind") != "volume" or not isinstance(handle.get("name"), str):
        raise ScriptError(f"{place}.volume must be what volume(…) returned")
    if options["mount"] is None:
        raise ScriptError(f'{place} needs a mount: mount: "/data"')
    return {"volume": handle["name"], "mount": options["mount"], "readOnly": options["read_only"]}


def environment_of(value: Any, name: str) -> Any:
    """A value of the environment: numbers as texts, and the address of a machine as a reference."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) or (isinstance(value, dict) and set(value) == {"ref"} and referred(value["ref"])):
        return value
    raise ScriptError(
        f"env {name} is {spelled(value)}: write a text, a number, true, false or the .address of a machine"
    )


def referred(reference: Any) -> str | None:
    """The `kind/name` that a reference is about."""
    match = _REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
    return match.group(1) if match else None


def item_of(model: type[Any], fields: dict[str, Any]) -> Any:
    """The item; strict, so that "2" is no number of processors."""
    try:
        return model.model_validate(fields, strict=True)
    except ValidationError as error:
        raise ScriptError(worded(error)) from None
