"""The queue: reached by TLS, and shut to whoever has no certificate of the site."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.certificates import judged
from cli.doctor.check import Check, Finding, well, wrong
from cli.errors import CliError
from cli.helm_test.gateway import CERTIFICATES
from cli.helm_test.ground import Ground
from cli.helm_test.reach import NotBelieved

BUNDLED = "rediss://hardpan-redis."
REDIS = "kubectl -n {} get pods -l app.kubernetes.io/component=redis; kubectl -n {} describe statefulset hardpan-redis"
EXTERNAL = "is it up, does redis.external.url name it, and may pods of namespace {} reach it?"
OPEN = "turn its default user off, and have it ask for client certificates: docs/helm.md#your-own-redis"


def look(ground: Ground) -> Iterator[Finding]:
    """Knocks without a certificate."""
    namespace, server = ground.settings.namespace, ground.settings.queue
    try:
        end = ground.reach.certificate_end(server)
        said = ground.reach.answer(server, b"PING\r\n")
    except NotBelieved as error:
        yield wrong(str(error), CERTIFICATES.format(namespace))
        return
    except CliError as error:
        where = REDIS if server.url.startswith(BUNDLED) else EXTERNAL
        yield wrong(str(error), where.format(namespace, namespace))
        return
    yield judged("its certificate", end, ground.installation.now, CERTIFICATES.format(namespace))
    if said.startswith(b"+"):
        yield wrong(f"{server.url} answers a stranger: {said.decode(errors='replace').strip()}", OPEN)
    else:
        yield well("refuses who has no certificate of the site")


CHECK = Check("queue", look)
