"""`hardpan login`: the pin is what the user typed, and only after the API server's trust was found to hang on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sal.errors import NoSpace
from tests.unit.cli.conftest import Terminal

OTHER = "sha256:" + "1" * 64


def config(shop: Terminal) -> Path:
    """Where the pin is."""
    return shop.home / ".config" / "hardpan" / "config.json"


def pin(shop: Terminal) -> dict[str, object]:
    """What is pinned."""
    found: dict[str, object] = json.loads(config(shop).read_text())
    return found


def test_a_new_user_pins_the_cluster_and_learns_what_comes_next(shop: Terminal) -> None:
    cluster = str(pin(shop)["cluster"])
    config(shop).unlink()
    done = shop("login", cluster)
    assert done.code == 0
    assert done.out.startswith(f"pinned {cluster[:19]}… in {config(shop)}; trust snapshot 3 counts until ")
    assert done.out.endswith("Next: kubectl hardpan plan FILE\n")
    assert pin(shop) == {"cluster": cluster, "floor": 3, "root": 1}


@pytest.mark.parametrize("before", [True, False])
def test_a_pin_that_the_api_server_does_not_bear_out_is_not_kept(shop: Terminal, before: bool) -> None:
    if not before:
        config(shop).unlink()
    held = config(shop).read_text() if before else None
    done = shop("login", OTHER)
    assert done.code == 1
    assert "the trust that the API server shows is not believed: this root belongs to cluster sha256:" in done.err
    assert done.err.count("\n") == 1
    assert (config(shop).read_text() if before else None) == held
    assert config(shop).exists() == before


def test_logging_in_again_forgets_no_snapshot_that_was_seen(shop: Terminal) -> None:
    seen = pin(shop)
    assert seen["floor"] == 1
    shop("plan", shop.manifest())
    seen = pin(shop)
    assert seen["floor"] == 3
    held = json.loads(config(shop).read_text())
    config(shop).write_text(json.dumps({**held, "floor": 7}))
    done = shop("login", str(seen["cluster"]))
    assert "trust snapshot 3 is older than 7, which was seen before" in done.err
    assert pin(shop)["floor"] == 7


def test_a_root_that_was_replaced_is_not_believed_again(shop: Terminal) -> None:
    config(shop).write_text(json.dumps({**pin(shop), "root": 2}))
    done = shop("plan", shop.manifest())
    assert "root document 1 was replaced: 2 is in force" in done.err


@pytest.mark.parametrize("given", ["", "web", "sha256:abc", "SHA256:" + "1" * 64, "sha256:" + "G" * 64])
def test_what_is_no_cluster_id_is_wrong_usage(shop: Terminal, given: str) -> None:
    done = shop("login", given)
    assert done.code == 2
    assert ": write sha256: and 64 hexadecimal digits\n" in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no cluster is pinned here: run `hardpan login CLUSTER_ID` with the id your operator gave you"),
        ("{", "config.json is damaged: remove it and run `hardpan login CLUSTER_ID` again"),
        ("[]", "config.json is damaged"),
        ('{"cluster": "x", "floor": []}', "config.json is damaged"),
        ("folder", "config.json cannot be read: Is a directory"),
    ],
)
def test_a_pin_that_is_not_there_says_how_to_get_one(shop: Terminal, text: str | None, said: str) -> None:
    config(shop).unlink()
    if text == "folder":
        config(shop).mkdir()
    elif text is not None:
        config(shop).write_text(text)
    done = shop("plan", shop.manifest())
    assert done.code == 1
    assert said in done.err


@pytest.mark.parametrize("damage", ["roots", "snapshot", "records", "none", "float"])
def test_trust_of_another_form_is_not_believed(shop: Terminal, damage: str) -> None:
    trust = shop.tools.get("trusts", "cluster")
    if damage == "roots":
        trust["spec"] = {"roots": 7, "snapshot": ""}
    elif damage == "snapshot":
        trust["spec"]["snapshot"] = "{}"
    elif damage == "records":
        shop.tools.put("users", {"kind": "User", "metadata": {"name": "x"}})
    elif damage == "float":
        shop.tools.put("users", {"kind": "User", "metadata": {"name": "x"}, "spec": {"keys": 1.5}})
    else:
        del shop.tools.objects["trusts", "", "cluster"]
    done = shop("plan", shop.manifest())
    assert done.code == 1
    assert done.err.startswith(
        "Error: this cluster has no trust yet"
        if damage == "none"
        else "Error: the trust that the API server shows is not believed: "
    )
    assert done.err.count("\n") == 1


def test_where_nothing_can_be_remembered_a_plan_is_still_shown(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise NoSpace("the disk is full")

    monkeypatch.setattr("cli.pinned.Pinned.save", full)
    done = shop("plan", shop.manifest())
    assert done.code == 3
    assert "Warning: it is not remembered that trust snapshot 3 was seen: the disk is full\n" in done.err


def test_the_pin_is_where_the_environment_says(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = shop.home / "pin.json"
    config(shop).rename(elsewhere)
    monkeypatch.setenv("HARDPAN_CONFIG", str(elsewhere))
    assert shop("plan", shop.manifest()).code == 3
    assert json.loads(elsewhere.read_text())["floor"] == 3
