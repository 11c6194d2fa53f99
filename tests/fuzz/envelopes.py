"""Everything signed that crosses to a node: whatever is in it, the gate refuses it or admits what users signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.mutate import altered, damaged, spelled
from tests.fuzz.target import Target
from tests.unit.trust import world
from trust.certificate import verify_certificate
from trust.dsse import parse_envelope
from trust.errors import Refusal
from trust.gate import Admitted, Marks, admit
from trust.job import JOB_TYPE, RECEIPT_TYPE, Receipt
from trust.keys import digest
from trust.machine import open_signed, sign
from trust.part import format_time
from trust.registration import open_registration
from trust.snapshot import open_bytes

ORDER = world.Order()
VIEW = ORDER.world.view()
FIELDS = ORDER.fields()
BUNDLE, DOCUMENT, ENVELOPE = ORDER.world.bundle().to_bytes(), ORDER.document(), ORDER.envelope()
SIGNED_ITEMS = {(each["kind"], each["name"]): each["spec"] for each in json.loads(world.PLAN)["resources"]}


@dataclass(frozen=True)
class Delivery:
    """A job with the documents that come with it, under the names that it gives them."""

    envelope: bytes
    bundle: bytes = BUNDLE
    document: bytes = DOCUMENT
    plan: bytes = world.PLAN


def deliver(what: Delivery) -> None:
    """Refused, or admitted with nothing but what users signed for exactly this place."""
    admitted = _admit(what)
    if admitted is None:
        assert what != Delivery(ENVELOPE), "what users signed is refused"
        return
    assert admitted.deployment is not None, "a job of this corpus is never a removal"
    assert admitted.deployment.wire() == json.loads(world.body()), "another document than users signed"
    for step in admitted.steps:
        assert step.item == SIGNED_ITEMS[step.step.kind, step.step.name], "another item than users signed"


def _admit(what: Delivery) -> Admitted | None:
    held = {digest(each): each for each in (what.bundle, what.document, what.plan)}
    marks = Marks(world.CLUSTER, 0, 0, None, {})
    try:
        return admit(what.envelope, lambda wanted: held.get(wanted, b""), marks, ORDER.own, world.NOW)
    except Refusal:
        return None


def _signed(fields: Any) -> bytes:
    """What a captured supervisor signs: any bytes at all."""
    return sign(JOB_TYPE, spelled(fields), world.machine_key("supervisor"), "eu")


def _named(document: bytes, plan: bytes, bundle: bytes) -> Delivery:
    """An order that names these documents by what they are."""
    names = {"trust": digest(bundle), "document": digest(document), "plan": digest(plan)}
    return Delivery(_signed(FIELDS | names), bundle, document, plan)


envelopes = st.one_of(
    damaged(ENVELOPE),
    altered(json.loads(ENVELOPE)).map(spelled),
    altered(FIELDS).map(_signed),
    damaged(parse_envelope(ENVELOPE, JOB_TYPE).payload).map(
        lambda body: sign(JOB_TYPE, body, world.machine_key("supervisor"), "eu")
    ),
    st.binary(max_size=200),
)
documents = st.one_of(st.just(DOCUMENT), damaged(DOCUMENT), altered(json.loads(DOCUMENT)).map(spelled))
plans = st.one_of(st.just(world.PLAN), damaged(world.PLAN), altered(json.loads(world.PLAN)).map(spelled))
bundles = st.one_of(st.just(BUNDLE), damaged(BUNDLE), altered(json.loads(BUNDLE)).map(spelled))
TARGET = Target(
    "envelopes",
    st.one_of(st.just(Delivery(ENVELOPE)), envelopes.map(Delivery), st.builds(_named, documents, plans, bundles)),
    deliver,
)

RECEIPT = Receipt(
    node=ORDER.own.node, boot="boot-1", job="job-1", attempt=1, sequence=1, previous="sha256:" + "0" * 64,
    time=format_time(world.NOW), state="succeeded", reason="Succeeded", message="", steps=(),
)  # fmt: skip
READERS: dict[str, Callable[[bytes], Any]] = {
    "bundle": lambda data: open_bytes(data, world.CLUSTER),
    "certificate": lambda data: verify_certificate(data, VIEW),
    "registration": lambda data: open_registration(data, world.CLUSTER),
    "receipt": lambda data: open_signed(data, RECEIPT_TYPE, Receipt, world.machine_key("node").public),
}
CORPUS = {
    "bundle": BUNDLE,
    "certificate": world.vouched(),
    "registration": world.registration(),
    "receipt": sign(RECEIPT_TYPE, RECEIPT.to_bytes(), world.machine_key("node"), "node"),
}
BELIEVED = {name: READERS[name](data) for name, data in CORPUS.items()}


def read(case: tuple[str, bytes]) -> None:
    """Refused, or believed as what was signed; of a bundle, no more than that."""
    name, data = case
    try:
        found = READERS[name](data)
    except Refusal:
        return
    if name != "bundle":
        assert found == BELIEVED[name], "something else than what was signed is believed"
        return
    assert found.body == VIEW.body
    for kind in ("users", "tenants", "supervisors", "tokens"):
        assert getattr(found, kind).items() <= getattr(VIEW, kind).items(), f"{kind} that the snapshot does not list"


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, bytes]:
    """One of the signed things, damaged."""
    name = draw(st.sampled_from(sorted(CORPUS)))
    good = CORPUS[name]
    return name, draw(st.one_of(damaged(good), altered(json.loads(good)).map(spelled)))


READ = Target("signed-things", cases(), read)
