"""What `hardpan sign` does besides asking: evaluates, fills in revision, validity and plan digest, and signs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cli.errors import CliError
from cli.manifest import Manifest
from cli.signer import Signer
from plans.ceilings import require_within
from plans.errors import ScriptError
from plans.evaluate import evaluate
from plans.model import Plan
from trust.deployment import bytes_to_sign, signed_body
from trust.errors import NotCanonical, Refusal
from trust.part import format_time
from trust.snapshot import TrustView

DEFAULT_DAYS = 60


@dataclass(frozen=True)
class Prepared:
    """A manifest ready to be signed: what signing fills in, the plan, and the bytes."""

    fields: dict[str, Any]
    plan: Plan
    said: tuple[str, ...]
    body: bytes


def prepare(manifest: Manifest, view: TrustView, revision: int, now: datetime, days: int = DEFAULT_DAYS) -> Prepared:
    """Evaluates the script and builds the signed body. Raises CliError with line and remedy."""
    spec = manifest.spec
    try:
        done = evaluate(spec["script"], spec.get("params") or {}, spec.get("language", 1))
        tenant = view.tenant_of(manifest.namespace)
        require_within(done.plan, tenant, manifest.namespace, view.version)
        fields = {
            "revision": revision,
            "notBefore": format_time(now),
            "expires": format_time(now + timedelta(days=days)),
            "plan": done.plan.digest,
        }
        body = signed_body(view.cluster, tenant.id, manifest.namespace, manifest.name, {**spec, **fields})
    except ScriptError as error:
        raise CliError(f"spec.script {error}") from None
    except (Refusal, NotCanonical) as error:
        raise CliError(str(error)) from None
    return Prepared(fields, done.plan, done.said, body)


def sign(manifest: Manifest, prepared: Prepared, signer: Signer) -> None:
    """Signs and writes the manifest back."""
    manifest.sign_with(prepared.fields, signer.key.key_id, signer.sign(bytes_to_sign(prepared.body)))
    manifest.save()
