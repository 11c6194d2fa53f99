"""The certificates role as a process on a real API server: alone, and many at once."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from cryptography import x509

from cli.cluster import Cluster
from cli.demo.kubernetes import EmbeddedKubernetes
from cli.doctor.examination import examine
from cli.doctor.installation_checks import certificates
from cli.doctor.real_installation import RealInstallation
from cli.kubectl import Kubectl
from controllers.certificates.leaves import Site, wanted

HOOK = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hardpan}
webhooks:
  - name: deployments.hardpan.dev
    clientConfig: {service: {name: hardpan-admission, namespace: %s, path: /v1/deployments}}
    rules: [{apiGroups: [nowhere.hardpan.dev], apiVersions: [v1], operations: [CREATE], resources: [things]}]
    failurePolicy: Fail
    sideEffects: None
    admissionReviewVersions: [v1]
"""


@dataclass(frozen=True)
class Ended:
    """How a run of the role ended."""

    code: int
    said: str


@dataclass(frozen=True)
class Place:
    """A namespace of the cluster."""

    name: str
    kubectl: Kubectl
    kubeconfig: Path

    def start(self, **settings: str) -> subprocess.Popen[str]:
        """One run."""
        mine = {"HARDPAN_CLUSTER": "cluster-0", "HARDPAN_NAMESPACE": self.name, "KUBECONFIG": str(self.kubeconfig)}
        environment = {**os.environ, **mine, **settings}
        words = [sys.executable, "-m", "controllers", "certificates"]
        return subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True)

    def run(self, **settings: str) -> Ended:
        """One run, to its end."""
        return end(self.start(**settings))

    def secrets(self) -> dict[str, dict[str, Any]]:
        """All Secrets by name."""
        return {each["metadata"]["name"]: each for each in self._get("secrets")["items"]}

    def certificate(self, secret: str) -> x509.Certificate:
        """The certificate in a Secret."""
        return x509.load_pem_x509_certificate(base64.b64decode(self.secrets()[secret]["data"]["tls.crt"]))

    def _get(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(self.kubectl.run("get", *words, "-n", self.name, "-o", "yaml"))
        return found


def end(started: subprocess.Popen[str]) -> Ended:
    """The end of a run."""
    _, said = started.communicate(timeout=60)
    return Ended(started.returncode, said)


@pytest.fixture
def place(kubernetes: EmbeddedKubernetes, kubectl: Kubectl) -> Place:
    """A new namespace."""
    name = f"site-{uuid4().hex[:8]}"
    kubectl.run("create", "namespace", name)
    return Place(name, kubectl, kubernetes.kubeconfig)


def test_an_empty_namespace_is_filled_renewed_where_needed_and_else_left(place: Place) -> None:
    first = place.run(HARDPAN_CERTIFICATES_GATEWAY_NAMES="cp.example")
    assert first.code == 0, first.said
    made = place.secrets()
    assert {leaf.secret for leaf in wanted(Site(place.name))} < made.keys()
    doctor = RealInstallation(Cluster(place.kubectl), {"HARDPAN_NAMESPACE": place.name})
    ends = doctor.issued()
    assert ends.keys() == {f"Secret {name}" for name in made if name.endswith("-tls") or name == "hardpan-site-ca"}
    assert timedelta(days=89) < min(ends.values()) - doctor.now < timedelta(days=90)
    assert made["hardpan-ledger-tls"]["type"] == "kubernetes.io/tls"
    again = place.run(HARDPAN_CERTIFICATES_GATEWAY_NAMES="cp.example")
    assert "nothing to do; the first certificate ends" in again.said
    assert place.secrets() == made
    other = place.run(HARDPAN_CERTIFICATES_GATEWAY_NAMES="other.example")
    assert "renewed hardpan-gateway-tls (lacks the names other.example)" in other.said


def test_four_at_once_make_one_authority_that_signed_everything(place: Place) -> None:
    started = [place.start() for _ in range(4)]
    ended = [end(each) for each in started]
    assert [each.code for each in ended] == [0] * 4, "\n".join(each.said for each in ended)
    assert sum("made the site's authority" in each.said for each in ended) == 1
    authority = place.certificate("hardpan-site-ca")
    for leaf in wanted(Site(place.name)):
        place.certificate(leaf.secret).verify_directly_issued_by(authority)


def test_the_api_server_is_told_whom_to_trust_for_the_webhook(place: Place) -> None:
    place.kubectl.apply(HOOK % place.name)
    try:
        assert "told the API server whom to trust for the webhook" in place.run().said
        hook = yaml.safe_load(place.kubectl.run("get", "validatingwebhookconfiguration", "hardpan", "-o", "yaml"))
        bundle = hook["webhooks"][0]["clientConfig"]["caBundle"]
        assert bundle == place.secrets()["hardpan-site-ca"]["data"]["tls.crt"]
        assert "nothing to do" in place.run().said
    finally:
        place.kubectl.run("delete", "validatingwebhookconfiguration", "hardpan")


def test_an_own_certificate_that_will_not_do_fails_the_run_in_plain_words_and_stays(place: Place) -> None:
    place.run()
    word = base64.b64encode(b"none").decode()
    patch = f'{{"data": {{"tls.crt": "{word}"}}}}'
    place.kubectl.run("patch", "secret", "hardpan-gateway-tls", "-n", place.name, "--type", "merge", "-p", patch)
    ended = place.run()
    assert ended.code == 1
    assert "Secret hardpan-gateway-tls holds no certificate in PEM; put a sound one there, or delete it" in ended.said
    assert "Traceback" not in ended.said
    assert place.secrets()["hardpan-gateway-tls"]["data"]["tls.crt"] == word


def test_without_the_right_to_look_it_says_what_it_may_not(place: Place, tmp_path: Path) -> None:
    config = yaml.safe_load(place.kubeconfig.read_text())
    place.kubectl.run("create", "serviceaccount", "nobody", "-n", place.name)
    token = place.kubectl.run("create", "token", "nobody", "-n", place.name).strip()
    config["users"] = [{"name": each["name"], "user": {"token": token}} for each in config["users"]]
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    ended = place.run(KUBECONFIG=str(tmp_path / "kubeconfig"))
    assert ended.code == 1
    assert 'configmaps "hardpan-site-ca" is forbidden' in ended.said
    kubectl = replace(place.kubectl, kubeconfig=tmp_path / "kubeconfig")
    found = examine([certificates.CHECK], RealInstallation(Cluster(kubectl), {"HARDPAN_NAMESPACE": place.name}))
    assert "the Secrets are not yours to read" in [each.finding.message for each in found]
    assert "Traceback" not in ended.said
