"""Every way of DESIGN section 4 in which a captured control plane could act on a node, and the reason that stops it.

An attack is a function that makes an order; its first line says what is tried. What it is refused for stands above it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from tests.security.captured import STEP, Captured, Order, duplicated
from tests.security.realm import SEEN, long_ago, standard_items
from tests.unit.node_agent.build import machine_item, uses
from tests.unit.node_agent.cluster import DAY, seed, user_key
from trust.certificate import NodeCertificate, sign_with_token
from trust.deployment import DEPLOYMENT_TYPE
from trust.dsse import encode, parse_envelope
from trust.errors import Code
from trust.job import JOB_TYPE
from trust.keys import ED25519, SigningKey, UserKey, digest, node_id
from trust.machine import sign
from trust.part import format_time
from trust.records import Record
from trust.sshsig import MAGIC, message_to_sign, ssh_string

Attack = Callable[[Captured], Order]
ATTACKS: dict[str, tuple[Attack, Code]] = {}


def refused_for(code: Code) -> Callable[[Attack], Attack]:
    """Enters an attack into the list."""

    def enter(attack: Attack) -> Attack:
        ATTACKS[attack.__name__] = (attack, code)
        return attack

    return enter


# Start what nobody signed ---------------------------------------------------------------------------------------------


@refused_for(Code.NOT_SIGNED)
def no_document(captured: Captured) -> Order:
    """An order that names no signed document."""
    return captured.order().but(document=None, plan=None, revision=None)


@refused_for(Code.PLAN_DIGEST_MISMATCH)
def another_plan(captured: Captured) -> Order:
    """A plan of one's own beside the users' document."""
    mine = replace(captured.wish().signed(), plan=captured.wish(items=bigger(captured)).plan())
    return captured.order(mine)


def another_plan_under_the_signed_digest(captured: Captured) -> Order:
    """A plan of one's own under the digest of the signed one. Agents drop it; who took over an agent sends it on."""
    order = captured.order(captured.wish(revision=4, items=bigger(captured, 5)).signed())
    mine = captured.wish(items=standard_items(captured.image)).plan()
    return replace(order, documents={**order.documents, str(order.fields["plan"]): mine})


@refused_for(Code.BAD_SIGNATURE)
def a_changed_document(captured: Captured) -> Order:
    """The users' document with one value changed, their signature kept."""
    signed = captured.wish().signed()
    envelope = parse_envelope(signed.document, DEPLOYMENT_TYPE)
    payload = envelope.payload.replace(b'"language":1', b'"language":2')
    return captured.order(replace(signed, document=replace(envelope, payload=payload).to_json()))


@refused_for(Code.UNKNOWN_SIGNER)
def signed_by_a_stranger(captured: Captured) -> Order:
    """A document of one's own with one's own signature."""
    return captured.order(captured.wish(signers=("mallory",), items=bigger(captured), revision=4).signed())


@refused_for(Code.UNKNOWN_SIGNER)
def signed_by_the_supervisor(captured: Captured) -> Order:
    """A document signed in the form of people with the supervisor's key."""
    return captured.order(captured.wish(signers=("supervisor",), revision=4).signed())


@refused_for(Code.UNKNOWN_SIGNER)
def signed_by_a_user_of_another_tenant(captured: Captured) -> Order:
    """Bob may deploy in his own namespace only."""
    return captured.order(captured.wish(signers=("bob",), revision=4).signed())


@refused_for(Code.KEY_REVOKED)
def signed_by_a_key_that_was_revoked(captured: Captured) -> Order:
    """Carol's key was stolen and revoked."""
    return captured.order(captured.wish(signers=("carol",), revision=4).signed())


# Signatures that are not what they seem -------------------------------------------------------------------------------


@refused_for(Code.BAD_SIGNATURE)
def a_signature_for_git(captured: Captured) -> Order:
    """Alice signed these bytes in another namespace of ssh."""
    return captured.order(captured.wish(revision=4).signed_as(sshsig(captured.wish(revision=4).message(), "git")))


