"""All kinds of the API, in the order in which they are installed."""

from __future__ import annotations

from crds.deployment import DEPLOYMENT
from crds.job import JOB
from crds.jointoken import JOIN_TOKEN
from crds.machine import MACHINE
from crds.meta import KindDefinition
from crds.node import NODE
from crds.release import RELEASE
from crds.revisionmark import REVISION_MARK
from crds.supervisor import SUPERVISOR
from crds.tenant import TENANT
from crds.trust import TRUST
from crds.user import USER
from crds.volume import VOLUME

KINDS: tuple[KindDefinition, ...] = (
    TRUST,
    USER,
    TENANT,
    SUPERVISOR,
    JOIN_TOKEN,
    RELEASE,
    NODE,
    DEPLOYMENT,
    REVISION_MARK,
    MACHINE,
    VOLUME,
    JOB,
)
