"""How the agent comes to the queue: credentials sealed to the node, opened by the executor, laid down as TLS files."""

from __future__ import annotations

from pathlib import Path

from jobs.broker import Connection
from node_agent import atomic
from node_agent.agent.control import Executor, ask
from node_agent.agent.gateway import Gateway
from node_agent.errors import TryAgain
from node_agent.messages import Hello, MakeCredentialsRequest, OpenCredentials, QueueAccess, Signed, Welcome


def obtain(executor: Executor, gateway: Gateway, folder: Path) -> Connection:
    """Fresh access to the node's queue. Raises NodeError with the reason that the console shows."""
    node = ask(executor, Hello(), Welcome).node
    challenge = gateway.challenge(node)
    signed = ask(executor, MakeCredentialsRequest(nonce=challenge.nonce), Signed)
    access = ask(executor, OpenCredentials(sealed=gateway.credentials(signed.envelope)), QueueAccess)
    return lay_down(access, folder)


def lay_down(access: QueueAccess, folder: Path) -> Connection:
    """The TLS library reads files only; these are the agent's own. Raises TryAgain when the disk is full."""
    files = {"queue-ca.pem": access.ca, "queue.pem": access.certificate, "queue-key.pem": access.key}
    try:
        for name, text in files.items():
            atomic.replace(folder / name, text.encode())
    except OSError as error:
        raise TryAgain("DiskFull", f"cannot write to the agent's folder: {error.strerror}; free some space") from None
    authority, certificate, key = (folder / name for name in files)
    return Connection(access.url, access.username, access.password, authority, certificate, key)
