"""A node and a deployment for a minute: a machine registers, a signed machine becomes Ready on it, and both go again.

Only what the operator brings makes this possible: a join token and a user's key. The chart holds neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from cli.doctor.check import Check, Finding, skipped, well, wrong
from cli.errors import CliError
from cli.helm_test.ground import Ground
from cli.helm_test.guest import Invited, invited
from cli.helm_test.simulated import IMAGE_DIGEST, SimulatedNode, running
from cli.helm_test.waiting import Stuck, await_gone, await_ready
from controllers.loop.objects import resource_of
from crds.deployment import DEPLOYMENT
from crds.node import NODE
from trust.part import format_time

NAME = "helm-test"
NODES, DEPLOYMENTS = resource_of(NODE), resource_of(DEPLOYMENT)
SECONDS = 60.0
SCRIPT = 'machine("test", #{ memory: "64Mi", disk: "64Mi", image: params.image, node_labels: params.labels });'
ASK = "name Secret, token and tenant in values test.…: docs/helm.md#test"


def look(ground: Ground) -> Iterator[Finding]:
    """Comes, works and goes."""
    if ground.settings.guest is None:
        yield skipped("no join token and no user's key were brought, so nothing registers and nothing runs", ASK)
        return
    view = ground.installation.trust()
    assert view is not None
    try:
        yield from _walk(ground, invited(ground.settings.guest, view))
    except Stuck as error:
        yield wrong(str(error), error.remedy)
    except CliError as error:
        yield wrong(str(error), "docs/helm.md#test")


def _walk(ground: Ground, guest: Invited) -> Iterator[Finding]:
    node = ""
    try:
        with running(ground, guest) as simulated:
            node = simulated.name
            await_ready(ground.objects, NODES, node, "", SECONDS, lambda words: _unready(simulated, words))
            yield well(f"{node}, which is simulated, registered and was approved by token {guest.token}")
            yield _ran(ground, guest)
    finally:
        if node:
            ground.objects.delete(NODES, node)
    yield well("the deployment and the node are gone again")


def _ran(ground: Ground, guest: Invited) -> Finding:
    namespace = guest.author.namespace
    began = datetime.now(UTC)
    _apply(ground, guest, began)
    try:
        await_ready(ground.objects, DEPLOYMENTS, NAME, namespace, SECONDS, lambda words: _stuck(namespace, words))
        took = (datetime.now(UTC) - began).total_seconds()
    except (CliError, SystemExit):
        with suppress(CliError):
            _withdraw(ground, namespace)
        raise
    _withdraw(ground, namespace)
    return well(f"deployment {namespace}/{NAME}, signed by its user, was Ready after {took:.1f} s")


def _apply(ground: Ground, guest: Invited, now: datetime) -> None:
    namespace, record = guest.author.namespace, guest.record
    if ground.objects.get(DEPLOYMENTS, NAME, namespace) is not None:
        raise _stuck(namespace, "it is there from another test")
    params = {"image": f"https://{guest.image_host}/none.raw#sha256={IMAGE_DIGEST}", "labels": dict(record.labels)}
    limits = {"expires": format_time(now + timedelta(hours=1)), "region": record.region}
    # A revision of that name is never taken twice, and a later test's is higher.
    made = guest.author.manifest(NAME, SCRIPT, params, now, int(now.timestamp()), **limits)
    try:
        ground.objects.create(DEPLOYMENTS, made, namespace)
    except CliError as error:
        raise Stuck(f"deployment {namespace}/{NAME} is refused: {error}", "may that user deploy there?") from None


def _withdraw(ground: Ground, namespace: str) -> None:
    ground.objects.delete(DEPLOYMENTS, NAME, namespace)
    await_gone(ground.objects, DEPLOYMENTS, NAME, namespace, SECONDS, lambda words: _stuck(namespace, words))


def _stuck(namespace: str, words: str) -> Stuck:
    return Stuck(f"deployment {namespace}/{NAME}: {words}", f"kubectl hardpan explain deployment {NAME} -n {namespace}")


def _unready(node: SimulatedNode, words: str) -> Stuck:
    said = node.lines[-1] if node.lines else "it said nothing"
    return Stuck(f"{node.name} is not Ready: {words}. Its console: {said}", f"kubectl hardpan explain node {node.name}")


CHECK = Check("node and deployment", look)
