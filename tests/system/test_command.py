"""Real programs: limits of time and output, what they inherit, and processes that outlive who started them."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sal import process as processes
from sal.command import Command, Process, SystemRunner, find, spawn, start_time
from sal.errors import Busy, CommandError, CommandFailed, CommandMissing, CommandTimeout
from tests.unit.sal.runner_contract import RunnerContract

pytestmark = pytest.mark.system
RUNNER = SystemRunner()


class TestSystemRunner(RunnerContract):
    """Real programs keep the contract."""

    @pytest.fixture
    def runner(self) -> SystemRunner:
        return RUNNER


def python(script: str, *words: str) -> tuple[str, ...]:
    """A program in Python."""
    return (sys.executable, "-c", script, *words)


def gone(pid: int) -> bool:
    """Whether no process of this number runs, within two seconds."""
    deadline = time.monotonic() + 2.0
    while start_time(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    return start_time(pid) is None


def test_the_environment_is_clean_and_no_shell_reads_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD_OF_A_STRANGER", "1")
    monkeypatch.setenv("PATH", "/tmp/elsewhere")
    lines = RUNNER.run(Command(("env",), environment={"ADDED": "$HOME; x"})).text.splitlines()
    assert {line.split("=")[0] for line in lines} == {"PATH", "LC_ALL", "HOME", "ADDED"}
    assert "ADDED=$HOME; x" in lines


def test_input_arrives_whole_also_when_it_is_larger_than_a_pipe() -> None:
    data = os.urandom(1 << 20)
    assert RUNNER.run(Command(("cat",), input=data)).stdout == data


def test_a_program_that_does_not_read_its_input_is_stopped_in_time() -> None:
    begun = time.monotonic()
    with pytest.raises(CommandTimeout, match="no end within"):
        RUNNER.run(Command(("sleep", "60"), input=bytes(1 << 20), timeout_seconds=0.2))
    assert time.monotonic() - begun < 5


def test_a_program_that_ends_before_it_read_its_input_is_no_error() -> None:
    assert RUNNER.run(Command(("true",), input=bytes(1 << 20))).code == 0


def test_at_the_time_limit_all_that_it_started_ends_and_its_last_words_are_told() -> None:
    script = (
        "import subprocess, sys, time\n"
        "print(subprocess.Popen(['sleep', '60']).pid, file=sys.stderr, flush=True); time.sleep(60)"
    )
    with pytest.raises(CommandTimeout) as caught:
        RUNNER.run(Command(python(script), timeout_seconds=1.0, hint="look at its child"))
    assert gone(int(caught.value.stderr))
    assert str(caught.value).endswith(f"{caught.value.stderr.strip()}\n  look at its child")


def test_what_a_program_leaves_behind_ends_with_it() -> None:
    script = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid)"
    begun = time.monotonic()
    assert gone(int(RUNNER.run(Command(python(script))).text))
    assert time.monotonic() - begun < 5


def test_output_is_capped_and_the_program_still_ends() -> None:
    output = RUNNER.run(Command(("head", "-c", "3000000", "/dev/zero"), output_limit_bytes=1000))
    assert (len(output.stdout), output.cut, output.code) == (1000, True, 0)


def test_output_of_exactly_the_limit_is_whole() -> None:
    output = RUNNER.run(Command(("head", "-c", "1000", "/dev/zero"), output_limit_bytes=1000))
    assert (len(output.stdout), output.cut) == (1000, False)


def test_a_signal_is_named() -> None:
    with pytest.raises(CommandFailed, match="killed by SIGSEGV"):
        RUNNER.run(Command(python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")))


def test_a_program_that_is_not_there_or_cannot_start_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandMissing, match="no-such-program: not installed\n  install no-such-program"):
        RUNNER.run(Command(("no-such-program",)))
    with pytest.raises(CommandError, match="cannot be started: Permission denied"):
        RUNNER.run(Command((str(tmp_path),)))


def test_a_program_left_on_the_terminal_keeps_its_session_and_still_ends_alone() -> None:
    session = python("import os; print(os.getsid(0), os.getpgrp())")
    assert RUNNER.run(Command(session, terminal=True)).text.split() == [str(os.getsid(0)), str(os.getpgrp())]
    with pytest.raises(CommandTimeout):
        RUNNER.run(Command(python("import time; time.sleep(60)"), timeout_seconds=0.3, terminal=True))


def test_an_interrupted_wait_leaves_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(pid: int, timeout: float) -> bool:
        started.append(pid)
        raise KeyboardInterrupt

    started: list[int] = []
    monkeypatch.setattr("sal.command._ends", interrupted)
    with pytest.raises(KeyboardInterrupt):
        RUNNER.run(Command(("sleep", "60")))
    assert start_time(started[0]) is None


def test_no_thread_and_no_file_stays_open() -> None:
    before = {each: len(os.listdir(f"/proc/self/{each}")) for each in ("fd", "task")}
    for _ in range(5):
        RUNNER.run(Command(("cat",), input=b"x"))
    assert all(len(os.listdir(f"/proc/self/{each}")) <= count for each, count in before.items())


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Process]:
    """A program that runs."""
    made = spawn(("sleep", "60"), log=tmp_path / "log")
    yield made
    made.kill()


def test_a_spawned_program_is_found_again_by_pid_and_start_time_only(sleeper: Process) -> None:
    assert find(sleeper.pid, sleeper.started) == sleeper
    assert find(sleeper.pid, sleeper.started + 1) is None
    assert start_time(sleeper.pid) == sleeper.started


def test_a_stranger_with_the_same_pid_gets_no_signal(sleeper: Process) -> None:
    stale = Process(sleeper.pid, sleeper.started - 1)
    stale.signal(signal.SIGKILL)
    stale.kill()
    stale.terminate(0.0)
    assert sleeper.alive()
    assert stale.wait(0.0)


def test_a_program_that_ended_at_once_is_no_zombie(tmp_path: Path) -> None:
    process = spawn(("true",), log=tmp_path / "log")
    assert process.wait(5.0)
    assert not Path(f"/proc/{process.pid}").exists()
    assert process.started > 0


def test_output_is_appended_to_the_log(tmp_path: Path) -> None:
    for word in ("one", "two"):
        spawn(("sh", "-c", f"echo {word}; echo {word} >&2"), log=tmp_path / "logs" / "log").wait(5.0)
    assert (tmp_path / "logs" / "log").read_text() == "one\none\ntwo\ntwo\n"


def test_terminate_lets_a_program_finish(tmp_path: Path) -> None:
    script = (
        "import signal, sys, time; signal.signal(15, lambda *_: (print('bye'), sys.exit()))\n"
        "print('up', flush=True); time.sleep(60)"
    )
    process, log = spawn(python(script), log=tmp_path / "log"), tmp_path / "log"
    while "up" not in log.read_text():
        time.sleep(0.01)
    process.terminate(5.0)
    assert log.read_text() == "up\nbye\n"


def test_a_program_that_does_not_listen_is_killed_with_its_group(tmp_path: Path) -> None:
    script = (
        "import signal, subprocess, time; signal.signal(15, signal.SIG_IGN)\n"
        "print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    )
    process, log = spawn(python(script), log=tmp_path / "log"), tmp_path / "log"
    while not log.read_text():
        time.sleep(0.01)
    process.terminate(0.1)
    assert not process.alive()
    assert gone(int(log.read_text()))


def test_waiting_for_one_that_runs_ends_at_its_time(sleeper: Process) -> None:
    begun = time.monotonic()
    assert not sleeper.wait(0.2)
    assert 0.2 <= time.monotonic() - begun < 2.0


def test_one_that_even_sigkill_does_not_end_is_not_called_dead(
    sleeper: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(processes, "KILL_SECONDS", 0.1)
        patch.setattr(signal, "pidfd_send_signal", lambda *_: None)
        patch.setattr(os, "killpg", lambda *_: None)
        with pytest.raises(Busy, match=f"process {sleeper.pid} did not end"):
            sleeper.kill()


def test_waiting_works_beyond_a_thousand_open_files(sleeper: Process) -> None:
    opened = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        assert not sleeper.wait(0.01)
        sleeper.kill()
        assert not sleeper.alive()
    finally:
        for descriptor in opened:
            os.close(descriptor)


def test_a_spawned_program_outlives_who_started_it(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from sal.command import spawn\n"
        "made = spawn(('sleep', '60'), log=Path(sys.argv[1])); print(made.pid, made.started)"
    )
    root = str(Path(__file__).parents[2])
    pid, started = RUNNER.run(
        Command(python(script, str(tmp_path / "log")), environment={"PYTHONPATH": root})
    ).text.split()
    adopted = find(int(pid), int(started))
    assert adopted is not None
    adopted.kill()
    assert find(int(pid), int(started)) is None
