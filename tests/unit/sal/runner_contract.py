"""What every Runner keeps to; run over the fake in tests/unit and over real programs in tests/system."""

from __future__ import annotations

import pytest

from sal.command import Command, Runner
from sal.errors import CommandFailed

# Ends with the code that it was told, after the words it was told on stdout and stderr.
SCRIPT = "import sys; print(sys.argv[1]); print(sys.argv[2], file=sys.stderr); sys.exit(int(sys.argv[3]))"


def say(out: str, err: str, code: int) -> tuple[str, ...]:
    """The argument vector of the program that the contract runs."""
    return ("python3", "-c", SCRIPT, out, err, str(code))


class RunnerContract:
    """Subclasses give the runner; its programs behave as `SCRIPT` does."""

    def test_what_a_program_wrote_comes_back(self, runner: Runner) -> None:
        output = runner.run(Command(say("hello", "oops", 0)))
        assert (output.code, output.text, output.stderr, output.cut) == (0, "hello\n", b"oops\n", False)

    def test_a_code_that_was_not_expected_is_an_error_that_can_be_pasted(self, runner: Runner) -> None:
        with pytest.raises(CommandFailed) as caught:
            runner.run(Command(say("a b", "the disk is wet", 3), hint="dry it"))
        assert caught.value.code == 3
        assert str(caught.value).startswith("python3 -c 'import sys;")
        assert "'a b'" in str(caught.value)
        assert str(caught.value).endswith("exit code 3\n  the disk is wet\n  dry it")

    def test_an_accepted_code_is_an_answer(self, runner: Runner) -> None:
        assert runner.run(Command(say("", "", 3), accepted_codes=(0, 3))).code == 3

    def test_no_secret_is_in_an_error(self, runner: Runner) -> None:
        with pytest.raises(CommandFailed) as caught:
            runner.run(Command(say("pw-1", "bad password pw-1", 1), secrets=("pw-1",)))
        assert "pw-1" not in f"{caught.value} {caught.value.argv} {caught.value.stderr}"
        assert "bad password ***" in str(caught.value)
