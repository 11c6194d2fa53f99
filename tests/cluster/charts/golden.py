"""What the chart makes of values, kept as text: `make charts` writes it anew.

One case is kept whole, the others as what differs from it, so that a change is read where it is made.
"""

from __future__ import annotations

import difflib
import tempfile
from pathlib import Path
from typing import Any

import yaml

from charts import rights
from cli.demo.tools import HELM
from tests.cluster.charts.helm import BASIC, Helm

FOLDER = Path(__file__).parents[2] / "cases" / "charts"
WHOLE = "default"
CASES: dict[str, tuple[str, ...]] = {
    WHOLE: (),
    "external-redis": (
        "redis.bundled.enabled=false",
        "redis.external.url=rediss://redis.example:6379",
        "queueUrl=rediss://redis.example:6379",
    ),
    "own-tls": ("tls.selfMade=false",),
    "cert-manager": ("tls.certManager.enabled=true", "tls.certManager.issuer.name=site"),
    "node-ports": (
        "gateway.service.type=NodePort",
        "gateway.service.nodePort=30443",
        "redis.bundled.service.type=NodePort",
        "redis.bundled.service.nodePort=30380",
    ),
    "one-replica": tuple(f"{each}.replicas=1" for each in ("ledger", "coord", "supervisor", "gateway", "admission")),
    "another-region": ("home=hardpan-home", "supervisor.name=eu", "supervisor.keySecret=eu-key"),
    "image": ("image.repository=registry.example/hp", f"image.digest=sha256:{'b' * 64}", "image.pullSecrets={pull}"),
    "scheduling": (
        "gateway.nodeSelector.edge=true",
        "gateway.tolerations[0].key=edge",
        "gateway.priorityClassName=high",
        "gateway.podAnnotations.team=net",
    ),
    "monitoring": (
        "metrics.serviceMonitor.enabled=true",
        "metrics.serviceMonitor.labels.release=prometheus",
        "tracing.endpoint=http://collector.example:4318",
    ),
    "networks": (
        "networkPolicy.regions={hardpan-eu}",
        "networkPolicy.nodes={2001:db8::/32}",
        "networkPolicy.apiServer={10.0.0.1/32}",
        "networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.name=monitoring",
    ),
    "persistent-redis": ("redis.bundled.persistence.enabled=true", "redis.bundled.persistence.storageClass=fast"),
    "cleanup": ("cleanup=Everything",),
    "test": ("test.secret=guest", "test.token=helm-test", "test.tenant=shop", "test.podAnnotations.team=ops"),
    "bare": (
        "networkPolicy.enabled=false",
        "policies.enabled=false",
        "rights.aggregate=false",
        "rights.trustReaders=None",
    ),
}


Objects = dict[str, str]


def rendered(helm: Helm, case: str) -> Objects:
    """All objects of a case, by kind and name, each as text."""
    values = [f"={each}" if "nodeSelector" in each else each for each in CASES[case]]
    found = helm.template(*BASIC, *values)
    texts = {_place(each): yaml.dump(each, Dumper=yaml.CSafeDumper, width=110) for each in found}
    return dict(sorted(texts.items()))


def kept(helm: Helm, case: str) -> str:
    """The text that is kept of a case."""
    made = rendered(helm, case)
    if case == WHOLE:
        return "".join(f"---\n{each}" for each in made.values())
    before = rendered(helm, WHOLE)
    gone = "".join(f"without {each}\n" for each in before if each not in made)
    new = "".join(f"with {each}\n{made[each]}" for each in made if each not in before)
    changed = [each for each in made if each in before and made[each] != before[each]]
    return gone + new + "".join(f"{each}\n{_difference(before[each], made[each])}" for each in changed)


def _difference(before: str, after: str) -> str:
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm=""))
    return "".join(f"{each}\n" for each in lines[2:])


def file(case: str) -> Path:
    """Where it is kept."""
    return FOLDER / (f"{case}.yaml" if case == WHOLE else f"{case}.diff")


def _place(made: dict[str, Any]) -> str:
    return f"{made['kind']} {made['metadata']['name']}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        helm = Helm(HELM.target, Path(folder))
        for name in CASES:
            file(name).write_text(kept(helm, name))
        rights.FILE.write_text(rights.page(helm.template(*BASIC)))
