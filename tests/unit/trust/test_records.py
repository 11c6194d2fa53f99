"""Records and signed specs have the same fields as the API's kinds, so that what an operator writes can count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from crds.deployment import DEPLOYMENT
from crds.jointoken import JOIN_TOKEN
from crds.release import RELEASE
from crds.supervisor import SUPERVISOR
from crds.tenant import TENANT
from crds.user import USER
from tests.unit.trust.refused import refused
from tests.unit.trust.world import NOW, release, supervisor, tenant, token, user
from trust.deployment import UNSIGNED_FIELDS, SignedSpec
from trust.errors import Code
from trust.part import format_time
from trust.records import RECORD_MODELS

KINDS = {each.kind: each.spec for each in (USER, TENANT, SUPERVISOR, JOIN_TOKEN, RELEASE)}
GOOD = {
    "User": user("alice", state="retired", until=format_time(NOW)),
    "Tenant": tenant("alice"),
    "Supervisor": supervisor(),
    "JoinToken": token(boardVendor="Acme*"),
    "Release": release(pcr11="f" * 64),
}


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models inside an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models(inner)


def shape(model: type[BaseModel]) -> dict[str, Any]:
    """The fields on the wire, whether each is needed, and the shape of what is inside."""
    return {
        field.alias or name: (field.is_required(), [shape(inner) for inner in models(field.annotation)])
        for name, field in model.model_fields.items()
    }


@pytest.mark.parametrize("kind", RECORD_MODELS)
def test_a_record_has_the_fields_of_its_kind(kind: str) -> None:
    assert shape(RECORD_MODELS[kind]) == shape(KINDS[kind])


def test_the_signed_spec_has_the_fields_of_a_deployment_that_are_signed() -> None:
    fields = set(shape(DEPLOYMENT.spec))
    assert set(shape(SignedSpec)) == fields - UNSIGNED_FIELDS
    assert fields >= UNSIGNED_FIELDS


@pytest.mark.parametrize("kind", RECORD_MODELS)
def test_a_record_reads_what_its_kind_writes(kind: str) -> None:
    assert RECORD_MODELS[kind].from_wire(GOOD[kind]).wire() == GOOD[kind]


@pytest.mark.parametrize("kind", RECORD_MODELS)
def test_a_record_with_a_field_too_many_or_too_few_is_refused(kind: str) -> None:
    with refused(Code.UNKNOWN_FIELD, "extra"):
        RECORD_MODELS[kind].from_wire(GOOD[kind] | {"extra": 1})
    needed = next(name for name, (required, _) in shape(RECORD_MODELS[kind]).items() if required)
    with refused(Code.BAD_ENCODING, needed):
        RECORD_MODELS[kind].from_wire({name: each for name, each in GOOD[kind].items() if name != needed})
