"""What a command can end with besides success; `main` turns it into one message and an exit code."""

from __future__ import annotations

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_DIFFERENT = 3
EXIT_INTERRUPTED = 130


class CliError(Exception):
    """The command failed; the message says what to do."""

    code = EXIT_FAILED


class Usage(CliError):
    """The command was called in a way that cannot be meant."""

    code = EXIT_USAGE


class Different(CliError):
    """The command succeeded and found differences."""

    code = EXIT_DIFFERENT
