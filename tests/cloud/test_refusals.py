"""What nobody signed is refused: at kubectl apply with field, reason and remedy, and without the webhook too."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import site as sites
from cli.demo.people import TENANT
from cli.manifest import load
from cli.signer import make_key
from cli.signing import prepare, sign
from crds.user import UserSpec
from plans.evaluate import evaluate
from tests.cloud.cloud import Cloud
from trust.deployment import bytes_to_sign, signed_body
from trust.part import format_time

Change = Callable[[dict[str, Any]], None]


def set_at(*path: str, value: Any) -> Change:
    """A change of one field."""

    def change(whole: dict[str, Any]) -> None:
        target = whole
        for name in path[:-1]:
            target = target[name]
        target[path[-1]] = value

    return change


UNSIGNED_CHANGES: dict[str, tuple[Change, str, str]] = {
    "script": (set_at("spec", "script", value='log("mine");'), "spec.signatures", "changed after it was signed"),
    "parameter": (set_at("spec", "params", "replicas", value=2), "spec.signatures", "changed after it was signed"),
    "region": (set_at("spec", "region", value="mars"), "spec.signatures", "changed after it was signed"),
    "name": (set_at("metadata", "name", value="other"), "spec.signatures", "Sign again: kubectl hardpan sign"),
    "revision": (set_at("spec", "revision", value=9), "spec.signatures", "Sign again: kubectl hardpan sign"),
    "plan": (set_at("spec", "plan", value="sha256:" + "2" * 64), "spec.signatures", "changed after it was signed"),
}


@pytest.mark.parametrize("what", UNSIGNED_CHANGES)
def test_a_change_without_a_new_signature_is_refused_at_apply(cloud: Cloud, running: Path, what: str) -> None:
    change, field, remedy = UNSIGNED_CHANGES[what]
    said = cloud.refused(cloud.edit(running, change))
    assert field in said
    assert remedy in said
    assert cloud.conditions("web")["Ready"][0] == "True"


def test_another_namespace_without_a_tenant_is_refused(cloud: Cloud, running: Path) -> None:
    said = cloud.refused(cloud.edit(running, set_at("metadata", "namespace", value="default")))
    assert "metadata.namespace: no tenant that counts owns namespace default" in said


def test_a_manifest_that_was_never_signed_is_refused_with_the_command_to_run(cloud: Cloud) -> None:
    assert "run `kubectl hardpan sign FILE`" in cloud.refused(cloud.manifest("raw"))


def aged(cloud: Cloud, name: str) -> Path:
    """The manifest of a revision after which another was accepted."""
    first = cloud.deploy(name, 1)
    old = first.rename(first.with_name(f"old-{name}.yaml"))
    cloud.deploy(name, 1, memory="112Mi")
    return old


def test_an_old_revision_never_returns(cloud: Cloud) -> None:
    said = cloud.refused(aged(cloud, "aged"))
    assert "spec.revision" in said
    assert "is older than" in said


def test_an_old_revision_does_not_return_by_deleting_and_making_again(cloud: Cloud) -> None:
    old = aged(cloud, "reborn")
    cloud.delete("reborn")
    assert "is older than" in cloud.refused(old)


def test_the_same_revision_with_other_content_is_refused(cloud: Cloud) -> None:
    revision = load(cloud.deploy("twin", 1)).spec["revision"]
    other = cloud.sign(cloud.manifest("twin", 1, memory="112Mi"), revision)
    assert "was accepted with other content" in cloud.refused(other)


def test_a_plan_over_the_ceilings_names_the_ceiling(cloud: Cloud) -> None:
    said = refused_when_signed(cloud, cloud.manifest("big", 3, memory="2Gi"))
    assert "spec.ceilings.memory: the plan needs 6Gi, demo may use 4Gi (trust snapshot" in said


def test_a_script_error_names_line_and_column(cloud: Cloud) -> None:
    broken = cloud.manifest("typo", script='let a = 1;\nmachin("x", #{});')
    said = refused_when_signed(cloud, broken)
    assert "line 2, column 1: unknown function `machin`; did you mean `machine`?" in said


def refused_when_signed(cloud: Cloud, file: Path) -> str:
    """Signs what our own CLI would not sign, and applies it."""
    manifest, view, now = load(file), cloud.demo.site.view(), datetime.now(UTC)
    spec = manifest.spec
    try:
        plan = evaluate(spec["script"], spec["params"]).plan.digest
    except Exception:
        plan = "sha256:" + "3" * 64
    sign_anyway(cloud, file, {"plan": plan}, view, now)
    return cloud.refused(file)


def sign_anyway(cloud: Cloud, file: Path, fields: dict[str, Any], view: Any, now: datetime, key: Any = None) -> None:
    """A signature over whatever the manifest says."""
    manifest = load(file)
    signer = key or cloud.demo.people().user
    times = {"notBefore": format_time(now), "expires": format_time(now + timedelta(days=30))}
    filled = {"revision": 1, **times, **fields}
    tenant = view.tenant_of(TENANT)
    body = signed_body(view.cluster, tenant.id, manifest.namespace, manifest.name, {**manifest.spec, **filled})
    manifest.sign_with(filled, signer.key.key_id, signer.sign(bytes_to_sign(body)))
    manifest.save()


def test_an_expired_signature_is_refused(cloud: Cloud) -> None:
    file, past = cloud.manifest("late"), datetime.now(UTC) - timedelta(days=60)
    prepared = prepare(load(file), cloud.demo.site.view(), 1, past, days=30)
    manifest = load(file)
    sign(manifest, prepared, cloud.demo.people().user)
    said = cloud.refused(file)
    assert "spec.expires: the signature ended" in said


def test_an_unknown_signer_is_refused(cloud: Cloud) -> None:
    file, view = cloud.manifest("stranger"), cloud.demo.site.view()
    stranger = make_key(cloud.demo.runner, cloud.demo.layout.keys / "stranger", "stranger")
    manifest = load(file)
    sign(manifest, prepare(manifest, view, 1, datetime.now(UTC)), stranger)
    said = cloud.refused(file)
    assert f"key {stranger.key.key_id} belongs to no user who may deploy in namespace demo" in said


def test_a_revoked_signer_is_refused_and_what_ran_goes_on(cloud: Cloud, running: Path) -> None:
    user, site = cloud.demo.people().user, cloud.demo.site
    state = lambda word: UserSpec.model_validate({"keys": [{"publicKey": user.key.line, "state": word}]})  # noqa: E731
    file = cloud.sign(cloud.manifest("after", 1))
    site.put("User", "demo", state("revoked"))
    cloud.demo.renew()
    try:
        said = cloud.eventually(
            lambda: "is revoked" in (found := refused_or_empty(cloud, file)) and found, "the revocation"
        )
        assert "sign with another key" in said
        assert len(cloud.processes()) == 1
    finally:
        site.put("User", "demo", state("active"))
        cloud.demo.renew()
    cloud.eventually(lambda: cloud.conditions("web")["Ready"][0] == "True", "the key to count again")


def refused_or_empty(cloud: Cloud, file: Path) -> str:
    try:
        return cloud.refused(file)
    except AssertionError:
        cloud.delete(load(file).name)
        return ""


def test_an_expired_snapshot_lets_nothing_new_start_and_says_how_to_renew_it(cloud: Cloud, running: Path) -> None:
    past = datetime.now(UTC) - timedelta(days=20)
    file = cloud.sign(cloud.manifest("new", 1))
    sites.renew(cloud.demo.site, cloud.demo.people().root, past)
    cloud.demo.apply_site()
    try:
        said = cloud.eventually(lambda: "ended" in (found := refused_or_empty(cloud, file)) and found, "the expiry")
        assert "hardpan trust renew" in said
        assert len(cloud.processes()) == 1
    finally:
        cloud.demo.renew()


def webhook(cloud: Cloud, on: bool) -> None:
    """Switches admission on or off, as a captured control plane would."""
    if on:
        cloud.kubectl.apply(json.dumps(cloud.demo.control_plane.webhook()))
    else:
        cloud.kubectl.run("delete", "validatingwebhookconfiguration", "hardpan")


@pytest.fixture
def without_webhook(cloud: Cloud) -> Any:
    webhook(cloud, on=False)
    yield
    webhook(cloud, on=True)


@pytest.mark.parametrize("what", ["script", "parameter", "region"])
def test_without_the_webhook_the_supervisor_refuses_and_what_ran_goes_on(
    cloud: Cloud, running: Path, without_webhook: None, what: str
) -> None:
    before = cloud.processes()
    cloud.demo.apply(cloud.edit(running, UNSIGNED_CHANGES[what][0]))
    found = cloud.eventually(
        lambda: next((c for c in [cloud.conditions("web")] if c["SignatureVerified"][0] == "False"), None),
        "the refusal",
    )
    assert found["SignatureVerified"][1] == "BadSignature"
    assert found["Ready"][:2] == ("False", "RevisionRefused")
    assert found["Available"][0] == "True"
    assert found["Stalled"][0] == "True"
    assert cloud.processes() == before
    waited = cloud.kubectl.run(
        "wait", "--for=condition=Ready", "deployments.hardpan.dev/web", "-n", TENANT, "--timeout=2s", accepted=(1,)
    )
    assert "condition met" not in waited
    cloud.demo.apply(running)
    cloud.eventually(lambda: cloud.conditions("web")["Ready"][0] == "True", "the good manifest to count again")


def test_without_the_webhook_a_script_error_turns_planned_false(cloud: Cloud, without_webhook: None) -> None:
    cloud.deploy("looper", 1)
    broken = cloud.manifest("looper", script="loop {}")
    fields = {"plan": "sha256:" + "3" * 64, "revision": 50}
    sign_anyway(cloud, broken, fields, cloud.demo.site.view(), datetime.now(UTC))
    cloud.demo.apply(broken)
    found = cloud.eventually(
        lambda: next((c for c in [cloud.conditions("looper")] if c["Planned"][0] == "False"), None), "the refusal", 15
    )
    assert found["Planned"][1] == "ScriptError"
    assert "the script runs too long" in found["Planned"][2]
    assert found["Available"][0] == "True"


BOMBS = {
    "loops": "loop {}",
    "recurses": "fn f(x) { f(x + 1) } f(1)",
    "allocates": 'let a = []; loop { a.push("x".repeat(1000)); }',
    "grows": 'let s = "x"; loop { s += s; }',
    "prints": 'loop { print("x"); }',
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_script_without_end_ends_within_three_seconds_and_delays_nobody(cloud: Cloud, what: str) -> None:
    bomb = cloud.manifest("bomb", script=BOMBS[what])
    sign_anyway(cloud, bomb, {"plan": "sha256:" + "3" * 64}, cloud.demo.site.view(), datetime.now(UTC))
    began = time.monotonic()
    assert "spec.script line 1" in cloud.refused(bomb)
    assert time.monotonic() - began < 3.5
    began = time.monotonic()
    cloud.kubectl.run("apply", "--dry-run=server", "-f", str(cloud.sign(cloud.manifest("next", 1))))
    assert time.monotonic() - began < 1.5
