"""Whether a node runs the boot image that it was asked to run, and what became of that. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controllers.ledger.presence import Standing
from controllers.loop.conditions import Condition, condition
from controllers.loop.objects import Object
from crds.node_conditions import Reason
from crds.reasons import RefusalReason
from trust.report import ReportImage

STATES = {"current": Reason.CURRENT, "upgrading": Reason.UPGRADING, "fell-back": Reason.FELL_BACK}


def up_to_date(seen: Object, held: Standing | None) -> Condition:
    """The condition; as it was while no report came since the ledger started."""
    asked: Mapping[str, Any] | None = seen.spec.get("image")
    if held is None or held.report is None:
        return _earlier(seen)
    image = held.report.image
    if asked is not None and not _answered(asked, image):
        return Condition("UpToDate", "False", str(Reason.ORDERED), f"release {asked['release']}: not answered yet")
    return _NO_IMAGE if image is None else _told(image)


_NO_IMAGE = Condition("UpToDate", "True", str(Reason.NO_IMAGE))


def _earlier(seen: Object) -> Condition:
    said = condition(seen.status, "UpToDate")
    return Condition("UpToDate", said["status"], said["reason"], said["message"]) if said else _NO_IMAGE


def running(image: ReportImage, seen: Object) -> dict[str, Any]:
    """The image for the status. A version that was current works, also while the node is on its way to another."""
    before = seen.status.get("image") or {}
    worked = before.get("version") == image.version and before.get("works") is True
    works = {"works": True} if worked or image.state == "current" else {}
    return {"version": image.version, "flavour": image.flavour, **works}


def _answered(asked: Mapping[str, Any], image: ReportImage | None) -> bool:
    return image is not None and (image.release, image.asked) == (asked["release"], asked["asked"])


def _told(image: ReportImage) -> Condition:
    message = image.message or f"version {image.version}, flavour {image.flavour}"
    return Condition("UpToDate", "True" if image.state == "current" else "False", _reason(image), message)


def _reason(image: ReportImage) -> str:
    """A refusal's own word; whatever else a node says is a word that is documented here."""
    if image.state == "failed":
        refused = image.reason in RefusalReason.__members__.values()
        return str(image.reason if refused else Reason.UPGRADE_FAILED)
    return str(STATES[image.state])
