"""Foreign errors end here: each Redis error becomes the one of ours that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import exceptions

from jobs.errors import AccessDenied, AlreadyDone, HeldElsewhere, JobsError, StaleFence, Unavailable

_BY_WORD: dict[str, type[JobsError]] = {
    "STALE": StaleFence,
    "DONE": AlreadyDone,
    "HELD": HeldElsewhere,
    "NOPERM": AccessDenied,
    "NOAUTH": AccessDenied,
    "WRONGPASS": AccessDenied,
    "NOGROUP": Unavailable,
    "LOADING": Unavailable,
    "OOM": Unavailable,
}


@contextmanager
def translated() -> Iterator[None]:
    """Inside, Redis errors come out as ours."""
    try:
        yield
    except (exceptions.AuthenticationError, exceptions.NoPermissionError) as error:
        raise AccessDenied(f"Redis refuses this user: {error}") from None
    except (exceptions.ConnectionError, exceptions.TimeoutError, OSError) as error:
        raise Unavailable(f"Redis does not answer: {error}") from None
    except exceptions.RedisError as error:
        raise _by_word(str(error)) from None


def _by_word(message: str) -> JobsError:
    word = message.split(" ", 1)[0]
    if "unction not found" in message:
        return Unavailable("the queue's functions are not loaded yet")
    if "user executing the script" in message:
        return AccessDenied(f"Redis refuses this user: {message}")
    return _BY_WORD.get(word, Unavailable)(f"Redis: {message}")
