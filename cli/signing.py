"""What `hardpan sign` does besides asking: evaluates, fills in revision, validity and plan digest, and signs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.errors import CliError
from cli.manifest import Manifest
from cli.signer import Signer
from cli.wording import checked, require
from crds.deployment import DeploymentSpec
from crds.meta import DnsLabel, ResourceName
from plans.ceilings import require_within
from plans.errors import ScriptError
from plans.evaluate import evaluate
from plans.model import Plan
from trust.deployment import LARGEST_BODY, bytes_to_sign, signed_body
from trust.errors import NotCanonical, Refusal
from trust.part import format_time
from trust.snapshot import TrustView

DEFAULT_DAYS = 60
FILLED = frozenset({"revision", "notBefore", "expires", "plan", "signatures"})


@dataclass(frozen=True)
class Prepared:
    """A manifest ready to be signed: what signing fills in, the plan, and the bytes."""

    fields: dict[str, str | int]
    plan: Plan
    said: tuple[str, ...]
    body: bytes


def prepare(manifest: Manifest, view: TrustView, revision: int, now: datetime, days: int = DEFAULT_DAYS) -> Prepared:
    """Evaluates the script and builds the signed body. Raises CliError with field or line, and remedy."""
    spec = manifest.spec
    _require_form(manifest)
    try:
        tenant = view.tenant_of(manifest.namespace)
        done = evaluate(spec["script"], spec.get("params") or {}, spec["language"])
        require_within(done.plan, tenant, manifest.namespace, view.title)
        fields: dict[str, str | int] = {
            "revision": revision,
            "notBefore": format_time(now),
            "expires": format_time(now + timedelta(days=days)),
            "plan": done.plan.digest,
        }
        body = signed_body(view.cluster, tenant.id, manifest.namespace, manifest.name, {**spec, **fields})
    except ScriptError as error:
        raise CliError(f"spec.script {error}" if error.line else str(error)) from None
    except NotCanonical as error:
        raise CliError(f"spec: {error}") from None
    except Refusal as error:
        raise CliError(str(error)) from None
    if len(body) > LARGEST_BODY:
        raise CliError(f"spec: the signed part has {len(body)} bytes, at most {LARGEST_BODY} are allowed: shorten it")
    return Prepared(fields, done.plan, done.said, body)


def _require_form(manifest: Manifest) -> None:
    """What the API server would refuse at `kubectl apply` is refused here. Raises Usage."""
    written = {name: value for name, value in manifest.spec.items() if value is not None and name not in FILLED}
    checked(DeploymentSpec, written, "spec")
    require(ResourceName, manifest.name, "metadata.name")
    require(DnsLabel, manifest.namespace, "metadata.namespace")


def sign(manifest: Manifest, prepared: Prepared, signer: Signer) -> None:
    """Signs and writes the manifest back."""
    manifest.sign_with(prepared.fields, signer.key.key_id, signer.sign(bytes_to_sign(prepared.body)))
    manifest.save()
