"""The webhook is registered, its authority is valid, and it refuses what it must."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from cli.doctor.certificates import earliest_end, judged
from cli.doctor.check import Check, Finding, State, well, wrong
from cli.doctor.installation import Installation

NAME = "deployments.hardpan.dev"
# No key signed it, so whoever would take it does not look. It has the form of a signed one: of what has another form
# the kind's own rules say so, and the webhook is never asked.
FORGED = f"""\
apiVersion: hardpan.dev/v1alpha1
kind: Deployment
metadata: {{name: doctor-asks-admission, namespace: default}}
spec:
  language: 1
  revision: 1
  notBefore: "2000-01-01T00:00:00Z"
  expires: "2000-01-02T00:00:00Z"
  maxUnavailable: 1
  script: "// nothing"
  plan: "sha256:{0:064}"
  signatures: [{{keyID: "SHA256:{0:043}", signature: "{0:064}"}}]
"""
REGISTER = "register it again (the demo: make demo); without it errors are told only after kubectl apply"


def look(installation: Installation) -> Iterator[Finding]:
    """Looks at the registration, then asks for what must be refused, for trial only."""
    hooks = [
        hook
        for each in installation.objects("validatingwebhookconfigurations.admissionregistration.k8s.io")
        for hook in each.get("webhooks") or ()
        if hook.get("name") == NAME
    ]
    if not hooks:
        yield wrong("no webhook is registered", REGISTER)
        return
    yield from (each for each in _authority(hooks[0], installation) if each.state is not State.WELL)
    yield _asked(installation.refusal(FORGED))


def _authority(hook: dict[str, Any], installation: Installation) -> Iterator[Finding]:
    client = hook.get("clientConfig") or {}
    try:
        pem = base64.b64decode(str(client.get("caBundle") or ""), validate=True)
    except binascii.Error:
        pem = b""
    if pem:
        yield judged("its authority", earliest_end(pem, "caBundle"), installation.now, "renew it, and register again")


def _asked(said: str | None) -> Finding:
    if said is None:
        return wrong("an unsigned deployment would be taken: the webhook is not asked", REGISTER)
    if "failed calling webhook" in said or "no endpoints available" in said:
        reason = said.rpartition(": ")[2]
        return wrong(f"does not answer ({reason}): no deployment can be applied", "start it: hardpan admission")
    if "denied the request" not in said:
        return wrong(f"nobody asked it: {said}", REGISTER)
    return well("asked, and refuses what nobody signed")


CHECK = Check("admission", look)
