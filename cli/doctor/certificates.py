"""When X.509 certificates end, and what to say about it. Pure but for reading the file."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from cli.doctor.check import Finding, soon, well, wrong
from sal.errors import UnexpectedOutput, os_errors

SOON = timedelta(days=14)


def certificate_end(file: Path) -> datetime:
    """When the first of a PEM file's certificates that ends does so. Raises NotFound, UnexpectedOutput."""
    with os_errors(file):
        return earliest_end(file.read_bytes(), str(file))


def earliest_end(pem: bytes, what: str) -> datetime:
    """The same of PEM text."""
    try:
        return min(each.not_valid_after_utc for each in x509.load_pem_x509_certificates(pem))
    except ValueError:
        raise UnexpectedOutput(f"{what} holds no certificate: put the right file there") from None


def judged(what: str, end: datetime, now: datetime, remedy: str, warned: timedelta = SOON) -> Finding:
    """What an end means now."""
    day = f"{end:%Y-%m-%d %H:%M} UTC"
    if end <= now:
        return wrong(f"{what} ended {day}", remedy)
    return soon(f"{what} ends {day}", remedy) if end - now < warned else well(f"{what} is valid until {day}")
