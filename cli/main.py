"""`hardpan` = `kubectl hardpan`: one Typer application; each command is a file of cli.commands."""

from __future__ import annotations

import sys

import typer
from click.exceptions import ClickException

from cli.commands import demo, deploy, explain, roles, site
from cli.errors import CliError
from sal.errors import SalError

app = typer.Typer(
    name="hardpan",
    help="Hardpan turns bare machines into a cloud that obeys the signatures of its users.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (site, deploy, explain, roles, demo):
    module.register(app)


def main() -> None:
    """Runs a command; failures are one message and an exit code, never a stack trace."""
    try:
        app(standalone_mode=False)
    except CliError as error:
        fail(str(error), error.code)
    except ClickException as error:
        error.show()
        sys.exit(2)
    except SalError as error:
        fail(str(error), 1)
    except KeyboardInterrupt:
        fail("interrupted", 130)


def fail(message: str, code: int) -> None:
    """Says why on stderr and ends."""
    if message:
        print(f"Error: {message}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
