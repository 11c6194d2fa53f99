"""The committed CRDs are what the models say, and a schema is one that the API server takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from pydantic import Field

from crds import schema
from crds.kinds import KINDS
from crds.meta import DnsLabel, LabelMap, Part, Timestamp
from crds.schema import manifests, model_schema


def test_the_committed_files_are_what_the_models_say() -> None:
    differing = sorted(file.name for file, text in manifests().items() if file.read_text() != text)
    assert differing == [], "run `make crds` and commit what it writes"


def test_no_file_is_left_of_a_kind_that_is_gone() -> None:
    assert set(schema.FOLDER.glob("*.yaml")) == {file for file in manifests() if file.suffix == ".yaml"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(schema, "FOLDER", tmp_path)
    assert schema.main(["--write"]) == 0
    return tmp_path


def test_a_file_that_differs_is_named_with_the_remedy(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert schema.main(["--check"]) == 0
    (folder / "job.yaml").write_text("changed: true\n")
    assert schema.main(["--check"]) == 1
    assert "job.yaml differs from its model: run `make crds`" in capsys.readouterr().err


def test_writing_mends_what_differs(folder: Path) -> None:
    (folder / "job.yaml").unlink()
    schema.main(["--write"])
    assert schema.main(["--check"]) == 0
    assert {file.stem for file in folder.glob("*.yaml")} == {kind.kind.lower() for kind in KINDS}


def test_another_word_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert schema.main(["--wirte"]) == 2
    assert "--write|--check" in capsys.readouterr().err


def test_every_file_is_one_definition_that_yaml_reads_back() -> None:
    texts = {file.stem: text for file, text in manifests().items()}
    for kind in KINDS:
        assert yaml.load(texts[kind.kind.lower()], yaml.CSafeLoader) == schema.manifest(kind)


class Inner(Part):
    """Inside."""

    name: DnsLabel


class Outer(Part):
    """Outside."""

    word: Literal["one"]
    optional: Annotated[DnsLabel, Field(description="said")] | None = None
    inner: Inner | None = None
    many: Annotated[list[Inner], Field(max_length=2)]
    labels: LabelMap
    free: Annotated[dict[str, Any], Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})]
    time: Timestamp


OUTER = model_schema(Outer)["properties"]


def test_an_optional_field_is_its_type_without_null_or_default() -> None:
    assert OUTER["optional"]["type"] == "string"
    assert OUTER["optional"]["description"] == "said"
    assert "default" not in OUTER["optional"]
    assert set(model_schema(Outer)["required"]) == {"word", "many", "labels", "free", "time"}


def test_a_reference_to_a_model_is_the_model() -> None:
    assert OUTER["inner"]["properties"].keys() == {"name"}
    assert OUTER["many"]["items"]["required"] == ["name"]
    assert "$ref" not in str(OUTER)


def test_one_allowed_word_is_an_enumeration() -> None:
    assert OUTER["word"]["enum"] == ["one"]


def test_bounds_of_lists_maps_and_texts_stay() -> None:
    assert OUTER["many"]["maxItems"] == 2
    assert OUTER["labels"]["maxProperties"] == 32
    assert OUTER["labels"]["additionalProperties"]["maxLength"] == 63
    assert OUTER["optional"]["pattern"].startswith("^[a-z0-9]")
    assert OUTER["time"]["format"] == "date-time"


def test_a_map_whose_values_are_free_lists_no_properties() -> None:
    assert OUTER["free"] == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def test_a_union_of_two_types_has_no_structural_schema() -> None:
    class Either(Part):
        """Cannot be."""

        value: int | str

    with pytest.raises(ValueError, match="a union of 2 types"):
        model_schema(Either)
