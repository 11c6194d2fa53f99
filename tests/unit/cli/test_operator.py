"""The operator's commands: what each says, that bad input changes nothing, and that nothing counts half."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml

from cli.site import Site
from tests.unit.cli.conftest import Terminal
from tests.unit.trust.world import user_key


def state(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its content."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def roots(terminal: Terminal, *names: str) -> list[str]:
    """Root key options."""
    return [word for name in names for word in ("--root-key", str(terminal.keys / f"{name}.pub"))]


def test_init_says_which_keys_rule_and_what_comes_next(terminal: Terminal) -> None:
    done = terminal("init", *roots(terminal, "root-1", "root-2"), "--region", "eu", "--site", terminal.site)
    assert (done.code, done.err) == (0, "")
    site = Site(terminal.site)
    lines = done.out.splitlines()
    assert lines[0] == f"operator root  {user_key('root-1').key_id}  (ed25519)"
    assert lines[1] == f"operator root  {user_key('root-2').key_id}  (ed25519)"
    assert lines[2] == f"written to {site.root_file}; the private halves were not read"
    assert lines[3] == f"cluster {site.cluster}"
    assert lines[4].endswith(f"users pin it with: hardpan login {site.cluster}")
    assert lines[5] == f"Next: kubectl apply --server-side -f {terminal.site}/records -f {site.trust_file}"
    assert lines[6] == "  then: hardpan user add NAME --public-key FILE.pub"
    assert site.root_file.read_text() == "".join(f"{user_key(each).line}\n" for each in ("root-1", "root-2"))
    assert stat.S_IMODE(site.supervisor_key.stat().st_mode) == 0o600
    assert site.view().supervisors["main"].region == "eu"


def test_init_takes_the_two_keys_of_the_agent(terminal: Terminal) -> None:
    terminal.tools.agent = ["root-1", "root-2"]
    done = terminal("init", "--site", terminal.site)
    assert done.code == 0
    assert f"operator root  {user_key('root-2').key_id}  from ssh-agent (ed25519)\n" in done.out


@pytest.mark.parametrize(
    ("agent", "names", "said"),
    [
        ([], ["root-1"], "the operator root needs two different keys, so that losing one does not lose the cluster; "),
        (
            [],
            ["root-1", "root-1"],
            "make another for a safe place (ssh-keygen -t ed25519-sk -f root-2), then give both",
        ),
        ([], [], "ssh-agent holds none: make two (ssh-keygen -t ed25519-sk), then give both with --root-key"),
        (["root-1"], [], "ssh-agent holds one (SHA256:"),
        (["root-1", "root-2", "alice"], [], "choose two or more with --root-key FILE.pub"),
        ([], ["nobody", "root-1"], "--root-key "),
    ],
)
def test_init_without_two_keys_is_refused_with_the_remedy(
    terminal: Terminal, agent: list[str], names: list[str], said: str
) -> None:
    terminal.tools.agent = agent
    done = terminal("init", *roots(terminal, *names), "--site", terminal.site)
    assert done.code == 2
    assert said in done.err
    assert not terminal.site.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--region", "EU"], "--region is 'EU': write letters a-z, digits and -, at most 32"),
        (["--name", "x" * 300], "--name is "),
    ],
)
def test_init_with_bad_words_is_refused(terminal: Terminal, options: list[str], said: str) -> None:
    done = terminal("init", *roots(terminal, "root-1", "root-2"), *options, "--site", terminal.site)
    assert done.code == 2
    assert said in done.err
    assert not terminal.site.exists()


def test_init_again_is_refused_and_changes_nothing(shop: Terminal) -> None:
    before = state(shop.site)
    done = shop("init", *roots(shop, "root-1", "root-2"), "--site", shop.site)
    assert done.code == 2
    assert "is a site already: its root is made once; use another --site for another cluster" in done.err
    assert state(shop.site) == before


def test_init_signed_by_a_stranger_leaves_nothing(terminal: Terminal) -> None:
    key = ("--key", terminal.keys / "mallory")
    done = terminal("init", *roots(terminal, "root-1", "root-2"), *key, "--site", terminal.site)
    assert done.code == 2
    assert "is not a key of the operator root" in done.err
    assert not terminal.site.exists()


def test_init_says_that_it_replaces_a_pin(shop: Terminal) -> None:
    done = shop("init", *roots(shop, "root-1", "alice"), "--site", shop.home / "second")
    assert done.code == 0
    assert "Warning: it replaces the pin of sha256:" in done.err


def test_a_user_is_added_applied_and_the_next_step_said(shop: Terminal) -> None:
    done = shop.operator("user", "add", "bob", "--public-key", shop.keys / "bob.pub")
    key = user_key("bob").key_id[:19]
    assert done.out == f"user bob has {key}…\nNext: hardpan tenant add TENANT --member bob\n"
    assert done.err.startswith("trust snapshot 4 lists 4 records and counts until ")
    assert done.err.endswith("applied\n")
    assert Site(shop.site).view().users["bob"].keys[0].key_id == user_key("bob").key_id
    assert shop.tools.get("users", "bob")["spec"]["keys"][0]["state"] == "active"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["user", "add", "Bob", "--public-key", "bob.pub"],
            "NAME is 'Bob': write letters a-z, digits and -, at most 63",
        ),
        (["user", "add", "../../x", "--public-key", "bob.pub"], "NAME is '../../x': write letters a-z"),
        (["user", "add", "b\x1b[31m", "--public-key", "bob.pub"], "NAME is 'b\\x1b[31m'"),
        (["user", "add", "bob", "--public-key", "nobody.pub"], "nobody.pub: No such file or directory"),
        (["user", "add", "bob", "--public-key", "/dev/zero"], "--public-key /dev/zero is larger than 256 KiB"),
        (
            ["user", "add", "bob", "--public-key", "alice.pub"],
            "belongs to user alice: a key has one owner, take another",
        ),
        (["user", "add", "bob"], "missing option '--public-key'; see: hardpan user add --help"),
        (["user", "revoke-key", "bob", "SHA256:" + "a" * 43], "there is no user bob in "),
        (["user", "revoke-key", "alice", "SHA256:" + "a" * 43], "user alice has no key SHA256:"),
        (["user", "revoke-key", "alice", "a"], "KEY_ID is 'a': "),
        (["tenant", "add", "t"], "tenant t is new: name those who may deploy with --member"),
        (
            ["tenant", "add", "t", "--member", "bob"],
            "there is no such user (there: alice); first: hardpan user add bob",
        ),
        (["tenant", "add", "t", "--member", "alice", "--namespace", "shop"], "namespace shop belongs to tenant shop"),
        (
            ["tenant", "add", "t", "--member", "alice", "--namespace", "No"],
            "tenant.namespace is 'No': write letters a-z",
        ),
        (["tenant", "add", "t", "--member", "alice", "--memory", "32GB"], "--memory is "),
        (["tenant", "add", "t", "--member", "alice", "--memory", "0"], "--memory is "),
        (["tenant", "add", "t", "--member", "alice", "--storage", "-1Gi"], "--storage is "),
        (["tenant", "add", "t", "--member", "alice", "--machines", "-1"], "--machines"),
        (["tenant", "add", "t", "--member", "alice", "--image-host", "https://x"], "write the name of a host"),
        (["tenant", "add", "T", "--member", "alice"], "NAME is 'T'"),
        (["token", "create", "Rack"], "NAME is 'Rack'"),
        (["token", "create", "../x"], "NAME is '../x'"),
        (["token", "create", "r", "--expires", "0d"], "--expires is '0d': write it like 7d, 12h or 30m"),
        (["token", "create", "r", "--expires", "-1d"], "--expires is '-1d'"),
        (["token", "create", "r", "--expires", "tomorrow"], "--expires is 'tomorrow'"),
        (["token", "create", "r", "--expires", "366d"], "--expires is 366d: at most 365d are allowed"),
        (["token", "create", "r", "--expires", "99999d"], "--expires is 99999d: at most 365d are allowed"),
        (["token", "create", "r", "--count", "0"], "--count"),
        (["token", "create", "r", "--count", "100001"], "--count"),
        (["token", "create", "r", "--label", "rack"], "--label takes name=value, each name once: rack"),
        (["token", "create", "r", "--label", "a=1", "--label", "a=2"], "--label takes name=value, each name once"),
        (["token", "create", "r", "--label", "a b=1"], "--label takes letters, digits"),
        (["token", "create", "r", "--board-vendor", "x$"], "token.boardVendor is 'x$': write letters, digits, spaces"),
        (["token", "create", "r", "--region", "-"], "--region is '-'"),
        (["trust", "renew", "--days", "0"], "--days"),
        (["trust", "renew", "--days", "366"], "--days"),
    ],
)
def test_bad_input_is_wrong_usage_in_one_line_and_changes_nothing(shop: Terminal, words: list[str], said: str) -> None:
    before, objects = state(shop.site), json.dumps(list(shop.tools.objects.values()))
    given = [str(shop.keys / word) if word.endswith(".pub") else word for word in words]
    done = shop(*given, "--site", shop.site, "--key", shop.keys / "root-1")
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1
    assert state(shop.site) == before
    assert json.dumps(list(shop.tools.objects.values())) == objects


@pytest.mark.parametrize("command", ["user", "tenant", "token", "trust"])
def test_without_a_root_key_nothing_is_changed(shop: Terminal, command: str) -> None:
    words = {
        "user": ["user", "add", "bob", "--public-key", str(shop.keys / "bob.pub")],
        "tenant": ["tenant", "add", "t", "--member", "alice"],
        "token": ["token", "create", "rack"],
        "trust": ["trust", "renew"],
    }[command]
    before = state(shop.site)
    done = shop(*words, "--site", shop.site)
    assert done.code == 2
    assert "none is of the operator root" in done.err
    assert state(shop.site) == before


def test_where_there_is_no_site_it_says_how_to_get_one(terminal: Terminal) -> None:
    done = terminal("trust", "renew", "--site", terminal.site)
    assert done.code == 1
    assert "is no site: run `hardpan init` first, or name the site with --site" in done.err


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("trust.yaml", "{", "trust.yaml is damaged: restore it from your backup"),
        ("trust.yaml", "spec: {}", "trust.yaml is damaged"),
        ("trust.yaml", "- 1", "trust.yaml is damaged"),
        (
            "records/user-alice.yaml",
            "kind: User",
            "user-alice.yaml is no record: restore it from your backup, or remove",
        ),
        ("records/user-alice.yaml", "a: [", "user-alice.yaml is damaged"),
        ("records/user-alice.yaml", "\x00", "user-alice.yaml is damaged"),
    ],
)
def test_a_damaged_site_names_the_file(shop: Terminal, file: str, text: str, said: str) -> None:
    (shop.site / file).write_text(text)
    for words in (["trust", "show"], ["trust", "renew"]):
        done = shop(*words, "--site", shop.site)
        assert done.code == 1
        assert said in done.err


def test_an_edited_record_is_seen_and_counts_once_it_is_signed(shop: Terminal) -> None:
    file = shop.site / "records" / "tenant-shop.yaml"
    record = yaml.safe_load(file.read_text())
    record["spec"]["ceilings"]["machines"] = 7
    file.write_text(yaml.safe_dump(record))
    assert (
        "Tenant/shop  differs from what was signed: hardpan trust renew"
        in shop("trust", "show", "--site", shop.site).out
    )
    shop.operator("trust", "renew", "--days", "30")
    assert "differs" not in shop("trust", "show", "--site", shop.site).out
    assert Site(shop.site).view().tenants["shop"].ceilings.machines == 7


def test_a_record_that_would_not_count_is_not_signed(shop: Terminal) -> None:
    file = shop.site / "records" / "user-alice.yaml"
    (shop.site / "records" / "user-twin.yaml").write_text(file.read_text().replace("name: alice", "name: twin"))
    before = state(shop.site)
    done = shop("trust", "renew", "--site", shop.site, "--key", shop.keys / "root-1")
    assert done.code == 1
    assert "nothing was changed, since it would not count: " in done.err
    assert "belongs to both alice and twin: give it to one of them" in done.err
    assert state(shop.site) == before


def test_trust_shows_the_cluster_what_counts_and_until_when(shop: Terminal) -> None:
    site = Site(shop.site)
    lines = shop("trust", "show", "--site", shop.site).out.splitlines()
    assert lines[0] == f"cluster {site.cluster}"
    assert lines[1].startswith("trust snapshot 3 of ")
    assert lines[2:] == ["  Supervisor/main", "  Tenant/shop", "  User/alice"]
    assert json.loads(shop("trust", "show", "--site", shop.site, "-o", "json").out)["version"] == 3
    assert yaml.safe_load(shop("trust", "show", "--site", shop.site, "-o", "yaml").out)["cluster"] == site.cluster


def test_a_record_whose_file_is_gone_is_told(shop: Terminal) -> None:
    (shop.site / "records" / "user-alice.yaml").unlink()
    assert "  User/alice  has no file in " in shop("trust", "show", "--site", shop.site).out


def test_a_tenant_keeps_what_is_not_given(shop: Terminal) -> None:
    before = Site(shop.site).view().tenants["shop"]
    shop.operator("user", "add", "bob", "--public-key", shop.keys / "bob.pub")
    done = shop.operator("tenant", "add", "shop", "--member", "alice", "--member", "bob", "--cpus", "6")
    after = Site(shop.site).view().tenants["shop"]
    assert (after.id, after.namespace, after.ceilings.machines) == (before.id, "shop", 4)
    assert (after.ceilings.cpus, [each.user for each in after.members]) == (6, ["alice", "bob"])
    assert done.out.splitlines() == [
        f"tenant shop, id {before.id}: alice, bob may deploy in shop",
        "  a plan may have 4 machines, 6 cpus, memory 1Gi, 20 volumes, storage 256Gi",
        f"Next: its members run `hardpan login {Site(shop.site).cluster}`, then `kubectl hardpan plan FILE`",
    ]
    shop.operator("tenant", "add", "shop", "--memory", "2Gi")
    assert [each.user for each in Site(shop.site).view().tenants["shop"].members] == ["alice", "bob"]


def test_a_token_is_printed_for_a_medium_kept_and_counts(shop: Terminal) -> None:
    done = shop.operator("token", "create", "rack-7", "--count", "40", "--expires", "12h", "--label", "rack=7")
    printed = json.loads(done.out)
    site = Site(shop.site)
    assert printed["name"] == "rack-7"
    assert printed["seed"] == site.token_file("rack-7").read_text()
    assert stat.S_IMODE(site.token_file("rack-7").stat().st_mode) == 0o600
    token = site.view().tokens["rack-7"]
    assert (token.count, token.labels, token.region) == (40, {"rack": "7"}, "main")
    assert "token rack-7 admits 40 machines of region main until " in done.err
    again = shop("token", "create", "rack-7", "--site", shop.site, "--key", shop.keys / "root-1")
    assert "join token rack-7 is there already: choose another name" in again.err


def test_a_token_for_measured_machines_says_when_no_release_could_let_one_in(shop: Terminal) -> None:
    warning = "Warning: no release says what a TPM holds after its image started, so the token admits nobody yet"
    assert warning not in shop.operator("token", "create", "a").err
    assert warning in shop.operator("token", "create", "b", "--measured").err
    tokens = Site(shop.site).view().tokens
    assert (tokens["a"].measured, tokens["b"].measured) == (None, True)


def test_a_token_for_a_new_site_has_the_regions_supervisor_vouched_for_it(shop: Terminal) -> None:
    done = shop.operator("token", "create", "lab-1", "--in-site", "lab")
    assert done.code == 0
    assert "supervisor main is vouched for site lab from now on" in done.err
    assert Site(shop.site).view().supervisors["main"].sites == ("default", "lab")
    again = shop.operator("token", "create", "lab-2", "--in-site", "lab")
    assert "vouched" not in again.err


def test_what_is_not_applied_is_said_with_the_command_that_does_it(shop: Terminal) -> None:
    done = shop.operator("trust", "renew", "--no-apply")
    command = f"kubectl apply --server-side -f {shop.site}/records -f {shop.site}/trust.yaml"
    assert f"Next: {command}\n" in done.err
    shop.tools.fails = (
        "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?"
    )
    done = shop("trust", "renew", "--site", shop.site, "--key", shop.keys / "root-1")
    assert done.code == 1
    assert "signed and written, but not applied: the API server at 10.0.0.1:6443 does not answer" in done.err
    assert done.err.endswith(f". Later: {command}\n")
    assert Site(shop.site).view().version == 5


def test_an_interrupted_signature_leaves_the_site_as_it_was(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    before = state(shop.site)
    monkeypatch.setattr("cli.signer.SshSigner.sign", interrupted)
    words = ("tenant", "add", "t", "--member", "alice", "--site", shop.site, "--key", shop.keys / "root-1")
    assert shop(*words).code == 130
    assert state(shop.site) == before
