"""Settings that every controller process has, read from the environment once and passed down."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

from controllers.loop.errors import BadSettings
from controllers.loop.informer import ResyncTimes
from controllers.loop.lease import LeaseTimes
from controllers.loop.logs import Form
from jobs.trace import ENDPOINT

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True)
class LoopSettings:
    """What a process is called and how it behaves; the API server is found by service account or KUBECONFIG."""

    name: str
    """The process, for example `coord`; its lease is `hardpan-<name>`. A supervisor's name ends with its region."""

    namespace: str = "hardpan-system"
    """Where its lease is. HARDPAN_NAMESPACE."""

    holder: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}")
    """Who it is to the lease: unique for each start, so that a restarted process never takes itself for the old one."""

    log_form: Form = "text"
    """`text` for people, `json` for collectors. HARDPAN_LOG."""

    log_level: str = "INFO"
    """The least severe that is logged. HARDPAN_LOG_LEVEL."""

    monitor: tuple[str, int] | None = None
    """Address and port of /healthz, /readyz and /metrics; None for none. HARDPAN_MONITOR, `host:port`."""

    collector: str = ""
    """Where spans go: URL of an OpenTelemetry collector; empty for nowhere. OTEL_EXPORTER_OTLP_ENDPOINT."""

    look_again_seconds: float = 2.0
    """How often a start that waits for kinds of this version looks at them again."""

    drain_seconds: float = 10.0
    """How long reconciles under way may take to finish when the process is asked to end; a pod's grace is 30 s."""

    lease_times: LeaseTimes = field(default_factory=LeaseTimes)
    """How leadership is kept; the defaults let a standby lead 15 s after a crash and 2 s after an end at the latest."""

    resync_times: ResyncTimes = field(default_factory=ResyncTimes)
    """How often everything is listed, for what watches missed."""

    @property
    def role(self) -> str:
        """The name without a region."""
        return self.name.partition("-")[0]


def from_environment(name: str, environment: Mapping[str, str]) -> LoopSettings:
    """The settings of a process. Raises BadSettings."""
    return LoopSettings(
        name=name,
        namespace=environment.get("HARDPAN_NAMESPACE", LoopSettings.namespace),
        log_form=_form(environment.get("HARDPAN_LOG", LoopSettings.log_form)),
        log_level=_level(environment.get("HARDPAN_LOG_LEVEL", LoopSettings.log_level)),
        monitor=_address(environment.get("HARDPAN_MONITOR", "")),
        collector=environment.get(ENDPOINT, ""),
    )


def _form(value: str) -> Form:
    for form in get_args(Form):
        if value == form:
            return value  # type: ignore[return-value]
    raise BadSettings(f"HARDPAN_LOG is {value!r}: it takes text or json")


def _level(value: str) -> str:
    if value.upper() not in LEVELS:
        raise BadSettings(f"HARDPAN_LOG_LEVEL is {value!r}: it takes one of {', '.join(LEVELS)}")
    return value.upper()


def _address(value: str) -> tuple[str, int] | None:
    if not value:
        return None
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadSettings(f"HARDPAN_MONITOR is {value!r}: it takes address:port, for example 127.0.0.1:9090")
    return host.strip("[]"), int(port)
