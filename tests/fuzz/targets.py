"""All that is fuzzed."""

from __future__ import annotations

from tests.fuzz import canonical, envelopes, gateway, qmp, quotes, scripts, sshsig

TARGETS = {
    each.name: each
    for each in (
        canonical.READ, canonical.WRITE, sshsig.TARGET, sshsig.KEYS, envelopes.TARGET, envelopes.READ, scripts.TARGET,
        scripts.LINES, scripts.SCRIPTS, qmp.TARGET, quotes.TARGET, gateway.CALLS, gateway.BYTES, gateway.BODIES,
    )
}  # fmt: skip
