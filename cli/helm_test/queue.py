"""The queue: reached by TLS, and shut to whoever has no certificate of the site."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.certificates import judged
from cli.doctor.check import Check, Finding, well, wrong
from cli.errors import CliError
from cli.helm_test.gateway import CERTIFICATES
from cli.helm_test.ground import Ground

REDIS = "kubectl -n {} get pods -l app.kubernetes.io/component=redis; kubectl -n {} describe statefulset hardpan-redis"
OPEN = "turn its default user off, and have it ask for client certificates: docs/helm.md#your-own-redis"


def look(ground: Ground) -> Iterator[Finding]:
    """Knocks without a certificate."""
    namespace, server = ground.settings.namespace, ground.settings.queue
    try:
        end = ground.reach.certificate_end(server)
        said = ground.reach.answer(server, b"PING\r\n")
    except CliError as error:
        yield wrong(str(error), REDIS.format(namespace, namespace))
        return
    yield judged("its certificate", end, ground.installation.now, CERTIFICATES.format(namespace))
    if said.startswith(b"+"):
        yield wrong(f"{server.url} answers a stranger: {said.decode(errors='replace').strip()}", OPEN)
    else:
        yield well("refuses who has no certificate of the site")


CHECK = Check("queue", look)
