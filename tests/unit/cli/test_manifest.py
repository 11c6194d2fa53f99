"""Manifests of every kind are read or clearly refused, and writing one back loses nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from cli import manifest as manifests
from cli.errors import CliError, Usage
from cli.manifest import load
from cli.small_files import LARGEST

HEAD = "apiVersion: hardpan.dev/v1alpha1\nkind: Deployment\n"
WEB = HEAD + "metadata: {name: web, namespace: shop}\nspec:\n  language: 1\n  script: let x = 1;\n"
FIELDS: dict[str, str | int] = {"revision": 8, "plan": "sha256:abc"}
SIGNATURE = "-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A manifest."""
    made = tmp_path / "web.yaml"
    made.write_text(WEB)
    return made


def sign(file: Path) -> str:
    """Signs and saves; the new text."""
    found = load(file)
    found.sign_with(FIELDS, "SHA256:k", SIGNATURE)
    found.save()
    return file.read_text()


def test_what_was_signed_is_what_is_read_again(file: Path) -> None:
    sign(file)
    spec = load(file).spec
    assert spec == {
        "language": 1,
        "script": "let x = 1;",
        **FIELDS,
        "signatures": [{"keyID": "SHA256:k", "signature": SIGNATURE}],
    }


def test_one_deployment_among_other_documents_is_found_and_the_others_stay(file: Path) -> None:
    others = "# mine\n---\napiVersion: v1\nkind: ConfigMap\ndata: {a: &x yes, b: *x}\n---\n"
    file.write_text(others + WEB + "---\nkind: Secret\n")
    text = sign(file)
    assert text.startswith(others)
    assert text.endswith("---\nkind: Secret\n")
    assert load(file).spec["revision"] == 8


def test_json_stays_json(file: Path) -> None:
    whole: dict[str, Any] = {
        "apiVersion": "hardpan.dev/v1alpha1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"language": 1, "script": "let é = 1;\n", "params": {"big": 9007199254740991}},
    }
    file.write_text(json.dumps(whole))
    text = sign(file)
    signed = json.loads(text)
    assert signed["spec"].pop("signatures")[0]["keyID"] == "SHA256:k"
    assert {**whole, "spec": {**whole["spec"], **FIELDS}} == signed
    assert "é" in text


def test_a_byte_order_mark_stays(file: Path) -> None:
    file.write_text("\ufeff" + WEB)
    assert sign(file).startswith("\ufeffapiVersion")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no deployment, a file that is signed holds one: it needs `apiVersion: hardpan.dev/v1alpha1`"),
        ("kind: ConfigMap\n", "holds no deployment"),
        ("just words\n", "holds no deployment"),
        ("[1, 2]\n", "holds no deployment"),
        ("[1, 2", "is not YAML"),
        ('{"apiVersion": "hardpan.dev/v1alpha1", "kind": "Deployment"', "is not YAML"),
        ('{"a": 1, "a": 2, "apiVersion": "hardpan.dev/v1alpha1", "kind": "Deployment"}', "line 1: a comes twice"),
        (WEB + "---\n" + WEB, "holds 2 deployments, a file that is signed holds one: give each its own"),
        (HEAD.replace("hardpan.dev", "apps"), "holds no deployment"),
        (HEAD, "metadata.name is missing: give the deployment a name"),
        (HEAD + "metadata: [web]\n", "metadata.name is missing"),
        (HEAD + "metadata: {name: 7}\n", "metadata.name is missing"),
        (HEAD + "metadata: {name: web}\n", "spec.script is missing: write the script under it"),
        (HEAD + "metadata: {name: web}\nspec: text\n", "spec.script is missing"),
        (HEAD + "metadata: {name: web}\nspec: {script: 7}\n", "spec.script is missing"),
        (HEAD + "metadata: {name: web, namespace: 7}\nspec: {script: x}\n", "metadata.namespace must be a text"),
        (WEB + "  params: {edge: yes}\n", "line 7: yes may be read as a yes or no"),
    ],
)
def test_what_is_no_single_deployment_is_refused_in_one_line(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(Usage) as refused:
        load(file)
    assert said in str(refused.value)
    assert str(refused.value).startswith(str(file))
    assert "\n" not in str(refused.value)


def test_another_namespace_than_the_file_s_is_refused(file: Path) -> None:
    assert load(file, "shop").namespace == "shop"
    with pytest.raises(Usage, match="is for namespace shop, not demo: leave out --namespace, or change the file"):
        load(file, "demo")


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "latin").write_bytes(b"kind: \xe9\n")
    (tmp_path / "huge").write_bytes(b"#" * (LARGEST + 1))
    for name, said in (
        ("nothing", "No such file or directory"),
        ("", "Is a directory"),
        ("loop", "Too many levels of symbolic links"),
        ("latin", "is not UTF-8 (byte 6): save it as UTF-8"),
        ("huge", "is larger than 256 KiB"),
        ("nul\0", "is no name of a file"),
    ):
        with pytest.raises(Usage) as refused:
            load(tmp_path / name)
        assert said in str(refused.value)


def test_an_endless_device_is_refused_and_not_read_to_its_end() -> None:
    with pytest.raises(Usage, match="/dev/zero is larger than"):
        load(Path("/dev/zero"))


def test_a_link_stays_a_link_and_the_file_behind_it_keeps_its_mode(file: Path, tmp_path: Path) -> None:
    file.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(file)
    sign(link)
    assert link.is_symlink()
    assert load(file).spec["revision"] == 8
    assert file.stat().st_mode & 0o777 == 0o640


def test_what_an_editor_saved_meanwhile_is_not_overwritten(file: Path) -> None:
    found = load(file)
    found.sign_with(FIELDS, "SHA256:k", SIGNATURE)
    file.write_text(WEB + "# saved meanwhile\n")
    with pytest.raises(CliError, match="was changed while it was being signed: sign it again"):
        found.save()
    assert file.read_text() == WEB + "# saved meanwhile\n"


def test_an_interrupted_write_leaves_the_old_file_and_no_other(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sign(file)
    assert file.read_text() == WEB
    assert list(file.parent.iterdir()) == [file]


def test_what_cannot_be_written_back_is_known_before_anybody_signs(tmp_path: Path, file: Path) -> None:
    pipe = tmp_path / "pipe"
    found = load(file)
    os.mkfifo(pipe)
    found.file = pipe
    with pytest.raises(Usage, match="is no file that can be written back: give - to read stdin"):
        found.require_writable()


def test_a_layout_that_would_read_otherwise_afterwards_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "with_fields", lambda text, *_: [text.replace("let x", "let y"), "{", text])
    with pytest.raises(CliError, match="spec is laid out in a way that cannot be signed: write one field a line"):
        sign(file)
    assert file.read_text() == WEB
