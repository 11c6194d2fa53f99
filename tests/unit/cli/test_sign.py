"""`hardpan plan`, `sign` and `verify` as a tenant meets them: what they say, what they write, what they refuse."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.errors import EXIT_DIFFERENT
from cli.manifest import load
from cli.site import Site
from controllers.review import mark_name
from crds.revisionmark import RevisionMarkSpec
from tests.unit.cli.conftest import Terminal
from tests.unit.trust.world import user_key
from trust.deployment import signed_body
from trust.keys import digest


def mark_of(site: Site, file: Path, namespace: str) -> dict[str, Any]:
    """The RevisionMark that the control plane keeps of a signed manifest."""
    found, tenant = load(file), site.view().tenant_of(namespace)
    body = signed_body(site.cluster, tenant.id, namespace, found.name, found.spec)
    fields = {
        "namespace": namespace,
        "name": found.name,
        "tenant": tenant.id,
        "revision": found.spec["revision"],
        "digest": digest(body),
        "plan": found.spec["plan"],
        "body": body.decode(),
        "signatures": found.spec["signatures"],
    }
    spec = RevisionMarkSpec.model_validate(fields).wire()
    name = mark_name(tenant.id, namespace, found.name)
    return {"apiVersion": "hardpan.dev/v1alpha1", "kind": "RevisionMark", "metadata": {"name": name}, "spec": spec}


def accept(shop: Terminal, file: Path) -> None:
    """What the control plane does with a signed manifest: it keeps it as the accepted revision."""
    shop.tools.put("revisionmarks", mark_of(Site(shop.site), file, "shop"))


@pytest.fixture
def running(shop: Terminal) -> tuple[Terminal, Path]:
    """A deployment that was signed and accepted as revision 1."""
    file = shop.manifest()
    assert shop("sign", file).code == 0, shop.err
    accept(shop, file)
    return shop, file


def test_a_first_plan_lists_what_comes_and_how_to_sign_it(shop: Terminal) -> None:
    file = shop.manifest()
    done = shop("plan", file)
    assert (done.code, done.err) == (EXIT_DIFFERENT, "")
    assert done.out.splitlines()[:6] == [
        "revision 0 → 1, not signed yet, within shop's ceilings (machines 2/4, cpus 2/20, memory 192Mi/1Gi,",
        "  volumes 2/20, storage 256Mi/256Gi)",
        "  + volume   data-0  64Mi",
        "  + machine  web-0   1 cpus  96Mi  guest@sha256:abababab…   volume data-0",
        "  + volume   data-1  64Mi",
        "  + machine  web-1   1 cpus  96Mi  guest@sha256:abababab…   volume data-1",
    ]
    assert done.out.splitlines()[6].startswith("4 changes, 0 unchanged. Plan digest sha256:")
    assert done.out.endswith(f"sign with: kubectl hardpan sign {file}\n")


def test_a_signed_plan_says_by_whom_and_how_to_apply_it(shop: Terminal) -> None:
    file = shop.manifest()
    shop("sign", file)
    done = shop("plan", file)
    assert done.out.startswith(f"revision 0 → 1, signed by alice ({user_key('alice').key_id[:19]}…), within shop's")
    assert done.out.endswith(f"apply with: kubectl apply -f {file}\n")


def test_signing_shows_the_plan_writes_the_file_and_says_what_comes_next(shop: Terminal) -> None:
    file = shop.manifest()
    done = shop("sign", file)
    assert (done.code, done.err) == (0, "")
    assert "  + machine  web-1   1 cpus  96Mi" in done.out
    assert f"signed shop/web as alice ({user_key('alice').key_id[:19]}…), revision 1, to apply until " in done.out
    assert done.out.endswith(f"apply with: kubectl apply -f {file}\n")
    assert file.read_text().startswith("# what alice wrote\n")
    assert "language: 1  # the only one\n" in file.read_text()
    assert shop("verify", file).out.startswith("revision 1 is signed by alice, to apply until ")


def test_what_runs_already_changes_nothing(running: tuple[Terminal, Path]) -> None:
    shop, file = running
    done = shop("plan", file)
    assert done.code == 0
    assert done.out.startswith("revision 1, which was accepted already, signed by alice (")
    assert "No change, 4 unchanged. Plan digest sha256:" in done.out
    assert done.out.endswith("; nothing to apply\n")


def test_a_change_announces_what_it_does(running: tuple[Terminal, Path]) -> None:
    shop, file = running
    shop.edit(file, "memory: 96Mi", "memory: 128Mi")
    done = shop("plan", file)
    assert done.code == EXIT_DIFFERENT
    assert done.out.startswith("revision 1 → 2, not signed as it stands, within shop's ceilings")
    assert "spec.signatures: no valid signature by a user of namespace shop" in done.out.replace("\n  ", " ")
    assert "  ~ machine  web-0  memory 96Mi → 128Mi   restart needed\n" in done.out
    assert "2 changes, 2 unchanged." in done.out
    shop("sign", file)
    done = shop("plan", file)
    assert done.out.startswith("revision 1 → 2, signed by alice (")


def test_what_loses_data_is_said_before_it_is_signed(running: tuple[Terminal, Path]) -> None:
    shop, file = running
    shop.edit(file, "replicas: 2", "replicas: 1")
    removal = "  - machine  web-1   its root disk goes with it\n"
    loss = "  - volume   data-1  DATA LOSS: 64Mi wait 7 days in the bin, then they are gone\n"
    assert removal + loss in shop("plan", file).out
    assert removal + loss in shop("sign", file).out


def test_a_rebuild_and_what_is_done_at_once_are_told_apart(running: tuple[Terminal, Path]) -> None:
    shop, file = running
    shop.edit(file, "ab" * 32, "cd" * 32)
    shop.edit(file, 'size: "64Mi"', 'size: "96Mi"')
    done = shop("plan", file)
    assert "  ~ volume   data-0  size 64Mi → 96Mi   at once\n" in done.out
    assert "guest@sha256:abababab… → guest@sha256:cdcdcdcd…" in done.out
    assert "rebuild needed: new root disk; volumes and address stay" in " ".join(done.out.split())
    assert max(map(len, done.out.splitlines()[:-1])) <= 100


@pytest.mark.parametrize("command", ["plan", "sign"])
def test_a_volume_that_would_shrink_is_refused_before_anybody_signs(
    running: tuple[Terminal, Path], command: str
) -> None:
    shop, file = running
    before = shop.edit(file, 'size: "64Mi"', 'size: "32Mi"').read_text()
    done = shop(command, file)
    assert done.code in (1, 2)
    assert "volume data-0: size 64Mi → 32Mi: a volume never shrinks: make a new volume and remove this one" in done.err
    assert file.read_text() == before


def test_plans_are_data_too(running: tuple[Terminal, Path]) -> None:
    shop, file = running
    shop.edit(file, "replicas: 2", "replicas: 1")
    found = json.loads(shop("plan", file, "-o", "json").out)
    assert found["acceptedRevision"] == 1
    assert found["revision"] == 2
    assert found["signedBy"] == []
    assert found["problem"].startswith("spec.signatures: ")
    assert [(each["action"], each["name"], each["losesData"]) for each in found["changes"]] == [
        ("remove", "web-1", False),
        ("remove", "data-1", True),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "machine(`web",
            "machin(`web",
            "spec.script line 4, column 3: unknown function `machin`; did you mean `machine`?",
        ),
        ("memory: 96Mi", "memory: 600Mi", "spec.ceilings.memory: the plan needs 1200Mi, shop may use 1Gi"),
        ("  language: 1  # the only one\n", "", "spec.language is missing: add it"),
        ("language: 1", 'language: "1"', "spec.language is '1': "),
        ("  params:", "  regoin: eu\n  params:", "spec.regoin is no field of this kind; did you mean region?"),
        ("  params:", "  on_partition: Keep\n  params:", "spec.on_partition is no field of this kind"),
        ("name: web\n", "name: Web\n", "metadata.name is 'Web': write letters a-z, digits and -, at most 40"),
        ("namespace: shop", "namespace: else", "metadata.namespace: no tenant that counts owns namespace else"),
        ("replicas: 2", "replicas: 1.5", "line 10: 1.5 may be read as a number"),
        ("replicas: 2", "replicas: null", "spec.params.replicas is null: use integers, strings"),
        ("  params:", "  expires: yes\n  params:", "line 9: yes may be read as a yes or no"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "sign"])
def test_what_would_be_refused_is_refused_with_field_or_line_and_remedy(
    shop: Terminal, command: str, old: str, new: str, said: str
) -> None:
    file = shop.edit(shop.manifest(), old, new)
    before = file.read_text()
    done = shop(command, file)
    assert done.code in (1, 2)
    assert said in done.err
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1
    assert file.read_text() == before


def test_a_hostile_script_says_nothing_raw(shop: Terminal) -> None:
    file = shop.edit(shop.manifest(), "let first = ();", 'log("\\x1b[2J\\u202E"); let first = ();')
    done = shop("plan", file)
    assert "  log: \ufffd[2J\ufffd\n" in done.out
    assert all(each == "\n" or each.isprintable() for each in done.out + done.err)


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ([], "ssh-agent holds no ed25519 key, so none of a user who may deploy in namespace shop (alice SHA256:"),
        (["mallory", "bob"], "ssh-agent holds 2 keys (SHA256:"),
        (None, "ssh-agent does not answer at "),
    ],
)
def test_an_agent_without_the_key_says_which_would_do(shop: Terminal, agent: list[str] | None, said: str) -> None:
    shop.tools.agent = agent
    done = shop("sign", shop.manifest())
    assert done.code in (1, 2)
    assert said in done.err
    assert "--key" in done.err


def test_without_an_agent_a_key_is_named(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK")
    file = shop.manifest()
    assert "ssh-agent is not running (SSH_AUTH_SOCK is not set)" in shop("sign", file).err
    assert shop("sign", file, "--key", shop.keys / "alice").code == 0
    assert shop("sign", file, "--key", shop.keys / "alice.pub").code == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mallory", "is not a key of a user who may deploy in namespace shop (alice SHA256:"),
        ("nobody", "nobody.pub: No such file or directory"),
        ("alone", "alone.pub is not there; write it: ssh-keygen -y -f "),
        ("rsa.pub", "'ssh-rsa' is not a key kind that counts"),
        ("two.pub", "two.pub holds 2 lines: give the .pub file of one key"),
        ("secret.pub", "is a private key: give its public half"),
        ("alone.pub", "holds 0 lines"),
    ],
)
def test_a_key_that_cannot_sign_here_says_why(shop: Terminal, name: str, said: str) -> None:
    line = user_key("alice").line
    for file, text in (
        ("alone", "x"),
        ("rsa.pub", "ssh-rsa AAAA x\n"),
        ("two.pub", f"{line}\n{line}\n"),
        ("secret.pub", "-----BEGIN OPENSSH PRIVATE KEY-----\n"),
    ):
        (shop.keys / file).write_text(text)
    if name == "alone.pub":
        (shop.keys / name).write_text("# no key\n")
    done = shop("sign", shop.manifest(), "--key", shop.keys / name)
    assert done.code == 2
    assert said in done.err


def test_a_key_whose_public_half_is_another_s_is_found_out(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.cli import tools

    monkeypatch.setattr(tools, "seed", lambda _: bytes(range(32)))
    file = shop.manifest()
    before = file.read_text()
    done = shop("sign", file)
    assert "its .pub file belongs to another key" in done.err
    assert file.read_text() == before


def test_stdin_is_signed_to_stdout_and_words_go_to_stderr(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    text = shop.manifest().read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    done = shop("sign", "-")
    assert done.code == 0
    assert done.out.startswith("# what alice wrote\n")
    assert "apply with: kubectl apply -f -\n" in done.err
    signed = shop.manifest("signed.yaml", done.out)
    assert shop("verify", signed).code == 0


def test_the_revision_is_one_above_all_that_is_known(running: tuple[Terminal, Path]) -> None:
    shop, file = running
    assert "revision 2," in shop("sign", file).out
    assert "revision 3," in shop("sign", file).out
    shop.edit(file, "revision: 3", "revision: 41")
    assert "revision 42," in shop("sign", file).out
    fresh = shop.manifest("again.yaml")
    assert "revision 43," in shop("sign", fresh).out
    assert "--revision 1 is not above 1, which was accepted: leave it out" in shop("sign", fresh, "--revision", "1").err


def test_the_difference_is_to_what_this_user_signed_whatever_the_server_shows(running: tuple[Terminal, Path]) -> None:
    shop, file = running
    [mark] = [key for key in shop.tools.objects if key[0] == "revisionmarks"]
    del shop.tools.objects[mark]
    assert shop("sign", file).out.startswith("  no change to what was signed last\n")


@pytest.mark.parametrize("change", ["body", "signature", "form"])
def test_an_accepted_revision_that_nobody_signed_is_not_believed(running: tuple[Terminal, Path], change: str) -> None:
    shop, file = running
    [mark] = [each for key, each in shop.tools.objects.items() if key[0] == "revisionmarks"]
    if change == "body":
        mark["spec"]["body"] = mark["spec"]["body"].replace('"replicas":2', '"replicas":1')
    elif change == "signature":
        mark["spec"]["signatures"][0]["signature"] = "A" * 100
    else:
        del mark["spec"]["plan"]
    done = shop("plan", file)
    assert done.code == EXIT_DIFFERENT
    assert "Warning: the accepted revision that the API server shows is not believed: " in done.err
    assert "4 changes, 0 unchanged" in done.out


def test_a_revoked_key_signs_nothing_more(running: tuple[Terminal, Path]) -> None:
    shop, file = running
    shop.operator("user", "revoke-key", "alice", user_key("alice").key_id)
    done = shop("verify", file)
    assert done.code == 1
    assert "is revoked: sign with another key" in done.err
    assert "(nobody has one)" in shop("sign", file).err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("replicas: 2", "replicas: 3", "The signed part was changed after it was signed"),
        ("name: web\n", "name: other\n", "signed part was changed"),
        ("      signature:", "      key:", "spec.signatures: a signature lacks 'signature'"),
        ("signatures:\n", "signature:\n", "spec.signature"),
    ],
)
def test_verifying_says_what_is_wrong(shop: Terminal, old: str, new: str, said: str) -> None:
    file = shop.manifest()
    shop("sign", file)
    shop.edit(file, old, new)
    done = shop("verify", file)
    assert done.code == 1
    assert said in done.err


def test_verifying_is_data_too(shop: Terminal) -> None:
    file = shop.manifest()
    shop("sign", file)
    found = json.loads(shop("verify", file, "-o", "json").out)
    assert (found["name"], found["revision"], found["signers"]) == ("web", 1, ["alice"])


def test_the_context_s_namespace_counts_where_the_manifest_names_none(shop: Terminal) -> None:
    shop.tools.namespace = "shop"
    file = shop.edit(shop.manifest(), "  namespace: shop\n", "")
    assert "signed shop/web as alice" in shop("sign", file).out
    assert "no tenant that counts owns namespace demo" in shop("verify", file, "--namespace", "demo").err
    done = shop("plan", file, "-n", "shop")
    assert done.out.endswith(f"kubectl apply -f {file} --namespace shop\n")


def test_an_ended_snapshot_is_said_before_it_matters(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    file = shop.manifest()
    monkeypatch.setattr("trust.snapshot.TrustView.require_current", _ended)
    done = shop("plan", file)
    assert done.code == EXIT_DIFFERENT
    assert "Warning: nothing new can be applied: it ended" in done.err


def _ended(*_: object) -> None:
    from trust.errors import Code, Refusal

    raise Refusal(Code.TRUST_EXPIRED, "it ended")


def test_what_cannot_be_remembered_is_signed_all_the_same(shop: Terminal) -> None:
    (shop.home / ".local").write_text("in the way")
    done = shop("sign", shop.manifest())
    assert done.code == 0
    assert "Warning: it is not remembered what you signed: " in done.err
