"""The job that does nothing; workers import it by name."""


def noop(*_: object) -> None:
    """Nothing."""
