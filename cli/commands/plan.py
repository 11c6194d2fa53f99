"""`hardpan plan`: what applying a manifest would change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cli import signing
from cli.describe import difference_data, difference_text, refused, usage_text
from cli.errors import CliError, Different
from cli.output import Form, Output, show
from cli.proposal import FileArgument, NamespaceOption, Proposal, read_proposal
from cli.signing import Prepared
from cli.text import counted, short, wrapped
from cli.trusted import Accepted
from plans.difference import Difference, difference
from trust import sshsig
from trust.errors import Refusal


@dataclass(frozen=True)
class Standing:
    """Which revision the manifest is, who signed it, and why it cannot be applied as it stands."""

    revision: int
    signers: tuple[str, ...] = ()
    key_id: str = ""
    runs: bool = False
    problem: str = ""

    @property
    def words(self) -> str:
        """For the head of the plan."""
        if self.signers:
            return f"signed by {', '.join(self.signers)} ({short(self.key_id)})"
        return "not signed as it stands" if self.problem else "not signed yet"


def plan(file: FileArgument, namespace: NamespaceOption = "", output: Output = Form.TEXT) -> None:
    """Shows what applying a manifest would change.

    Evaluates the script here and compares with the revision that runs. Nothing is sent or written.
    Exit code 3 when something would change, 0 when nothing would.

    \b
    Example:
      kubectl hardpan plan web.yaml
    """
    asked = read_proposal(file, namespace)
    accepted = asked.accepted()
    prepared = signing.prepare(asked.manifest, asked.view, asked.next_revision(accepted), asked.now)
    standing = _standing(asked, accepted, prepared)
    found = difference(accepted.plan if accepted else None, prepared.plan)
    show(output, _data(asked, accepted, prepared, standing, found), _text(asked, accepted, prepared, standing, found))
    if never := refused(found):
        raise CliError(never)
    if found.changes:
        raise Different("")


def _standing(asked: Proposal, accepted: Accepted | None, prepared: Prepared) -> Standing:
    number = asked.next_revision(accepted)
    if not asked.manifest.spec.get("signatures"):
        return Standing(number)
    try:
        verified = asked.verified()
    except Refusal as refusal:
        return Standing(number, problem=str(refusal))
    spec, first = verified.document.spec, asked.signature_of(verified.signers[0])
    key_id = sshsig.parse(first.signature).key.key_id
    if accepted and verified.digest == accepted.document.digest:
        return Standing(spec.revision, verified.signers, key_id, runs=True)
    if accepted and spec.revision <= accepted.revision:
        problem = f"spec.revision: {spec.revision} is not above {accepted.revision}, which was accepted"
        return Standing(number, problem=problem)
    if spec.plan != prepared.plan.digest:
        return Standing(number, problem="spec.plan: users signed another plan than this script gives")
    return Standing(spec.revision, verified.signers, key_id)


def _text(asked: Proposal, accepted: Accepted | None, prepared: Prepared, standing: Standing, found: Difference) -> str:
    usage = usage_text(prepared.plan, asked.tenant.ceilings)
    ceilings = f"within {asked.manifest.namespace}'s ceilings ({usage})"
    lines = [wrapped(f"{_revisions(accepted, standing)}, {standing.words}, {ceilings}")]
    if standing.problem:
        lines.append(wrapped(f"  {standing.problem}"))
    lines += [wrapped(f"  log: {line}", 7) for line in prepared.said]
    lines += [difference_text(found)] if found.changes else []
    return "\n".join([*lines, _summary(asked, prepared, standing, found)])


def _revisions(accepted: Accepted | None, standing: Standing) -> str:
    if standing.runs:
        return f"revision {standing.revision}, which was accepted already"
    return f"revision {accepted.revision if accepted else 0} → {standing.revision}"


def _summary(asked: Proposal, prepared: Prepared, standing: Standing, found: Difference) -> str:
    count = counted(len(found.changes), "change") if found.changes else "No change"
    head = f"{count}, {found.unchanged} unchanged. Plan digest {short(prepared.plan.digest)}"
    if standing.runs:
        return f"{head}; nothing to apply"
    next_step = "apply with: " + asked.words("kubectl", "apply", "-f")
    if not standing.signers:
        next_step = "sign with: " + asked.words("kubectl", "hardpan", "sign")
    return f"{head}; {next_step}"


def _data(
    asked: Proposal, accepted: Accepted | None, prepared: Prepared, standing: Standing, found: Difference
) -> dict[str, Any]:
    return {
        "namespace": asked.manifest.namespace,
        "name": asked.manifest.name,
        "acceptedRevision": accepted.revision if accepted else None,
        "revision": standing.revision,
        "signedBy": list(standing.signers),
        "problem": standing.problem or None,
        "plan": prepared.plan.digest,
        "log": list(prepared.said),
        "unchanged": found.unchanged,
        "changes": difference_data(found),
    }
