"""A manifest beside the trust and the accepted revision of its cluster: what `plan`, `sign` and `verify` start from."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.cluster import Cluster, connect
from cli.errors import CliError
from cli.manifest import Manifest, load
from cli.memory import Memory
from cli.output import note
from cli.trusted import Accepted, read_accepted, read_trust
from cli.wording import require
from crds.meta import DnsLabel, ResourceName
from trust import sshsig
from trust.deployment import Expected, SignatureText, VerifiedDeployment, signed_body, verify_deployment
from trust.errors import Code, NotCanonical, Refusal
from trust.records import TenantRecord
from trust.snapshot import TrustView

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="The manifest, YAML or JSON; - reads stdin.", show_default=False)
]
NamespaceOption = Annotated[
    str,
    typer.Option(
        "--namespace", "-n", help="Its namespace, when the manifest names none.", show_default="the context's"
    ),
]


@dataclass(frozen=True)
class Proposal:
    """A manifest, what counts in its cluster, and when it was looked at."""

    cluster: Cluster
    manifest: Manifest
    view: TrustView
    tenant: TenantRecord
    now: datetime
    given_namespace: str

    @property
    def place(self) -> Expected:
        """Where the deployment stands."""
        return Expected(self.view.cluster, self.tenant, self.manifest.namespace, self.manifest.name)

    @property
    def memory(self) -> Memory:
        """What this user signed here last."""
        return Memory(self.view.cluster, self.manifest.namespace, self.manifest.name)

    def accepted(self) -> Accepted | None:
        """The revision that the control plane accepted last."""
        return read_accepted(self.cluster, self.view, self.tenant, self.manifest.name, self.now)

    def verified(self) -> VerifiedDeployment:
        """The manifest, when enough users signed it as it stands. Raises Refusal."""
        return verify_deployment(self.body(), self.signatures(), self.view, self.place, self.now)

    def body(self) -> bytes:
        """The bytes that users must have signed. Raises Refusal."""
        spec, place = self.manifest.spec, self.place
        try:
            return signed_body(place.cluster, place.tenant.id, place.namespace, place.name, spec)
        except NotCanonical as error:
            raise Refusal(Code.BAD_ENCODING, str(error), "spec") from None

    def signatures(self) -> list[SignatureText]:
        """The signatures as the manifest carries them. Raises Refusal."""
        try:
            return [SignatureText(each["keyID"], each["signature"]) for each in self.manifest.spec["signatures"] or ()]
        except KeyError as error:
            if "signatures" not in self.manifest.spec:
                return []
            raise Refusal(Code.BAD_ENCODING, f"a signature lacks {error}", "spec.signatures") from None
        except TypeError:
            raise Refusal(Code.BAD_ENCODING, "not a list of keyID and signature", "spec.signatures") from None

    def signature_of(self, user: str) -> SignatureText:
        """The signature that a user's key made, whatever it is labelled."""
        ids = {each.key_id for each in self.view.users[user].keys}
        return next(each for each in self.signatures() if sshsig.parse(each.signature).key.key_id in ids)

    def next_revision(self, accepted: Accepted | None) -> int:
        """One above the highest known: accepted, signed here before, written in the manifest, or the floor."""
        floor = self.view.body.revision_floors.get(f"{self.manifest.namespace}/{self.manifest.name}", 0)
        written = self.manifest.spec.get("revision")
        known = written if isinstance(written, int) else 0
        return max(accepted.revision if accepted else 0, self.memory.recall()[0], known, floor) + 1

    def words(self, *command: str) -> str:
        """A command on this file, to be pasted into a shell."""
        place = ("--namespace", self.given_namespace) if self.given_namespace else ()
        return shlex.join([*command, str(self.manifest.file), *place])


def read_proposal(file: Path, namespace: str) -> Proposal:
    """Reads manifest, trust and tenant. Raises CliError."""
    manifest = load(file, namespace)
    cluster = connect()
    if not manifest.namespace:
        manifest = replace(manifest, namespace=cluster.namespace())
    require(ResourceName, manifest.name, "metadata.name")
    require(DnsLabel, manifest.namespace, "metadata.namespace")
    view, now = read_trust(cluster), datetime.now(UTC)
    try:
        tenant = view.tenant_of(manifest.namespace)
    except Refusal as refusal:
        raise CliError(str(refusal)) from None
    try:
        view.require_current(now)
    except Refusal as refusal:
        note(f"Warning: nothing new can be applied: {refusal}")
    return Proposal(cluster, manifest, view, tenant, now, namespace)
