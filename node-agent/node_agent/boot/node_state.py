"""What the node's own processes say of themselves: the agent's status file, and the last words of one that stopped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

# As the agent's registration says it; its module would bring the whole of an HTTP client into this process.
PART, QUEUE = "control plane", "queue"
_STOPPED = re.compile(r"(?:agent|executor): (?:agent|executor) stopped, (\w+): (.+)")
_CRASHED = re.compile(r"(agent|executor): ([A-Z]\w*(?:Error|Exception)(?:: .*)?)")
REMEDIES: Mapping[str, str] = {
    "Unreachable": "Check that this address is right and that this network leads to it",
    "ForeignCertificate": "Somebody else answers there, or this image is another cluster's",
    "ClockWrong": "Set it in the firmware's setup, or name a time server by DHCP (option 42)",
    "ForeignMedium": "Boot it from its own cluster's image, or empty its disk (wipefs --all) to move it",
    "NodeConflict": "Two machines have one key: switch one off, then `kubectl hardpan node resolve`",
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    state: str
    reason: str = ""
    message: str = ""


class _Status(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    node: str = ""
    keys: str = ""
    parts: dict[str, _Part] = {}


@dataclass(frozen=True)
class NodeState:
    """The node's name, its state in one word, and why in one sentence; all empty before it said anything.

    `keys` says how its keys lie on the disk, `queue` how it stands with its queue.
    """

    node: str = ""
    state: str = ""
    reason: str = ""
    message: str = ""
    keys: str = ""
    queue: str = ""

    @property
    def works(self) -> bool:
        """Whether the ledger takes its reports, and it takes orders."""
        return self.state == "Reporting" and self.queue == "Connected"

    @property
    def sentence(self) -> str:
        """What is missing and what to do; empty when all is well."""
        if not self.message or self.state in ("Approved", "Reporting"):
            return ""
        remedy = REMEDIES.get(self.reason, "")
        return f"{self.message}. {remedy}" if remedy else self.message


def parse(status: bytes) -> NodeState:
    """The agent's status file. Pure; what cannot be read says nothing."""
    try:
        read = _Status.model_validate_json(status)
    except ValidationError:
        return NodeState()
    part = read.parts.get(PART, _Part(state=""))
    queue = read.parts.get(QUEUE, _Part(state=""))
    return NodeState(read.node, part.state, part.reason, part.message, read.keys, queue.state)


def parse_stop(line: str) -> tuple[str, str] | None:
    """Reason and sentence, where the line is the last word of a process that could not go on. Pure."""
    if found := _STOPPED.fullmatch(line):
        return found[1], found[2]
    if found := _CRASHED.fullmatch(line):
        return "Internal", f"the {found[1]} met what nobody foresaw and starts again: {found[2]}"
    return None
