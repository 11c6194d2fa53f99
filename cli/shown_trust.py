"""Trust as it stands in the objects of an API server, whoever read them there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cli.errors import CliError
from trust.errors import TrustError
from trust.records import Record
from trust.snapshot import Bundle, TrustView, open_bundle


def open_shown(objects: Iterable[Mapping[str, Any]], cluster: str, floor: int = 0, root: int = 0) -> TrustView:
    """What counts of the Trust and the records among these objects, by the pinned cluster id. Raises CliError."""
    found = list(objects)
    try:
        held = [each["spec"] for each in found if each["kind"] == "Trust" and each["metadata"]["name"] == "cluster"]
        records = [Record(each["kind"], each["metadata"]["name"], each["spec"]) for each in found]
        if not held:
            raise CliError("this cluster has no trust yet: its operator runs `hardpan init` and applies the files")
        roots, snapshot = tuple(each.encode() for each in held[0]["roots"]), held[0]["snapshot"].encode()
        return open_bundle(Bundle(roots, snapshot, tuple(records)), cluster, floor, root)
    except TrustError as error:
        raise CliError(f"the trust that the API server shows is not believed: {error}") from None
    except (KeyError, TypeError, AttributeError):
        raise CliError("the trust that the API server shows is not believed: it has another form") from None
