"""Where the demo's control plane runs: pods by itself where the machine can, never two kinds at once; it says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.commands.demo import held
from cli.demo.cluster import KUBECONFIG, own_kubernetes
from cli.demo.control_planes import Choice, ControlPlanes, choose
from cli.demo.layout import Layout
from cli.errors import CliError

PODS, PROCESSES = ControlPlanes.PODS, ControlPlanes.PROCESSES
LACKING = ("runc: run `make setup` as root", "root: pods need namespaces")


def able() -> tuple[str, ...]:
    return ()


def unable() -> tuple[str, ...]:
    return LACKING


def not_tried() -> tuple[str, ...]:
    raise AssertionError("nothing need be tried for this")


def test_a_machine_that_can_runs_pods() -> None:
    assert choose(None, None, "", able) == Choice(PODS)


def test_a_machine_that_cannot_runs_processes_and_says_all_that_it_lacks() -> None:
    choice = choose(None, None, "", unable)
    assert choice.where is PROCESSES
    assert all(each in choice.because for each in LACKING)


def test_who_asks_for_pods_is_told_what_is_lacking() -> None:
    with pytest.raises(CliError, match="cannot run pods: runc: run `make setup`"):
        choose(PODS, None, "", unable)


@pytest.mark.parametrize("held_now", [None, PROCESSES])
def test_who_asks_for_processes_gets_them(held_now: ControlPlanes | None) -> None:
    assert choose(PROCESSES, held_now, "", not_tried) == Choice(PROCESSES)


@pytest.mark.parametrize("own", [KUBECONFIG, "HARDPAN_K3S", "k3s"])
def test_a_kubernetes_of_the_users_own_is_used_and_the_reason_names_it(own: str) -> None:
    choice = choose(None, None, own, not_tried)
    assert choice.where is PROCESSES
    assert own in choice.because


def test_pods_take_no_kubernetes_that_the_user_names() -> None:
    with pytest.raises(CliError, match=f"unset {KUBECONFIG}"):
        choose(PODS, None, KUBECONFIG, not_tried)


@pytest.mark.parametrize("held_now", ControlPlanes)
def test_a_demo_that_is_up_stays_where_it_is(held_now: ControlPlanes) -> None:
    assert choose(None, held_now, "", able) == Choice(held_now)


@pytest.mark.parametrize(("asked", "held_now"), [(PODS, PROCESSES), (PROCESSES, PODS)])
def test_the_two_kinds_are_never_mixed(asked: ControlPlanes, held_now: ControlPlanes) -> None:
    with pytest.raises(CliError, match=rf"control plane in {held_now}: take it down first \(make demo-down\)"):
        choose(asked, held_now, "", not_tried)


@pytest.mark.parametrize(
    ("folders", "found"), [([], None), (["site"], PROCESSES), (["site", "pods"], PODS), (["pods"], None)]
)
def test_what_a_demo_runs_in_shows_in_its_folder(
    tmp_path: Path, folders: list[str], found: ControlPlanes | None
) -> None:
    layout = Layout(tmp_path)
    for folder in folders:
        {"site": layout.site, "pods": layout.pods.folder}[folder].mkdir()
    assert held(layout) is found


def test_what_names_a_kubernetes_is_told_by_weight() -> None:
    assert own_kubernetes({"PATH": ""}) == ""
    assert own_kubernetes({"PATH": "", "HARDPAN_K3S": "/opt/k3s"}) == "HARDPAN_K3S"
    assert own_kubernetes({"PATH": "", "HARDPAN_K3S": "/opt/k3s", KUBECONFIG: "/etc/mine"}) == KUBECONFIG
