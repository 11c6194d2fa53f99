"""An installation as one of its own pods sees it, with no more rights than the test has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import yaml

from cli.errors import CliError
from cli.helm_test.api import Api
from cli.shown_trust import open_shown
from controllers.loop.kinds import DEFINITION
from controllers.loop.objects import LEASE, Resource, resource_of
from crds.deployment import DEPLOYMENT
from crds.kinds import KINDS
from crds.stamps import NEEDED
from crds.trust import TRUST
from jobs.inspection import Inspection
from trust.records import RECORD_MODELS
from trust.snapshot import TrustView

HOOKS = Resource(
    "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", False
)
HOOK = "hardpan"


@dataclass(frozen=True)
class PodInstallation:
    """`Installation` by the API server alone. What only its operator may read is not there."""

    api: Api
    namespace: str
    cluster: str
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def objects(self, resource: str) -> list[dict[str, Any]]:
        """See Installation."""
        look: dict[str, Callable[[], list[dict[str, Any]]]] = {
            "customresourcedefinitions": lambda: self._named(DEFINITION, NEEDED),
            str(HOOKS): lambda: self._named(HOOKS, {HOOK: HOOK}),
            str(LEASE): lambda: self.api.list(LEASE, self.namespace),
            **{kind.name: partial(self.api.list, resource_of(kind)) for kind in KINDS},
        }
        return look[resource]()

    def answer(self, path: str) -> str:
        """See Installation."""
        return self.api.text(path)

    def refusal(self, manifest: str) -> str | None:
        """See Installation; it is tried in the installation's own namespace, which is no tenant's."""
        body = yaml.safe_load(manifest)
        body["metadata"]["namespace"] = self.namespace
        try:
            self.api.create(resource_of(DEPLOYMENT), body, self.namespace, trial=True)
        except CliError as error:
            return str(error)
        return None

    def trust(self) -> TrustView:
        """See Installation; the pin is the cluster's id that the chart was given."""
        kinds = [each for each in KINDS if each is TRUST or each.kind in RECORD_MODELS]
        return open_shown((each for kind in kinds for each in self.objects(kind.name)), self.cluster)

    def queue(self) -> Inspection | None:
        """See Installation; only the supervisor may look into it."""
        return None

    def certificates(self) -> Mapping[str, datetime]:
        """See Installation; the test looks at those that servers show."""
        return {}

    def issued(self) -> Mapping[str, datetime]:
        """See Installation."""
        return {}

    def _named(self, resource: Resource, names: Mapping[str, object]) -> list[dict[str, Any]]:
        found = [self.api.get(resource, name) for name in names]
        return [each for each in found if each is not None]
