"""What stands on a machine's console."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from node_agent.boot.disks import Act, Choice
from node_agent.boot.node_state import NodeState, parse, parse_stop
from node_agent.boot.offers import Channel, Chosen
from node_agent.boot.outlook import PATIENCE_SECONDS, History, Moment, compose, observe
from node_agent.boot.screen import CLEAR, Screen, drawn, render
from node_agent.boot.site import Image
from node_agent.boot.steps import Situation
from node_agent.boot.terminals import Terminals

START = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
FULL = Screen(
    title="Hardpan 0.1.0",
    node="n-kzdvvj2umnduyauf35o36k6kw4",
    addresses=("10.0.2.15 (eth0)", "fec0::5054:ff:fe12:3456 (eth0)"),
    control_plane="https://10.0.2.2:8443 (from the boot medium)",
    disk="vda, 8 GiB, serial QM0001: the first empty disk",
    state="Unregistered",
    reason="Unreachable",
    since="2026-11-26T12:00:00Z",
    sentence="no answer from https://10.0.2.2:8443 (timed out); trying again. Check that this address is right",
    notes=("cluster from the kernel line: only the signed part of the image says it",),
)
EXPECTED = """\
Hardpan 0.1.0

  node            n-kzdvvj2umnduyauf35o36k6kw4
  addresses       10.0.2.15 (eth0)  fec0::5054:ff:fe12:3456 (eth0)
  control plane   https://10.0.2.2:8443 (from the boot medium)
  disk            vda, 8 GiB, serial QM0001: the first empty disk
  state           Unregistered since 2026-11-26T12:00:00Z (Unreachable)

  no answer from https://10.0.2.2:8443 (timed out); trying again. Check that
  this address is right

  ignored: cluster from the kernel line: only the signed part of the image says
  it
