"""The image as one file: every digest is that of what it names, and it says how it is run."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from datetime import UTC, datetime
from typing import Any

import pytest

from oci.image import Image, Name
from oci.layer import Layer

BUILT = datetime(2026, 11, 26, 12, tzinfo=UTC)
LAYERS = (Layer(gzip.compress(b"lower"), "platform"), Layer(gzip.compress(b"upper"), "controllers"))
IMAGE = Image(LAYERS, BUILT, Name("registry.example:5000/team/hardpan", "0.1.0"))


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The files of the archive."""
    with tarfile.open(fileobj=io.BytesIO(IMAGE.archive())) as opened:
        return {each.name: opened.extractfile(each).read() for each in opened}  # type: ignore[union-attr]


def blob(files: dict[str, bytes], descriptor: dict[str, Any]) -> bytes:
    """What a descriptor names, of the size and digest that it says."""
    data = files["blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")]
    assert len(data) == descriptor["size"]
    assert descriptor["digest"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    return data


def test_index_manifest_config_and_layers_name_each_other(files: dict[str, bytes]) -> None:
    [named] = json.loads(files["index.json"])["manifests"]
    assert named["digest"] == f"sha256:{IMAGE.digest}"
    manifest = json.loads(blob(files, named))
    assert [blob(files, each) for each in manifest["layers"]] == [each.data for each in LAYERS]
    config = json.loads(blob(files, manifest["config"]))
    plain = [f"sha256:{hashlib.sha256(each).hexdigest()}" for each in (b"lower", b"upper")]
    assert config["rootfs"] == {"type": "layers", "diff_ids": plain}
    assert [each["created_by"] for each in config["history"]] == ["platform", "controllers"]
    assert len(files) == 6


def test_containerd_finds_its_whole_name_and_other_tools_its_tag(files: dict[str, bytes]) -> None:
    [named] = json.loads(files["index.json"])["manifests"]
    assert named["annotations"] == {
        "io.containerd.image.name": "registry.example:5000/team/hardpan:0.1.0",
        "org.opencontainers.image.ref.name": "0.1.0",
    }
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}


def test_it_runs_a_role_as_nobody_in_particular(files: dict[str, bytes]) -> None:
    run = json.loads(IMAGE.config)["config"]
    assert run["User"] == "65532:65532"
    assert run["Entrypoint"][-2:] == ["-m", "controllers"]
    assert "PYTHONDONTWRITEBYTECODE=1" in run["Env"]
    assert json.loads(IMAGE.config)["created"] == "2026-11-26T12:00:00Z"


def test_the_same_parts_are_the_same_bytes() -> None:
    again = Image(tuple(Layer(each.data, each.made_by) for each in LAYERS), BUILT, IMAGE.name)
    assert again.archive() == IMAGE.archive()
