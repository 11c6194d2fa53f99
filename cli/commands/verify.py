"""`hardpan verify`: checks a manifest's signature, and hands out what plain ssh-keygen needs to check it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError
from cli.output import Form, Output, note, show
from cli.proposal import FileArgument, NamespaceOption, Proposal, read_proposal
from cli.text import short
from sal.errors import os_errors
from sal.filesystem import write_durably
from trust.deployment import SignatureText, VerifiedDeployment, bytes_to_sign
from trust.errors import Refusal
from trust.part import parse_time
from trust.records import RecordKey
from trust.sshsig import BEGIN, END, NAMESPACE


def verify(
    file: FileArgument,
    namespace: NamespaceOption = "",
    export: Annotated[
        Path | None, typer.Option(help="Folder for what plain `ssh-keygen -Y verify` needs.", show_default=False)
    ] = None,
    output: Output = Form.TEXT,
) -> None:
    """Checks a manifest's signature as every node does.

    \b
    Examples:
      kubectl hardpan verify web.yaml
      kubectl hardpan verify web.yaml --export proof
    """
    asked = read_proposal(file, namespace)
    try:
        verified = asked.verified()
    except Refusal as refusal:
        raise CliError(str(refusal)) from None
    spec = verified.document.spec
    data = {
        "namespace": asked.manifest.namespace,
        "name": asked.manifest.name,
        "revision": spec.revision,
        "signers": list(verified.signers),
        "digest": verified.digest,
        "plan": spec.plan,
        "expires": spec.expires,
    }
    who = ", ".join(verified.signers)
    head = f"revision {spec.revision} is signed by {who}, to apply until {spec.expires}"
    show(output, data, f"{head}; digest {short(verified.digest)}")
    if export is not None:
        note("Check it without us: " + _export(export, asked, verified))


def _export(folder: Path, asked: Proposal, verified: VerifiedDeployment) -> str:
    """Writes signed bytes, signature and allowed signers; returns the command that checks them."""
    with os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    name, signer = asked.manifest.name, verified.signers[0]
    message, signature, signers = (folder / f"{name}.signed-bytes", folder / f"{name}.sig", folder / "allowed_signers")
    write_durably(message, bytes_to_sign(verified.body), 0o644)
    write_durably(signature, _armoured(asked.signature_of(signer)).encode(), 0o644)
    lines = [
        _line(owner, key) for owner, held in asked.view.users.items() for key in held.keys if key.state != "revoked"
    ]
    write_durably(signers, ("\n".join(lines) + "\n").encode(), 0o644)
    words = ("ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", signer, "-n", NAMESPACE, "-s", str(signature))
    return f"{shlex.join(words)} < {shlex.quote(str(message))}"


def _line(owner: str, key: RecordKey) -> str:
    """A line of ssh-keygen's allowed signers; a retired key counts there until its time as well."""
    until = f',valid-before="{parse_time(key.until):%Y%m%d%H%M%SZ}"' if key.until else ""
    return f'{owner} namespaces="{NAMESPACE}"{until} {key.public_key}'


def _armoured(text: SignatureText) -> str:
    bare = text.signature.strip().removeprefix(BEGIN).removesuffix(END)
    joined = "".join(bare.split())
    lines = [joined[start : start + 70] for start in range(0, len(joined), 70)]
    return "\n".join([BEGIN, *lines, END, ""])
