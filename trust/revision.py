"""The revision guard: an old revision never returns where a newer was seen. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trust.errors import Code, Refusal


@dataclass(frozen=True)
class Mark:
    """The highest revision seen of one namespace and name, and the digest of its signed body."""

    revision: int
    digest: str


def guard(mark: Mark | None, revision: int, digest: str, floor: int = 0) -> Literal["new", "same"]:
    """Whether a verified revision is new or the one already accepted.

    `floor` is the snapshot's. Raises Refusal with RevisionTooOld or RevisionConflict.
    """
    highest = max(mark.revision if mark else 0, floor)
    if revision < highest:
        message = f"revision {revision} is older than {highest}, which was accepted. Sign again: kubectl hardpan sign"
        raise Refusal(Code.REVISION_TOO_OLD, message, "spec.revision")
    if mark is None or revision > mark.revision:
        return "new"
    if digest != mark.digest:
        message = f"revision {revision} was accepted with other content. Sign a higher one: kubectl hardpan sign"
        raise Refusal(Code.REVISION_CONFLICT, message, "spec.revision")
    return "same"