"""


def test_the_screen_says_who_where_and_what_is_missing() -> None:
    assert render(FULL) == EXPECTED


def test_a_machine_that_knows_nothing_yet_has_no_blank_screen() -> None:
    shown = render(Screen("Hardpan", state="Starting", since="2026-11-26T12:00:00Z"))
    assert "node            not yet known" in shown
    assert "addresses       none" in shown
    assert "Starting since" in shown


@given(st.text(max_size=2000), st.lists(st.text(max_size=300), max_size=20))
def test_whatever_strangers_say_fits_on_the_screen_and_moves_no_cursor(text: str, addresses: list[str]) -> None:
    shown = render(replace(FULL, sentence=text, control_plane=text, addresses=tuple(addresses), notes=(text,)))
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert all(each.isprintable() or each == "\n" for each in shown)


def terminal(root: Path, active: str) -> Terminals:
    """Consoles that are files."""
    (root / "sys/class/tty/console").mkdir(parents=True)
    (root / "sys/class/tty/console/active").write_text(active)
    (root / "dev").mkdir()
    for name in ("tty0", "ttyS0"):
        (root / "dev" / name).touch()
    return Terminals(root)


def test_a_screen_is_drawn_on_every_console_and_again_only_when_it_changed(tmp_path: Path) -> None:
    consoles = terminal(tmp_path, "tty0 ttyS0\n")
    screen, line = tmp_path / "dev/tty0", tmp_path / "dev/ttyS0"
    consoles.show(drawn(FULL))
    assert screen.read_bytes() == line.read_bytes() == drawn(FULL)
    assert CLEAR.encode() in drawn(FULL)
    screen.write_bytes(b"")
    consoles.show(drawn(FULL))
    assert screen.read_bytes() == b""
    consoles.show(drawn(replace(FULL, state="Waiting")))
    assert b"Waiting since" in screen.read_bytes()


def test_a_console_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    consoles = terminal(tmp_path, "ttyS9 ttyS0\n")
    consoles.show(drawn(FULL))
    assert b"Unregistered" in (tmp_path / "dev/ttyS0").read_bytes()


def moment(seconds: float) -> Moment:
    """So many seconds after the start."""
    return Moment(START + timedelta(seconds=seconds), seconds)


GATEWAY = Chosen(gateway="https://10.0.2.2:8443", channel=Channel.CREDENTIALS)
NO_NETWORK = Situation(chosen=GATEWAY)


def test_a_lack_of_seconds_is_no_news() -> None:
    seen = observe(History(), NO_NETWORK, NodeState(), moment(0))
    seen = observe(seen, NO_NETWORK, NodeState(), moment(PATIENCE_SECONDS - 1))
    assert seen.state == ("Starting", "")
    assert compose(Image(), NO_NETWORK, NodeState(), seen, "", "").sentence == ""


def test_what_lasts_is_told_with_the_remedy_and_since_when() -> None:
    seen = observe(History(), NO_NETWORK, NodeState(), moment(0))
    for seconds in (PATIENCE_SECONDS, PATIENCE_SECONDS + 60):
        seen = observe(seen, NO_NETWORK, NodeState(), moment(seconds))
    shown = compose(Image("Hardpan", "0.1.0"), NO_NETWORK, NodeState(), seen, "", "")
    assert (shown.title, shown.state, shown.since) == ("Hardpan 0.1.0", "Waiting", "2026-11-26T12:00:05Z")
    assert "there is no network card" in shown.sentence


def test_what_the_node_says_of_itself_counts_once_it_speaks() -> None:
    pending = NodeState(
        "n-a", "Pending", "WaitingForApproval", "waits for an operator: kubectl hardpan node approve n-a"
    )
    on_the_network = replace(NO_NETWORK, pool=None)
    shown = compose(Image(), on_the_network, pending, observe(History(), on_the_network, pending, moment(9)), "", "")
    assert (shown.node, shown.state, shown.reason) == ("n-a", "Pending", "WaitingForApproval")


def test_a_clock_that_was_set_moves_since_when_along() -> None:
    seen = observe(History(), NO_NETWORK, NodeState(), moment(0)).shifted(86_400)
    later = observe(seen, NO_NETWORK, NodeState(), Moment(START + timedelta(days=1, seconds=1), 1.0))
    assert later.since == START + timedelta(days=1)


def test_a_stuck_disk_is_told_before_the_network() -> None:
    stuck = replace(NO_NETWORK, pool=Choice(Act.WAIT, "no empty disk: vda is not empty", stuck=True))
    assert observe(History(), stuck, NodeState(), moment(0)).obstacle.startswith("no empty disk")


STATUS = b"""{"controlPlane": "https://10.0.2.2:8443", "node": "n-a", "cluster": "sha256:00", "parts": {
 "machines": {"state": "Waiting", "reason": "", "message": ""},
 "control plane": {"state": "Unregistered", "reason": "Unreachable", "message": "no answer from https://10.0.2.2:8443",
                   "since": "2026-11-26T12:00:00Z"}}}"""


def test_the_agent_s_status_is_read() -> None:
    state = parse(STATUS)
    assert (state.node, state.state, state.reason) == ("n-a", "Unregistered", "Unreachable")
    assert state.sentence.startswith("no answer from https://10.0.2.2:8443. Check that this address is right")


def test_how_the_keys_lie_on_the_disk_stands_beside_the_disk() -> None:
    state = parse(b'{"node": "n-a", "keys": "in plain on the disk: this machine has no TPM", "parts": {}}')
    seen = observe(History(), NO_NETWORK, state, moment(0))
    shown = render(compose(Image(), NO_NETWORK, state, seen, "vdb", ""))
    assert "  disk            vdb\n  keys            in plain on the disk: this machine has no TPM\n" in shown


def test_a_status_that_is_damaged_says_nothing() -> None:
    assert parse(b"{") == parse(b"") == parse(b'{"parts": []}') == NodeState()


def test_a_node_that_reports_has_nothing_to_complain_of() -> None:
    assert NodeState("n-a", "Reporting", "", "").sentence == ""
    assert NodeState("n-a", "Approved", "ApprovedByToken", "approved by token rack").sentence == ""


def test_the_last_words_of_a_process_that_could_not_go_on() -> None:
    line = "executor: executor stopped, ForeignMedium: this node belongs to cluster sha256:aa, the medium to sha256:bb"
    assert parse_stop(line) == ("ForeignMedium", line.partition("ForeignMedium: ")[2])
    crash = "executor: ModuleNotFoundError: No module named 'unittest'"
    assert parse_stop(crash) == ("Internal", f"the executor met what nobody foresaw and starts again: {crash[10:]}")
    assert parse_stop('executor:   File "a.py", line 1, in raise ValueError: no') is None
    assert parse_stop("executor: runs already as process 7; looked after from here on") is None
