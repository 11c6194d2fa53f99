"""The steps of the test, in the order in which one thing depends on another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cli.doctor.check import Check, Finding, State
from cli.doctor.installation import Installation
from cli.doctor.installation_checks import admission, api_server, controllers, crds, trust
from cli.helm_test import gateway, life, queue
from cli.helm_test.ground import Ground

LOGS = "kubectl -n {} get pods; kubectl -n {} logs deployment/hardpan-{}"


def inside(check: Check[Installation], part: str = "") -> Check[Ground]:
    """A look of the doctor's; where that would start a program, here the pods of a `part` are looked at.

    `{}` in it is the controller with which the finding begins.
    """

    def look(ground: Ground) -> Iterator[Finding]:
        namespace = ground.settings.namespace
        for found in check.look(ground.installation):
            if part and found.state is State.WRONG:
                named = part.format(found.message.partition(" ")[0].partition("-")[0])
                yield replace(found, remedy=LOGS.format(namespace, namespace, named))
            else:
                yield found

    return Check(check.name, look)


CHECKS: tuple[Check[Ground], ...] = (
    inside(api_server.CHECK),
    inside(crds.CHECK),
    inside(trust.CHECK),
    inside(controllers.CHECK, "{}"),
    inside(admission.CHECK, "admission"),
    gateway.CHECK,
    queue.CHECK,
)
LIFE = life.CHECK
