"""The doctor at a real API server, a real webhook and a real Redis, with things broken one by one."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.demo.kubernetes import EmbeddedKubernetes
from cli.demo.pki import Authority, Subject
from cli.kubectl import Kubectl
from cli.main import run
from cli.site import Site
from crds.deployment import DEPLOYMENT
from crds.schema import manifest
from crds.stamp import Stamp, digest_of
from tests.cluster.test_cli import put, thing
from tests.system.node_site import wait_for
from tests.system.redis_server import OPERATOR, RedisServer
from tests.system.requirements import need

pytestmark = pytest.mark.cluster
NAMESPACE = "doctor-shop"
NODE = "n-" + "d" * 26
KEY = base64.b64encode(b"k" * 32).decode()


class Refuses(BaseHTTPRequestHandler):
    """An admission webhook that takes nothing."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = {"uid": asked["request"]["uid"], "allowed": False, "status": {"message": "spec.signatures: none"}}
        body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def webhook(folder: Path) -> Iterator[dict[str, Any]]:
    """A webhook on loopback, and how it is registered."""
    authority = Authority(folder, "webhook")
    pair = authority.issue("server", Subject("server", addresses=("127.0.0.1",)))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuses)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    url = f"https://127.0.0.1:{server.server_address[1]}/"
    try:
        yield registered(url, authority.pair.certificate.read_bytes())
    finally:
        server.shutdown()
        server.server_close()


def registered(url: str, authority: bytes) -> dict[str, Any]:
    """The registration, for the doctor's own deployment only: other tests of this server go on."""
    mine = {"name": "mine", "expression": "object.metadata.name == 'doctor-asks-admission'"}
    rule = {"apiGroups": ["hardpan.dev"], "apiVersions": ["v1alpha1"], "operations": ["CREATE"]}
    hook = {
        "name": "deployments.hardpan.dev",
        "clientConfig": {"url": url, "caBundle": base64.b64encode(authority).decode()},
        "rules": [rule | {"resources": ["deployments"], "scope": "Namespaced"}],
        "matchConditions": [mine],
        "failurePolicy": "Fail", "sideEffects": "None", "timeoutSeconds": 2, "admissionReviewVersions": ["v1"],
    }  # fmt: skip
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    return {**head, "metadata": {"name": "hardpan"}, "webhooks": [hook]}


def lease(name: str, age: float = 0) -> dict[str, Any]:
    """A controller's lease, renewed so long ago."""
    renewed = (datetime.now(UTC) - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {"holderIdentity": f"{name}-1", "leaseDurationSeconds": 600, "renewTime": renewed, "leaseTransitions": 1}
    metadata = {"name": f"hardpan-{name}", "namespace": NAMESPACE}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


class Place:
    """An installation as the doctor finds it."""

    def __init__(self, kubectl: Kubectl, redis: RedisServer, hook: dict[str, Any], home: Path) -> None:
        self.kubectl, self.redis, self.hook, self.home = kubectl, redis, hook, home

    def apply(self, *objects: dict[str, Any]) -> None:
        """Writes objects without status."""
        self.kubectl.apply(yaml.safe_dump_all(objects))

    def delete(self, *words: str) -> None:
        """Takes an object away."""
        self.kubectl.run("delete", *words, "--ignore-not-found", "--wait=false")

    def settings(self) -> dict[str, str]:
        """The controllers' variables of the queue."""
        access = self.redis.supervisor
        (self.home / "password").write_text(access.password)
        files = {"CA": access.authority, "CERTIFICATE": access.certificate, "KEY": access.key}
        named = {f"HARDPAN_REDIS_{name}": str(file) for name, file in files.items()}
        return {"HARDPAN_REDIS": access.url, "HARDPAN_REDIS_PASSWORD_FILE": str(self.home / "password"), **named}


@pytest.fixture(scope="module")
def place(
    kubernetes: EmbeddedKubernetes, kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """One on which nothing is wrong; the cluster is left as it was."""
    need("ssh-keygen", "redis")
    home = tmp_path_factory.mktemp("doctor")
    kubectl.apply(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {NAMESPACE}}}\n")
    for name in ("root-1", "root-2"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / name], check=True)
    redis = RedisServer(home / "redis")
    redis.start()
    with pytest.MonkeyPatch.context() as patch, webhook(home) as hook:
        made = Place(kubectl, redis, hook, home)
        for name in ("HARDPAN_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "SSH_AUTH_SOCK"):
            patch.delenv(name, raising=False)
        chosen = {"HARDPAN_CONFIG": str(home / "pin.json"), "KUBECONFIG": str(kubernetes.kubeconfig)}
        for name, value in (chosen | made.settings()).items():
            patch.setenv(name, value)
        roots = [word for name in ("root-1", "root-2") for word in ("--root-key", str(home / f"{name}.pub"))]
        assert run(["init", *roots, "--site", str(home / "site"), "--key", str(home / "root-1")]) == 0
        for file in Site(home / "site").manifests:
            kubectl.apply(file.read_text())
        well(made)
        yield made
    redis.kill()
    made.delete("validatingwebhookconfigurations", "hardpan")
    for plural in ("trusts", "supervisors", "nodes"):
        made.delete(f"{plural}.hardpan.dev", "--all")
    kubectl.run("delete", "namespace", NAMESPACE, "--wait=false")


def well(place: Place) -> None:
    """Everything that the controllers would have written."""
    place.apply(place.hook, *(lease(name) for name in ("ledger", "coord", "supervisor-main")))
    leads = {"type": "Ready", "status": "True", "reason": "Leading", "message": ""}
    since = {"lastTransitionTime": "2026-11-24T00:00:00Z"}
    patch = json.dumps({"status": {"conditions": [leads | since]}})
    place.kubectl.run("patch", "supervisors.hardpan.dev", "main", "--subresource=status", "--type=merge", "-p", patch)
    put(place.kubectl, node(("Ready", "True", "Reporting", "")))
    with place.redis.operator() as client:
        client.acl_deluser("stranger")


def node(*conditions: tuple[str, str, str, str]) -> dict[str, Any]:
    """A node with these conditions."""
    return thing("Node", NODE, {"signingKey": KEY, "registration": "e30="}, *conditions)


@pytest.fixture
def doctor(place: Place, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], dict[str, str]]]:
    """What the doctor finds wrong, by check; mends all of it afterwards."""

    def ask() -> dict[str, str]:
        capsys.readouterr()
        code = run(["doctor", "-o", "json"])
        said = json.loads(capsys.readouterr().out)
        assert code == (0 if said["well"] else 1)
        found = [(each["check"], each["message"]) for each in said["findings"] if each["state"] == "wrong"]
        return {check: message for check, message in found if message != f"lets in {OPERATOR}"}

    yield ask
    place.apply(manifest(DEPLOYMENT))
    well(place)
    wait_for(lambda: ask() == {}, "an installation without trouble", 30.0, lambda: str(ask()))