@refused_for(Code.BAD_ENCODING)
def a_signature_of_another_version(captured: Captured) -> Order:
    """A signature that says version 2."""
    return captured.order(captured.wish(revision=4).signed_as(sshsig(captured.wish(revision=4).message(), version=2)))


@refused_for(Code.BAD_ENCODING)
def a_signature_with_more_behind_it(captured: Captured) -> Order:
    """A byte behind the signature."""
    return captured.order(captured.wish(revision=4).signed_as(sshsig(captured.wish(revision=4).message(), more=b"\0")))


@refused_for(Code.BAD_SIGNATURE)
def a_malleable_signature(captured: Captured) -> Order:
    """The group's order added to the second half of a good signature: another signature over the same bytes."""
    order = 2**252 + 27742317777372353535851937790883648493
    raw = SigningKey(seed("alice")).sign(message_to_sign(captured.wish(revision=4).message()))
    large = (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")
    text = sshsig(captured.wish(revision=4).message(), raw=raw[:32] + large)
    return captured.order(captured.wish(revision=4).signed_as(text))


@refused_for(Code.BAD_ENCODING)
def a_key_of_small_order(captured: Captured) -> Order:
    """A public key for which everybody can sign."""
    weak = bytes([1] + [0] * 31)
    text = sshsig(captured.wish(revision=4).message(), public=weak, raw=weak + bytes(32))
    return captured.order(captured.wish(revision=4).signed_as(text))


# Replay ---------------------------------------------------------------------------------------------------------------


@refused_for(Code.WRONG_CLUSTER)
def signed_for_another_cluster(captured: Captured) -> Order:
    """What Alice signed elsewhere."""
    return captured.order(captured.wish(body={"cluster": "sha256:" + "5" * 64}).signed())


@refused_for(Code.WRONG_TENANT)
def signed_for_an_earlier_tenant(captured: Captured) -> Order:
    """The namespace was made anew for somebody else since."""
    return captured.order(captured.wish(body={"tenant": "t-" + "c" * 26}).signed())


@refused_for(Code.WRONG_NAMESPACE)
def signed_for_another_namespace(captured: Captured) -> Order:
    """Bob's own document, ordered for Alice's deployment."""
    return captured.order(captured.wish(namespace="b", signers=("bob",)).signed())


@refused_for(Code.WRONG_NAME)
def signed_for_another_name(captured: Captured) -> Order:
    """Alice's document of another deployment."""
    return captured.order(captured.wish(name="test", revision=9).signed())


@refused_for(Code.REVISION_TOO_OLD)
def an_older_revision(captured: Captured) -> Order:
    """What Alice signed before, and the node has seen newer."""
    return captured.order(captured.wish(revision=1).signed())


@refused_for(Code.REVISION_CONFLICT)
def one_number_twice(captured: Captured) -> Order:
    """The number that the node has seen, with other content that Alice signed as well."""
    return captured.order(captured.wish(items=bigger(captured)).signed())


@refused_for(Code.REVISION_CONFLICT)
def a_number_of_one_s_own(captured: Captured) -> Order:
    """The job calls an accepted document by another number."""
    return captured.order().but(revision=99)


@refused_for(Code.EXPIRED)
def a_document_that_ended(captured: Captured) -> Order:
    """Signed long ago and never shown to the node."""
    return captured.order(captured.wish(revision=4, spec=long_ago(captured.now)).signed())


@refused_for(Code.NOT_YET_VALID)
def a_document_of_tomorrow(captured: Captured) -> Order:
    """Signed for later."""
    return captured.order(captured.wish(revision=4, spec={"notBefore": format_time(captured.now + DAY)}).signed())


@refused_for(Code.VALIDITY_TOO_LONG)
def a_document_for_ever(captured: Captured) -> Order:
    """Signed for half a year."""
    return captured.order(captured.wish(revision=4, spec={"expires": format_time(captured.now + 180 * DAY)}).signed())


@refused_for(Code.WRONG_NODE)
def an_order_for_another_node(captured: Captured) -> Order:
    """An order that was made for another node."""
    return captured.order().but(node=node_id(SigningKey(seed("another node")).public))


@refused_for(Code.WRONG_CLUSTER)
def an_order_of_another_cluster(captured: Captured) -> Order:
    """An order that was made in another cluster."""
    return captured.order().but(cluster="sha256:" + "5" * 64)


@refused_for(Code.EXPIRED)
def an_old_order(captured: Captured) -> Order:
    """An order whose time is over."""
    return captured.order().but(issued=format_time(captured.now - DAY), expires=format_time(captured.now))


@refused_for(Code.NOT_YET_VALID)
def an_order_of_tomorrow(captured: Captured) -> Order:
    """An order to keep for later."""
    return captured.order().but(
        issued=format_time(captured.now + DAY), expires=format_time(captured.now + DAY + timedelta(minutes=9))
    )


@refused_for(Code.WRONG_NAME)
def an_order_under_another_name(captured: Captured) -> Order:
    """A true order, delivered again under a name that the journal does not know."""
    return replace(captured.order(), delivered_as="forged-another-name")


@refused_for(Code.STALE_EPOCH)
def an_older_generation(captured: Captured) -> Order:
    """A true order for what the resource was before."""
    return captured.order(None, None, STEP | {"generation": 1})


# Trust ----------------------------------------------------------------------------------------------------------------


@refused_for(Code.TRUST_ROLLBACK)
def an_older_snapshot(captured: Captured) -> Order:
    """The snapshot under which Carol's key still counted."""
    records = captured.realm.records_of(SEEN - 1)
    old = captured.realm.bundle_of(captured.realm.snapshot(records, version=SEEN - 1), records)
    return captured.order(captured.wish(signers=("carol",), revision=4).signed(), old)


@refused_for(Code.UNKNOWN_SIGNER)
def an_old_record_beside_the_new_snapshot(captured: Captured) -> Order:
    """The newest snapshot, with the record of Carol as it was."""
    new, old = captured.realm.records, captured.realm.records_of(SEEN - 1)
    bundle = captured.realm.bundle_of(captured.realm.snapshot(new), old)
    return captured.order(captured.wish(signers=("carol",), revision=4).signed(), bundle)


@refused_for(Code.UNKNOWN_SIGNER)
def a_record_of_one_s_own(captured: Captured) -> Order:
    """The newest snapshot, and beside it a tenant of which Mallory is a member."""
    mallory = Record("User", "mallory", {"keys": [{"publicKey": user_key("mallory").line, "state": "active"}]})
    bundle = captured.realm.bundle_of(
        captured.realm.snapshot(captured.realm.records), (*captured.realm.records, mallory)
    )
    return captured.order(captured.wish(signers=("mallory",), revision=4).signed(), bundle)


@refused_for(Code.RECORD_NOT_LISTED)
def a_tenant_that_is_kept_back(captured: Captured) -> Order:
    """The newest snapshot without the tenant's record, so that nothing bounds its plan."""
    records = captured.realm.records
    kept = [each for each in records if each.key != "Tenant/a"]
    return captured.order(None, captured.realm.bundle_of(captured.realm.snapshot(records), kept))


@refused_for(Code.UNKNOWN_SIGNER)
def a_snapshot_shrunk_without_the_root(captured: Captured) -> Order:
    """The newest snapshot, with the signer's record left out: less is never more."""
    records = captured.realm.records
    kept = [each for each in records if each.key != "User/alice"]
    return captured.order(None, captured.realm.bundle_of(captured.realm.snapshot(records), kept))


@refused_for(Code.THRESHOLD_NOT_MET)
def a_snapshot_of_one_s_own(captured: Captured) -> Order:
    """A newer snapshot that no root key signed."""
    records = captured.realm.records_of(SEEN - 1)
    mine = captured.realm.snapshot(records, signers=("supervisor", "alice"), version=SEEN + 1)
    return captured.order(
        captured.wish(signers=("carol",), revision=4).signed(), captured.realm.bundle_of(mine, records)
    )


@refused_for(Code.TRUST_EXPIRED)
def a_snapshot_that_ended(captured: Captured) -> Order:
    """A snapshot that the root signed, after its end."""
    records = captured.realm.records
    ended = captured.realm.snapshot(records, expires=format_time(captured.now - timedelta(minutes=1)))
    return captured.order(None, captured.realm.bundle_of(ended, records))


@refused_for(Code.WRONG_CLUSTER)
def a_snapshot_of_another_cluster(captured: Captured) -> Order:
    """A snapshot that the same root keys signed for another cluster."""
    records = captured.realm.records
    other = captured.realm.snapshot(records, cluster="sha256:" + "5" * 64)
    return captured.order(None, captured.realm.bundle_of(other, records))


@refused_for(Code.UNKNOWN_SUPERVISOR)
def a_supervisor_of_one_s_own(captured: Captured) -> Order:
    """An order under a name that no snapshot lists."""
    return captured.order().but(supervisor="mine")


@refused_for(Code.BAD_SIGNATURE)
def an_order_of_a_stranger(captured: Captured) -> Order:
    """An order that somebody signed who has the queue and not the supervisor's key."""
    return replace(captured.order(), key=SigningKey(seed("mallory")))


# What no user may be made to have said --------------------------------------------------------------------------------


@refused_for(Code.VERB_NOT_ALLOWED)
def a_verb_without_a_row(captured: Captured) -> Order:
    """Enter a machine: there is no such verb."""
    return captured.order(None, None, STEP | {"verb": "exec"})


@refused_for(Code.VERB_NOT_ALLOWED)
def a_verb_of_operators(captured: Captured) -> Order:
    """Format the pool."""
    return captured.order(None, None, STEP | {"kind": "pool", "verb": "format"})


@refused_for(Code.VERB_NOT_ALLOWED)
def a_removal_beside_a_plan(captured: Captured) -> Order:
    """Under a signed plan, one step that ends what is not in it."""
    return captured.order(None, None, STEP, STEP | {"kind": "volume", "name": "data-0", "verb": "absent"})


@refused_for(Code.VERB_NOT_ALLOWED)
def a_verb_in_letters_that_look_alike(captured: Captured) -> Order:
    """`ensure` with a Cyrillic letter."""
    return captured.order(None, None, STEP | {"verb": "еnsure"})


@refused_for(Code.BAD_ENCODING)
def a_name_in_letters_that_look_alike(captured: Captured) -> Order:
    """`web-0` with a full-width digit: names are of one alphabet."""
    return captured.order(None, None, STEP | {"name": "web-０"})


@refused_for(Code.UNKNOWN_FIELD)
def arguments(captured: Captured) -> Order:
    """A job with an argument."""
    return captured.order().but(arguments={"memory": 1})


@refused_for(Code.UNKNOWN_FIELD)
def arguments_of_a_step(captured: Captured) -> Order:
    """A step that brings its own image."""
    return captured.order(None, None, STEP | {"image": "https://images.example/mine.raw"})


@refused_for(Code.UNKNOWN_FIELD)
def an_address_of_one_s_own(captured: Captured) -> Order:
    """A reference's address, given instead of computed."""
    return captured.order().but(addresses={"machine/db": "400::1"})


@refused_for(Code.UNKNOWN_FIELD)
def a_field_outside_the_signature(captured: Captured) -> Order:
    """A field in the envelope, beside what is signed."""
    order = captured.order()
    text = order.to_bytes()
    return replace(order, envelope=text[:-1] + b',"trust":"mine"}')


@refused_for(Code.BAD_ENCODING)
def a_key_that_comes_twice(captured: Captured) -> Order:
    """A body in which one parser reads this node and another parser another."""
    order = captured.order()
    return replace(order, raw=duplicated(order.fields, "node", "n-" + "a" * 26))


@refused_for(Code.BAD_ENCODING)
def another_spelling(captured: Captured) -> Order:
    """The same body with spaces in it."""
    order = captured.order()
    return replace(order, raw=order.body().replace(b",", b", "))


@refused_for(Code.BAD_TYPE)
def another_type(captured: Captured) -> Order:
    """A body that the supervisor signed as something else."""
    order = captured.order()
    return replace(order, envelope=sign(JOB_TYPE.replace("job", "report"), order.body(), order.key, "eu"))


@refused_for(Code.TOO_LARGE)
def an_order_of_a_megabyte(captured: Captured) -> Order:
    """An order that is larger than orders are."""
    order = captured.order()
    return replace(order, envelope=order.to_bytes() + b" " * 1_000_000)


@refused_for(Code.NOT_IN_PLAN)
def another_tenant_s_volume(captured: Captured) -> Order:
    """Bob's volume, ordered into Alice's deployment."""
    return captured.order(None, None, STEP | {"kind": "volume", "name": "data-of-bob"})


@refused_for(Code.NOT_IN_PLAN)
def another_machine(captured: Captured) -> Order:
    """One machine more than was signed."""
    return captured.order(None, None, STEP | {"name": "web-1"})


@refused_for(Code.WRONG_REGION)
def another_region(captured: Captured) -> Order:
    """What was signed for another region than this node's."""
    return captured.order(captured.wish(revision=4, spec={"region": "us"}).signed())


@refused_for(Code.WRONG_LABELS)
def another_kind_of_node(captured: Captured) -> Order:
    """What was signed for nodes with a label that this one's certificate lacks."""
    items = standard_items(captured.image)
    items["machine", "web-0"] = {**items["machine", "web-0"], "nodeLabels": {"room": "locked"}}
    return captured.order(captured.wish(revision=4, items=items).signed())


@refused_for(Code.HOLDER_UNKNOWN)
def a_holder_without_a_certificate(captured: Captured) -> Order:
    """What the machine refers to is said to be at a node that nobody vouches for."""
    return captured.order().but(holders={"machine/db": node_id(SigningKey(seed("mine")).public)})


@refused_for(Code.BAD_SIGNATURE)
def a_holder_of_one_s_own(captured: Captured) -> Order:
    """A node certificate that the supervisor made for a node of its own."""
    key = SigningKey(seed("mine"))
    certificate = NodeCertificate(
        cluster=captured.realm.id, node=node_id(key.public), signing_key=encode(key.public),
        box_key=encode(bytes(31) + b"\x09"), tls_key=encode(key.public), mycelium_key="09" * 32,
        site="lab", region="eu", labels={"disk": "ssd"}, boot_trusted=False, issued=format_time(captured.now),
        token="rack",
    )  # fmt: skip
    envelope = sign_with_token(certificate, SigningKey(seed("supervisor")))
    order = captured.order().but(holders={"machine/db": node_id(key.public)}, certificates=[digest(envelope)])
    return replace(order, documents={**order.documents, digest(envelope): envelope})


# Helpers --------------------------------------------------------------------------------------------------------------


def bigger(captured: Captured, cpus: int = 7) -> dict[tuple[str, str], dict[str, object]]:
    """What an attacker would like to run."""
    image = {"url": "https://images.example/a.raw", "sha256": captured.image}
    return {("machine", "web-0"): machine_item(image=image, cpus=cpus, volumes=uses())}


def sshsig(
    message: bytes,
    namespace: str = "hardpan",
    version: int = 1,
    more: bytes = b"",
    public: bytes | None = None,
    raw: bytes | None = None,
) -> str:
    """A signature by Alice's key, with one thing other than it must be."""
    key = UserKey(ED25519, public or SigningKey(seed("alice")).public)
    signature = raw or SigningKey(seed("alice")).sign(message_to_sign(message, namespace=namespace))
    inner = ssh_string(ED25519.encode()) + ssh_string(signature)
    parts = b"".join(ssh_string(each) for each in (key.blob, namespace.encode(), b"", b"sha512", inner))
    return base64.b64encode(MAGIC + version.to_bytes(4, "big") + parts + more).decode()
