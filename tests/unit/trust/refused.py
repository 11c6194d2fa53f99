"""How a test says that something is not believed, and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from trust.errors import Code, Refusal


@contextmanager
def refused(code: Code, says: str = "", field: str | None = None) -> Iterator[None]:
    """The block raises a Refusal with this code, with these words in it, for this field."""
    with pytest.raises(Refusal) as caught:
        yield
    assert caught.value.code == code, caught.value
    assert says in str(caught.value)
    assert field is None or caught.value.field == field