def test_nothing_is_wrong(doctor: Callable[[], dict[str, str]]) -> None:
    assert doctor() == {}


def test_kinds_of_an_older_version_and_changed_ones_are_told(
    place: Place, doctor: Callable[[], dict[str, str]]
) -> None:
    other = manifest(DEPLOYMENT)
    other["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["description"] = "of another version"
    place.apply(other)
    assert doctor() == {"kinds": f"not as they were installed: {DEPLOYMENT.name}"}
    other["metadata"]["annotations"] = Stamp("0.0.9", digest_of(other)).annotations()
    place.apply(other)
    assert doctor()["kinds"].startswith(f"CRD {DEPLOYMENT.name} is of version 0.0.9, this program needs ")


def test_a_silent_and_a_missing_controller_are_told(place: Place, doctor: Callable[[], dict[str, str]]) -> None:
    place.apply(lease("coord", 1200))
    assert "coord is silent since 20 min" in doctor()["controllers"]
    place.apply(lease("coord"))
    place.delete("leases", "hardpan-ledger", "--namespace", NAMESPACE)
    assert doctor()["controllers"] == "ledger has never run here"


def test_a_webhook_that_is_away_or_not_registered_is_told(
    place: Place, doctor: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "other").pair.certificate.read_bytes()
    place.apply(registered("https://127.0.0.1:1/", authority))
    # The API server takes a moment to learn of a registration.
    wait_for(lambda: "does not answer" in doctor().get("admission", ""), "a webhook that is away", 60.0)
    place.apply(registered(place.hook["webhooks"][0]["clientConfig"]["url"], authority))
    wait_for(lambda: "does not answer" in doctor().get("admission", ""), "a webhook of another authority", 60.0)
    place.delete("validatingwebhookconfigurations", "hardpan")
    assert doctor() == {"admission": "no webhook is registered"}


def test_a_silent_node_a_stuck_deployment_and_a_region_that_nobody_serves_are_told(
    place: Place, doctor: Callable[[], dict[str, str]]
) -> None:
    put(place.kubectl, node(("Ready", "Unknown", "Lost", "no report")))
    assert f"{NODE}: Lost since" in doctor()["nodes"]


def test_a_trust_that_ended_in_the_cluster_alone_is_not_believed(
    place: Place, doctor: Callable[[], dict[str, str]]
) -> None:
    found = place.kubectl.get("trusts.hardpan.dev", "cluster")
    assert found is not None
    place.delete("trusts.hardpan.dev", "cluster")
    try:
        assert "this cluster has no trust yet" in doctor()["trust"]
    finally:
        place.apply({part: found[part] for part in ("apiVersion", "kind", "spec")} | {"metadata": {"name": "cluster"}})


def test_a_redis_that_is_away_evicts_keeps_nothing_or_lets_somebody_in_is_told(
    place: Place, doctor: Callable[[], dict[str, str]]
) -> None:
    with place.redis.operator() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        assert "maxmemory-policy allkeys-lru" in doctor()["queue"]
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("appendonly", "no")
        assert "keeps nothing on disk" in doctor()["queue"]
        client.config_set("appendonly", "yes")
        client.acl_setuser("stranger", enabled=True, nopass=True)
        assert doctor()["queue"] == f"lets in {OPERATOR}, stranger"
    place.redis.kill()
    assert "does not answer" in doctor()["queue"]
    place.redis.start()


def test_without_an_api_server_every_check_says_so_and_nothing_breaks(
    doctor: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patch:
        away = {"clusters": [{"name": "a", "cluster": {"server": "https://127.0.0.1:1"}}], "current-context": "a"}
        contexts = {"contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}], "users": [{"name": "a"}]}
        file = tmp_path / "kubeconfig"
        file.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **away, **contexts}))
        patch.setenv("KUBECONFIG", str(file))
        assert "cannot be looked at" in doctor()["API server"]
