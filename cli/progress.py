"""Every wait shows on a terminal what is waited for and for how long; elsewhere nothing is shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cli.output import coloured
from cli.text import visible


@contextmanager
def waiting(label: str) -> Iterator[None]:
    """A line with the seconds, gone when the block ends."""
    if not coloured(sys.stderr):
        yield
        return
    # Imported only on a terminal: it takes as long as a question to the API server.
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(visible(label), total=None)
        yield
