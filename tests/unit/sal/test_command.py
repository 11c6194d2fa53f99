"""Commands as values, errors that explain themselves, and the runner that tests use."""

from __future__ import annotations

import pytest

from sal.command import Command, Output
from sal.errors import CommandFailed, CommandMissing, UnexpectedOutput, meaning
from sal.testing import FakeRunner, UnexpectedCommand
from tests.unit.sal.runner_contract import RunnerContract


def _played(command: Command) -> Output:
    out, err, code = command.argv[-3:]
    return Output(int(code), f"{out}\n".encode(), f"{err}\n".encode())


class TestFakeRunner(RunnerContract):
    """The fake keeps the contract."""

    @pytest.fixture
    def runner(self) -> FakeRunner:
        return FakeRunner().on_call("python3 *", _played)


def test_a_command_that_no_test_scripted_fails_it() -> None:
    with pytest.raises(UnexpectedCommand, match="rm -rf /"):
        FakeRunner().on("ls*").run(Command(("rm", "-rf", "/")))
    assert not issubclass(UnexpectedCommand, CommandFailed)


def test_commands_are_recorded_in_order_and_the_first_script_counts() -> None:
    runner = FakeRunner().on("a *", b"first").on("a *", b"second").on("b")
    assert runner.run(Command(("a", "1"))).stdout == b"first"
    runner.run(Command(("b",)))
    assert [command.argv for command in runner.commands] == [("a", "1"), ("b",)]


def test_no_rendering_of_a_command_shows_secret_input_or_environment() -> None:
    command = Command(("login", "--token=s3"), input=b"s3", environment={"TOKEN": "s3"}, secrets=("s3",))
    assert f"{command} {command!r} {command.shown}".count("s3") == 0
    assert repr(command) == "Command(login '--token=***')"


def test_a_secret_within_a_secret_is_masked_whole() -> None:
    assert Command((), secrets=("key", "key-2", "")).masked("key-2 of key") == "*** of ***"


def test_half_an_answer_is_not_read_as_a_whole_one() -> None:
    assert Output(0, b"all", b"").text == "all"
    with pytest.raises(UnexpectedOutput, match="3 bytes"):
        _ = Output(0, b"hal", b"", cut=True).text


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exit code 0"), (127, "exit code 127"), (-9, "killed by SIGKILL"), (-99, "killed by signal 99")],
)
def test_an_exit_code_is_told_in_words(code: int, words: str) -> None:
    assert meaning(code) == words


def test_an_error_shows_the_end_of_stderr_only() -> None:
    error = CommandFailed(("mkfs", "a b"), 1, "\n".join(f"line {number}" for number in range(9)))
    assert str(error).splitlines() == ["mkfs 'a b': exit code 1", *(f"  line {number}" for number in range(4, 9))]


def test_a_missing_program_names_the_remedy() -> None:
    assert "install nft" in str(CommandMissing(("nft",), "not installed", hint="install nft"))
