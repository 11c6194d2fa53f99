"""`hardpan` = `kubectl hardpan`: the command line, and how each command ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_command

from cli.commands import COMMANDS
from cli.errors import EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, CliError
from cli.lazy import add_to, new_app
from cli.output import lossless, note, say
from sal.errors import SalError

COMPLETE_VARIABLE = "_HARDPAN_COMPLETE"


def command(program: str = "hardpan") -> Any:
    """The command line. kubectl completes by a program of its own: see `cli.completion`."""
    app = new_app(add_completion=program == "hardpan", no_args_is_help=True)
    app.callback()(root)
    made = get_command(app)
    add_to(made, COMMANDS)
    return made


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # as long as all else that --help needs

        say(f"hardpan {version('hardpan')}")
        raise typer.Exit


def root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Turns bare machines into a cloud that obeys the signatures of its users.

    \b
    First steps of a user:       hardpan login, then kubectl hardpan plan, sign and explain
    First steps of an operator:  hardpan init, then hardpan user add, tenant add and token create
    A cloud on this machine:     hardpan demo up
    """


def run(words: Sequence[str], program: str = "hardpan") -> int:
    """Runs a command; whatever ends it is one message and an exit code, never a stack trace."""
    try:
        code = command(program)(list(words), prog_name=program, complete_var=COMPLETE_VARIABLE, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else EXIT_DONE
    except CliError as error:
        return failed(str(error), error.code)
    except SalError as error:
        return failed(str(error), EXIT_FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return failed("interrupted: nothing more is done", EXIT_INTERRUPTED)
    except BrokenPipeError:
        return EXIT_FAILED
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else EXIT_DONE
    except Exception as error:
        if hasattr(error, "format_message"):
            return misused(error, program)
        from cli.crash import crashed

        return failed(crashed(error, [program, *words]), EXIT_FAILED)


def misused(error: Any, program: str) -> int:
    """Typer's own errors, in whichever package this version of it keeps them."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        note(error.format_message())
        return EXIT_USAGE
    message = str(error.format_message()).rstrip(".")
    where = context.command_path if context else program
    return failed(f"{message[:1].lower()}{message[1:]}; see: {where} --help", EXIT_USAGE)


def failed(message: str, code: int) -> int:
    """Says why on stderr."""
    if message:
        with suppress(BrokenPipeError):
            note(f"Error: {message}")
    return code


def main() -> None:
    """The entry point of both programs."""
    lossless(sys.stdout, sys.stderr)
    program = "kubectl hardpan" if Path(sys.argv[0]).name.startswith("kubectl-") else "hardpan"
    code = run(sys.argv[1:], program)
    with suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.exit(code)
    # Whoever read the output has seen enough; Python would complain when it closes stdout.
    os._exit(code)


if __name__ == "__main__":
    main()
