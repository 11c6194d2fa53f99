"""`hardpan release create` and `hardpan node upgrade`: what is signed for, and a brake that a failure pulls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.site import Site
from cli.upgrade import Stage, Upgrade, next_nodes, standing
from tests.unit.cli.conftest import Terminal
from tests.unit.efi.programs import image
from trust.keys import digest

NODES = tuple("n-" + letter * 26 for letter in "abc")
URL = "https://images.example/hardpan.efi"
Step = Callable[[], None]


def file(shop: Terminal, version: str = "0.2.0", flavour: str = "cloud", line: str = "console=ttyS0") -> Path:
    """An image as a file."""
    made = shop.home / f"{flavour}-{version}-{len(line)}.efi"
    made.write_bytes(image(flavour, version, line))
    return made


def create(shop: Terminal, made: Path, *more: str) -> Any:
    """`hardpan release create`."""
    key = ("--key", str(shop.keys / "root-1"))
    return shop("release", "create", made, "--url", URL, *more, *key, "--site", shop.site)


def test_a_release_is_what_the_image_says_of_itself(shop: Terminal) -> None:
    made = file(shop)
    done = create(shop, made)
    assert done.code == 0, done.err
    record = Site(shop.site).view().releases["cloud-0-2-0"]
    data = made.read_bytes()
    assert (record.version, record.flavour, record.digest, record.size) == ("0.2.0", "cloud", digest(data), len(data))
    assert (record.url, record.minimum) == (URL, "0")
    assert record.pcr_11 is not None
    assert done.out.startswith("release cloud-0-2-0: version 0.2.0, cloud, not signed for Secure Boot, sha256:")
    assert shop.tools.get("releases", "cloud-0-2-0")["spec"] == record.wire()


def test_a_minimum_stays_and_never_falls(shop: Terminal) -> None:
    assert create(shop, file(shop), "--minimum", "0.1.5").code == 0
    assert create(shop, file(shop, "0.3.0")).code == 0
    assert Site(shop.site).view().releases["cloud-0-3-0"].minimum == "0.1.5"
    done = create(shop, file(shop, "0.4.0"), "--minimum", "0.1.0")
    assert (done.code, "0.1.5 is the oldest cloud image that counts" in done.err) == (2, True)
    done = create(shop, file(shop, "0.1.0"))
    assert (done.code, "below the minimum 0.1.5" in done.err) == (2, True)


@pytest.mark.parametrize("name", ["", "another"])
def test_a_version_is_never_two_images(shop: Terminal, name: str) -> None:
    assert create(shop, file(shop)).code == 0
    done = create(shop, file(shop, line="console=ttyS0 quiet"), *(("--name", name) if name else ()))
    assert (done.code, "is version 0.2.0 with other bytes" in done.err) == (1, True)
    assert create(shop, file(shop)).code == 0


@pytest.mark.parametrize(
    ("data", "more", "said"),
    [
        (b"no image", (), "this is no EFI program"),
        (image(version="0.2.0-rc1"), (), "the image's version is '0.2.0-rc1'"),
        (image(), ("--name", "Cloud 1"), "--name is 'Cloud 1'"),
        (image(), ("--minimum", "latest"), "--minimum is 'latest'"),
        (image(), ("--url", "file:///boot.efi"), "release.url"),
    ],
)
def test_what_cannot_be_released_changes_nothing(shop: Terminal, data: bytes, more: tuple[str, ...], said: str) -> None:
    made = shop.home / "some.efi"
    made.write_bytes(data)
    done = create(shop, made, *more)
    assert done.code == 2
    assert said in done.err
    assert Site(shop.site).view().releases == {}


def condition(type: str, status: str, reason: str, message: str = "") -> dict[str, str]:
    return {"type": type, "status": status, "reason": reason, "message": message, "lastTransitionTime": ""}


def node(shop: Terminal, name: str, version: str = "0.1.0", flavour: str = "cloud") -> dict[str, Any]:
    """A node that runs an image."""
    status = {
        "image": {"version": version, "flavour": flavour},
        "conditions": [condition("Ready", "True", "Reporting")],
    }
    made = {"kind": "Node", "metadata": {"name": name}, "spec": {}, "status": status}
    shop.tools.put("nodes", made)
    return made


def tells(found: dict[str, Any], status: str, reason: str, message: str = "") -> Step:
    """The ledger says this of the node's image."""

    def step() -> None:
        ready = condition("Ready", "True", "Reporting")
        found["status"]["conditions"] = [ready, condition("UpToDate", status, reason, message)]

    return step


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """What happens while the command waits, one thing each time; time passes with each."""
    todo: list[Step] = []
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += 60.0
        assert clock[0] < 10_000, "waited for ever"
        if todo:
            todo.pop(0)()

    monkeypatch.setattr("cli.commands.upgrade.time.sleep", sleep)
    monkeypatch.setattr("cli.commands.upgrade.time.monotonic", lambda: clock[0])
    return todo


@pytest.fixture
def released(shop: Terminal) -> Terminal:
    """A cluster with a release."""
    assert create(shop, file(shop)).code == 0
    return shop


def asked(shop: Terminal) -> list[str]:
    """The nodes that were asked."""
    return [each for each in NODES if shop.tools.get("nodes", each)["spec"].get("image")]


