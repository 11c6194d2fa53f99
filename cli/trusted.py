"""What the API server shows, believed only as far as the pinned cluster id and users' signatures carry it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from cli import pinned
from cli.cluster import Cluster
from cli.errors import CliError
from cli.output import note
from cli.pinned import Pinned
from cli.shown_trust import open_shown
from controllers.review import mark_name
from crds.revisionmark import RevisionMarkSpec
from plans.errors import ScriptError
from plans.evaluate import evaluate
from plans.model import Plan
from sal.errors import SalError
from trust.deployment import Expected, SignatureText, VerifiedDeployment, signed_body, verify_deployment
from trust.errors import TrustError
from trust.records import RECORD_MODELS, TenantRecord
from trust.snapshot import TrustView


def read_trust(cluster: Cluster) -> TrustView:
    """Trust as the API server has it, verified against the pin, whose floors rise with it. Raises CliError."""
    pin = pinned.load()
    view = trust_of(cluster, pin)
    keep(Pinned(pin.cluster, max(pin.floor, view.version), max(pin.root, view.root.document.version)), pin)
    return view


def keep(seen: Pinned, pin: Pinned | None) -> None:
    """Remembers the highest versions seen; where that is not possible, says so and goes on."""
    if seen != pin:
        try:
            seen.save()
        except SalError as error:
            note(f"Warning: it is not remembered that trust snapshot {seen.floor} was seen: {error}")


def trust_of(cluster: Cluster, pin: Pinned) -> TrustView:
    """Trust as the API server has it, verified against this pin. Raises CliError."""
    kinds = ",".join(f"{kind.lower()}s.hardpan.dev" for kind in ("Trust", *RECORD_MODELS))
    return open_shown(cluster.kubectl.list(kinds), pin.cluster, pin.floor, pin.root)


@dataclass(frozen=True)
class Accepted:
    """The document that the control plane accepted, which users signed, and its plan (None: it evaluates no more)."""

    document: VerifiedDeployment
    plan: Plan | None

    @property
    def revision(self) -> int:
        """Its number."""
        return self.document.document.spec.revision


def read_accepted(cluster: Cluster, view: TrustView, tenant: TenantRecord, name: str, now: datetime) -> Accepted | None:
    """The accepted document of a deployment, or None. What no user signed is not shown. Raises CliError."""
    try:
        signed = _signed(cluster, view, tenant, name)
        if signed is None:
            return None
        expected = Expected(view.cluster, tenant, tenant.namespace, name)
        document = verify_deployment(*signed, view, expected, now, accepted=True)
    except (KeyError, TypeError, ValidationError, TrustError) as error:
        reason = str(error).splitlines()[0]
        note(f"Warning: the accepted revision that the API server shows is not believed: {reason}")
        return None
    return Accepted(document, _plan(document))


Signed = tuple[bytes, list[SignatureText]]


def _signed(cluster: Cluster, view: TrustView, tenant: TenantRecord, name: str) -> Signed | None:
    """What users signed, by its mark. Marks hold the scripts of all tenants, so tenants may not read them."""
    try:
        found = cluster.kubectl.get("revisionmarks.hardpan.dev", mark_name(tenant.id, tenant.namespace, name))
    except CliError as error:
        if "forbidden" not in str(error):
            raise
        return _own(cluster, view, tenant, name)
    if found is None:
        return None
    mark = RevisionMarkSpec.model_validate(found["spec"])
    return mark.body.encode(), [SignatureText(each.key_id, each.signature) for each in mark.signatures]


def _own(cluster: Cluster, view: TrustView, tenant: TenantRecord, name: str) -> Signed | None:
    """The deployment as it stands, when that is what was accepted."""
    found = cluster.kubectl.get("deployments.hardpan.dev", name, tenant.namespace) or {}
    accepted = ((found.get("status") or {}).get("accepted") or {}).get("revision")
    if accepted is None:
        return None
    spec = found["spec"]
    if spec.get("revision") != accepted:
        note(f"Warning: revision {accepted} was accepted, the deployment shows another, and you may not read marks")
        return None
    body = signed_body(view.cluster, tenant.id, tenant.namespace, name, spec)
    return body, [SignatureText(each["keyID"], each["signature"]) for each in spec["signatures"]]


def _plan(document: VerifiedDeployment) -> Plan | None:
    spec = document.document.spec
    try:
        return evaluate(spec.script, spec.params or {}, spec.language).plan
    except ScriptError:
        return None
