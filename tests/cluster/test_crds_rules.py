"""The real API server takes what tests/cases/crds.* say is good, and refuses the rest with the field and the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crds.kinds import KINDS
from crds.meta import KindDefinition
from tests.cluster.api import Answer, Api
from tests.unit.crds.cases import Case, cases, patched, whole

every_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.kind for kind in KINDS])


@pytest.fixture
def tried(api: Api, request: pytest.FixtureRequest) -> Iterator[tuple[Case, Answer]]:
    """A case and the server's answer; an object that is to be changed is made before and removed after."""
    case: Case = request.param
    if case.update is None:
        yield case, api.create(case.kind, case.object)
        return
    made = api.create(case.kind, case.object, keep=True)
    try:
        assert made.taken, made
        yield case, api.change(case.kind, case.object, case.update)
    finally:
        api.remove(case.kind, case.object)


@pytest.mark.parametrize("tried", cases("accepted"), indirect=True, ids=str)
def test_what_is_good_is_taken(tried: tuple[Case, Answer]) -> None:
    assert tried[1].taken, tried[1].message


@pytest.mark.parametrize("tried", cases("refused"), indirect=True, ids=str)
def test_what_is_wrong_is_refused_with_its_field_and_why(tried: tuple[Case, Answer]) -> None:
    case, answer = tried
    assert answer.code == 422, answer.message
    assert answer.says(case.field, case.says), answer


@every_kind
def test_an_unknown_field_is_refused_by_its_name(api: Api, kind: KindDefinition) -> None:
    answer = api.create(kind, patched(whole(kind, "full"), {"spec": {"unknownField": 1}}))
    assert (answer.code, 'unknown field "spec.unknownField"' in answer.message) == (400, True)


@every_kind
def test_an_object_without_spec_is_refused(api: Api, kind: KindDefinition) -> None:
    made: dict[str, Any] = whole(kind, "full")
    del made["spec"]
    assert api.create(kind, made).says("spec", "Required value")
