"""By attack, the guard that refuses it, as a piece of source, and what stands there when it is taken out.

A guard that is doubled by another one is taken out together with its double.
"""

from __future__ import annotations

from tests.security.unguarded import Edit

GATE, DEPLOYMENT, SSHSIG, KEYS = "trust.gate", "trust.deployment", "trust.sshsig", "trust.keys"
SNAPSHOT, DSSE, CERTIFICATE, MACHINE = "trust.snapshot", "trust.dsse", "trust.certificate", "trust.machine"
CANONICAL, REVISION, AUTHORITY = "trust.canonical", "trust.revision", "trust.authority"
RUNNER = "node_agent.executor.runner"
NEVER = "if False:"


def never(module: str, guard: str) -> Edit:
    """The condition under which the guard refuses does not hold any more."""
    return Edit(module, guard, NEVER)


def agreed(code: str) -> Edit:
    """Job and document need no longer agree on this."""
    guard = "for code, signed, ordered in places:\n        if signed != ordered:"
    return Edit(GATE, guard, guard.replace("if", f'if code != "{code}" and'))


def anywhere(field: str) -> Edit:
    """A document may have been signed for another place."""
    guard = "for code, field, signed, here in pairs:\n        if signed != here:"
    return Edit(DEPLOYMENT, guard, guard.replace("if", f'if field != "{field}" and'))


NOT_LISTED = Edit(
    SNAPSHOT, "for record in records if body.records.get(record.key) == record.digest", "for record in records"
)
ANYBODY = Edit(
    SNAPSHOT,
    "        return None\n\n    def node_revoked",
    "        return Signer('alice', self.users['alice'].keys[0])\n\n    def node_revoked",
)
WINDOW = Edit(DEPLOYMENT, "    if not accepted:\n        check_validity(document.spec, now)\n", "")
JOB_TIME = Edit(GATE, "    _check_time(job, marks, now)\n", "")
ONE_SPELLING = never(CANONICAL, "if _spell(parsed) != data:")
VERBS = Edit(AUTHORITY, "AUTHORITIES.get((kind, verb))", "AUTHORITIES.get((kind, verb), Authority.SIGNED_PLAN)")
VERSION = 'if reader.take(len(MAGIC)) != MAGIC or struct.unpack(">I", reader.take(4))[0] != VERSION:'
ONE_KEY = (
    "if len(envelope.signatures) != 1 or not verify_raw(public, envelope.signed_bytes, envelope.signatures[0].value):"
)
TOKEN_KEY = """if len(envelope.signatures) != 1 or not verify_raw(
        decode(token.public_key), envelope.signed_bytes, envelope.signatures[0].value
    ):"""

UNDOCUMENTED = "if job.document is None:\n        return Admitted(job, view, ())\n    "
MORE_BEHIND_IT = Edit(SSHSIG, "    reader.end()\n    return SshSignature(", "    return SshSignature(")

