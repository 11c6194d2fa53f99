"""The SAL's errors by what the runner can do about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from node_agent.errors import StepFailed, TryAgain
from sal import errors


@contextmanager
def translated() -> Iterator[None]:
    """Raises TryAgain or StepFailed in their stead."""
    try:
        yield
    except errors.NoSpace as error:
        raise TryAgain("DiskFull", str(error)) from None
    except (errors.Busy, errors.CommandTimeout) as error:
        raise TryAgain("HostBusy", str(error)) from None
    except errors.Refused as error:
        raise StepFailed("Refused", str(error)) from None
    except errors.SalError as error:
        raise StepFailed("HostFailed", str(error)) from None
