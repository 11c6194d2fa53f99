"""The gateway as a new machine finds it: its certificate, the trust that it serves, and the ledger behind it."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.certificates import judged
from cli.doctor.check import Check, Finding, State, well, wrong
from cli.errors import CliError
from cli.helm_test.ground import Ground
from cli.helm_test.newcomer import Newcomer
from cli.helm_test.reach import NotBelieved
from node_agent.agent.gateway import Gateway
from node_agent.errors import NodeError, Refused
from trust.errors import Code, TrustError
from trust.snapshot import open_bytes

PODS = "kubectl -n {} get pods -l app.kubernetes.io/component={}; kubectl -n {} logs deployment/hardpan-{}"
CERTIFICATES = (
    "kubectl -n {} create job --from=cronjob/hardpan-certificates renew-now, and read its log: docs/certificates.md"
)


def look(ground: Ground) -> Iterator[Finding]:
    """Comes as a machine does, until it would be stored."""
    settings = ground.settings
    end = ground.reach.certificate_end(settings.gateway)
    shown = judged("its certificate", end, ground.installation.now, CERTIFICATES.format(settings.namespace))
    yield shown
    if shown.state is State.WRONG:
        return
    gateway = ground.reach.gateway(settings.gateway)
    try:
        yield from _served(gateway, settings.cluster)
        yield _asked(gateway, settings.cluster)
    except Refused as error:
        yield wrong(f"refuses a machine: {error.reason}: {error.message}", remedy(ground, "ledger"))
    except NodeError as error:
        yield wrong(error.message.removesuffix("; trying again"), remedy(ground, "ledger"))
    except TrustError as error:
        yield wrong(f"serves a trust that no node believes: {error}", "kubectl apply --server-side -f trust.yaml")


def _served(gateway: Gateway, cluster: str) -> Iterator[Finding]:
    view = open_bytes(gateway.trust(), cluster)
    yield well(f"serves trust snapshot {view.title}")


def _asked(gateway: Gateway, cluster: str) -> Finding:
    """The ledger's own word is heard without leaving a trace: it is answered as if it had asked something else."""
    newcomer, other = Newcomer(), Newcomer()
    foreign = gateway.challenge(other.node).nonce
    try:
        found = gateway.register(newcomer.registration(cluster, foreign))
    except Refused as refusal:
        if refusal.reason != Code.EXPIRED:
            raise
        return well("a machine with fresh keys is challenged by the ledger, which takes nobody else's answer")
    words = f"the ledger took the answer to another machine's challenge: {found.state}"
    return wrong(words, "its image is not ours: compare image.digest")


def remedy(ground: Ground, part: str) -> str:
    """Where to look."""
    namespace = ground.settings.namespace
    return PODS.format(namespace, part, namespace, part)


def reached(ground: Ground) -> Iterator[Finding]:
    """The look, and what to do when nobody answers."""
    try:
        yield from look(ground)
    except NotBelieved as error:
        yield wrong(str(error), CERTIFICATES.format(ground.settings.namespace))
    except CliError as error:
        yield wrong(str(error), remedy(ground, "gateway"))


CHECK = Check("gateway", reached)