WITHOUT: dict[str, tuple[Edit, ...]] = {
    "no_document": (
        never(GATE, "if job.document is None or job.plan is None or job.revision is None:"),
        Edit(GATE, "verified = verify_document(", UNDOCUMENTED + "verified = verify_document("),
    ),
    "another_plan": (agreed("PlanDigestMismatch"), never(GATE, "if digest(data) != signed:")),
    "a_changed_document": (Edit(DEPLOYMENT, "sshsig.verify(text.signature, bytes_to_sign(body))", "pass"),),
    "signed_by_a_stranger": (ANYBODY,),
    "signed_by_the_supervisor": (ANYBODY,),
    "signed_by_a_user_of_another_tenant": (
        Edit(SNAPSHOT, "in tenant.members:", "in [each for some in self.tenants.values() for each in some.members]:"),
    ),
    "signed_by_a_key_that_was_revoked": (
        never(DEPLOYMENT, 'if found.key.state == "revoked":'),
        Edit(DEPLOYMENT, "if not (found.key.signs or", "if not (True or"),
    ),
    "a_signature_for_git": (
        never(SSHSIG, "if parsed.namespace != NAMESPACE:"),
        Edit(SSHSIG, "(message, parsed.hash_name)", "(message, parsed.hash_name, parsed.namespace)"),
    ),
    "a_signature_of_another_version": (
        Edit(SSHSIG, VERSION, "if reader.take(len(MAGIC)) != MAGIC or not reader.take(4):"),
    ),
    "a_signature_with_more_behind_it": (MORE_BEHIND_IT,),
    "a_key_of_small_order": (never(KEYS, "if not _is_valid_point(public):"),),
    "signed_for_another_cluster": (anywhere("cluster"),),
    "signed_for_an_earlier_tenant": (anywhere("tenant"), agreed("WrongTenant")),
    "signed_for_another_namespace": (agreed("WrongNamespace"),),
    "signed_for_another_name": (agreed("WrongName"),),
    "an_older_revision": (never(REVISION, "if revision < highest:"),),
    "one_number_twice": (never(REVISION, "if digest != mark.digest:"),),
    "a_number_of_one_s_own": (agreed("RevisionConflict"),),
    "a_document_that_ended": (WINDOW,),
    "a_document_of_tomorrow": (WINDOW,),
    "a_document_for_ever": (WINDOW,),
    "an_order_for_another_node": (never(GATE, "if job.node != own.node:"),),
    "an_order_of_another_cluster": (never(GATE, "if job.cluster != marks.cluster:"),),
    "an_old_order": (JOB_TIME,),
    "an_order_of_tomorrow": (JOB_TIME,),
    "an_order_under_another_name": (never(RUNNER, "if (admitted.job.job, admitted.job.attempt) != (job, attempt):"),),
    "an_older_generation": (Edit(GATE, "        _check_fence(job, step, marks)\n", "        pass\n"),),
    "an_older_snapshot": (never(SNAPSHOT, "if body.version < floor:"),),
    "an_old_record_beside_the_new_snapshot": (NOT_LISTED,),
    "a_record_of_one_s_own": (NOT_LISTED, ANYBODY),
    "a_snapshot_of_one_s_own": (Edit(SNAPSHOT, "    root.verify(envelope)\n    body", "    body"),),
    "a_snapshot_that_ended": (Edit(GATE, "    view.require_current(now)\n", ""),),
    "a_snapshot_of_another_cluster": (never(SNAPSHOT, "if body.cluster != cluster:"),),
    "a_supervisor_of_one_s_own": (
        Edit(SNAPSHOT, "if name not in self.supervisors:", "name = next(iter(self.supervisors))\n        if False:"),
    ),
    "an_order_of_a_stranger": (never(MACHINE, ONE_KEY),),
    "a_verb_without_a_row": (VERBS,),
    "a_verb_of_operators": (VERBS,),
    "a_verb_in_letters_that_look_alike": (VERBS,),
    "a_removal_beside_a_plan": (
        Edit(GATE, "if authorities == {Authority.SIGNED_PLAN}:", "if Authority.SIGNED_PLAN in authorities:"),
    ),
    "a_field_outside_the_signature": (
        never(DSSE, 'if set(fields) != {"payloadType", "payload", "signatures"}:'),
        ONE_SPELLING,
    ),
    "a_key_that_comes_twice": (never(CANONICAL, "if len(found) != len(pairs):"), ONE_SPELLING),
    "another_spelling": (ONE_SPELLING,),
    "another_type": (never(DSSE, 'if fields["payloadType"] != kind:'),),
    "an_order_of_a_megabyte": (never(DSSE, "if len(data) > LARGEST_ENVELOPE:"),),
    "another_machine": (
        Edit(GATE, "    item = items.get((step.kind, step.name))\n", "    item = next(iter(items.values()))\n"),
    ),
    "another_region": (never(GATE, "if spec.region is not None and spec.region != own.region:"),),
    "another_kind_of_node": (never(GATE, "if own.labels.get(name) != value:"),),
    "a_holder_without_a_certificate": (Edit(GATE, "if missing:", "if missing:\n        return {}\n    if False:"),),
    "a_holder_of_one_s_own": (never(CERTIFICATE, TOKEN_KEY),),
}

IN_THE_MODELS = frozenset(
    {"arguments", "arguments_of_a_step", "an_address_of_one_s_own", "a_name_in_letters_that_look_alike"}
)
"""Refused by what a model is, not by a line of a function: `extra="forbid"` and the pattern of a label."""

OF_A_LIBRARY = frozenset({"a_malleable_signature"})
"""Refused by libsodium; tests/unit/trust/test_keys.py holds it against a verification that is not strict."""

LESS_IS_NEVER_MORE = frozenset({"a_tenant_that_is_kept_back", "a_snapshot_shrunk_without_the_root"})
"""Refused because what was left out is missed; there is no line that says no."""

THE_SAME_AS = {"another_tenant_s_volume": "another_machine"}