def test_nodes_go_one_after_the_other(released: Terminal, steps: list[Step]) -> None:
    first, second = (node(released, each) for each in NODES[:2])
    asked_so_far: list[list[str]] = []
    steps += [
        tells(first, "False", "Upgrading", "it is fetched and installed"),
        lambda: asked_so_far.append([each for each in NODES[:2] if released.tools.get("nodes", each)["spec"]]),
        tells(first, "True", "Current"),
        tells(second, "True", "Current"),
    ]
    done = released("node", "upgrade", *NODES[:2], "--image", "0.2.0")
    assert done.code == 0, done.err
    assert asked_so_far == [[NODES[0]]]
    assert done.out.splitlines() == [
        f"    {NODES[0]}  asked to go to release cloud-0-2-0",
        f"    {NODES[0]}  it is fetched and installed",
        f"  ✓ {NODES[0]}  is up to date  180 s",
        f"    {NODES[1]}  asked to go to release cloud-0-2-0",
        f"  ✓ {NODES[1]}  is up to date  60 s",
        "Next: kubectl get nodes.hardpan.dev -o wide",
    ]


def test_a_failure_stops_the_rest(released: Terminal, steps: list[Step]) -> None:
    first, _, _ = (node(released, each) for each in NODES)
    steps.append(tells(first, "False", "FellBack", "version 0.2.0 did not become a node; it never spoke"))
    done = released("node", "upgrade", *NODES, "--image", "0.2.0")
    assert done.code == 1
    assert f"  ✗ {NODES[0]}  FellBack: version 0.2.0 did not become a node; it never spoke" in done.out
    assert f"{NODES[0]} did not come to the new image; not asked: {NODES[1]}, {NODES[2]}" in done.err
    assert asked(released) == [NODES[0]]


def test_a_node_that_takes_too_long_is_a_failure(released: Terminal, steps: list[Step]) -> None:
    node(released, NODES[0])
    done = released("node", "upgrade", NODES[0], "--image", "0.2.0", "--minutes", "5")
    assert (done.code, "not done after 5 minutes: asked" in done.out) == (1, True)


def test_a_node_that_runs_it_already_is_left_alone(released: Terminal) -> None:
    made = node(released, NODES[0], "0.2.0")
    done = released("node", "upgrade", NODES[0], "--image", "0.2.0")
    assert (done.code, done.out.splitlines()[0]) == (0, f"{NODES[0]} runs 0.2.0 already")
    assert made["spec"] == {}


@pytest.mark.parametrize(
    ("flavour", "version", "code", "said"),
    [
        ("cloud", "0.9.0", 2, "there is no release 0.9.0 of flavour cloud: there is 0.2.0"),
        ("metal", "0.2.0", 2, "there is no release 0.2.0 of flavour metal: there is none"),
        ("", "0.2.0", 1, "does not run from a boot image of its own"),
    ],
)
def test_what_no_node_could_follow_is_not_asked(
    released: Terminal, flavour: str, version: str, code: int, said: str
) -> None:
    made = node(released, NODES[0], flavour=flavour)
    if not flavour:
        del made["status"]["image"]
    done = released("node", "upgrade", NODES[0], "--image", version)
    assert done.code == code
    assert said in done.err
    assert made["spec"] == {}


def test_nobody_is_asked_while_one_of_them_is_not_ready(released: Terminal) -> None:
    first, second = (node(released, each) for each in NODES[:2])
    second["status"]["conditions"] = [condition("Ready", "Unknown", "Stale")]
    done = released("node", "upgrade", *NODES[:2], "--image", "0.2.0")
    assert (done.code, f"{NODES[1]} is not Ready, so nothing was asked" in done.err) == (1, True)
    assert first["spec"] == second["spec"] == {}


WAY, GONE = Stage.UNDER_WAY, Stage.FAILED


@pytest.mark.parametrize(
    ("stages", "at_once", "count"),
    [([], 1, 1), ([], 2, 2), ([WAY], 1, 0), ([WAY], 2, 1), ([Stage.DONE], 1, 1), ([GONE], 5, 0), ([GONE, WAY], 5, 0)],
)
def test_the_next_nodes(stages: list[Stage], at_once: int, count: int) -> None:
    assert next_nodes(["a", "b", "c"], stages, at_once) == ("a", "b", "c")[:count]


ORDER = {"release": "new", "asked": "2026-11-26T09:00:00Z"}


@pytest.mark.parametrize(
    ("generation", "ready", "reason", "running", "stage"),
    [
        (1, "True", "Current", 2, Stage.DONE),
        (1, "True", "Current", 1, WAY),
        (1, "Unknown", "Current", 2, WAY),
        (2, "True", "Current", 2, WAY),
        (2, "True", "FellBack", 2, WAY),
        (1, "Unknown", "Upgrading", 0, WAY),
        (1, "True", "BelowMinimum", 2, GONE),
    ],
)
def test_a_node_is_done_when_it_carries_again_what_it_carried(
    generation: int, ready: str, reason: str, running: int, stage: Stage
) -> None:
    conditions = [condition("Ready", ready, "so"), condition("UpToDate", str(reason == "Current"), reason)]
    found = {
        "metadata": {"name": "n", "generation": generation},
        "spec": {"image": ORDER},
        "status": {"observedGeneration": 1, "conditions": conditions},
    }
    assert standing(Upgrade("n", ORDER["asked"], 2), found, running).stage is stage


def test_somebody_else_s_order_is_no_success() -> None:
    assert standing(Upgrade("n", "2026-11-26T08:00:00Z"), {"spec": {"image": ORDER}}, 0).stage is GONE
