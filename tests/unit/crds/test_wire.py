"""What is read and written again is the same: absent stays absent, and nothing unknown passes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from crds.kinds import KINDS
from crds.meta import Part
from crds.workload import ITEM_MODELS
from tests.unit.crds.wires import wires

MODELS = [model for kind in KINDS for model in (kind.spec, kind.status)] + list(ITEM_MODELS.values())
every_model = pytest.mark.parametrize("model", MODELS, ids=[model.__name__ for model in MODELS])


@every_model
@settings(max_examples=30)
@given(data=st.data())
def test_wire_to_model_to_wire_is_the_same(model: type[Part], data: st.DataObject) -> None:
    wire = data.draw(wires(model))
    assert model.model_validate(wire).wire() == wire


@every_model
@settings(max_examples=10)
@given(data=st.data())
def test_an_unknown_field_is_an_error(model: type[Part], data: st.DataObject) -> None:
    wire = data.draw(wires(model))
    wire["unknownField"] = 1
    with pytest.raises(ValidationError, match="unknownField"):
        model.model_validate(wire)


@every_model
@settings(max_examples=10)
@given(data=st.data())
def test_a_field_that_is_needed_and_absent_is_an_error(model: type[Part], data: st.DataObject) -> None:
    needed = [field.alias or name for name, field in model.model_fields.items() if field.is_required()]
    if needed:
        wire = data.draw(wires(model))
        del wire[data.draw(st.sampled_from(needed))]
        with pytest.raises(ValidationError, match="Field required"):
            model.model_validate(wire)
