"""An embedded Kubernetes on loopback: etcd, API server and controller manager. Order, flags: reference/k3s.md."""

from __future__ import annotations

import base64
import json
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path

import yaml

from cli.demo.pki import Authority, Pair, Subject, service_account_key
from cli.demo.ports import kept_ports
from cli.demo.processes import Processes
from cli.demo.tools import KUBERNETES_VERSION, Tools
from sal.errors import SalError
from sal.filesystem import write_durably

READY_SECONDS = 60.0
SERVICE_ADDRESS = "10.43.0.1"
STOP_ORDER = ("kube-controller-manager", "kube-apiserver", "etcd")


class EmbeddedKubernetes:
    """Starts and stops the cluster in a folder; `durable` keeps writes through a power cut, at some cost."""

    ours = True

    def __init__(self, folder: Path, tools: Tools, *, durable: bool = True) -> None:
        self._folder = folder
        self._tools = tools
        self._durable = durable
        self.processes = Processes(folder / "processes")
        self._pki = Authority(folder / "pki", "kubernetes-ca")
        names = ("etcd", "etcd-peer", "api", "manager")
        self._ports = kept_ports(folder / "ports.json", names)

    @property
    def url(self) -> str:
        """The API server's URL."""
        return f"https://127.0.0.1:{self._ports['api']}"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self._folder / "kubeconfig"

    @property
    def label(self) -> str:
        """See Kubernetes."""
        return f"Kubernetes {KUBERNETES_VERSION.removeprefix('v')} (embedded)"

    @property
    def kubectl(self) -> tuple[str, ...]:
        """See Kubernetes; the same program as the server's, so the versions fit."""
        return (str(self._tools.kube), "kubectl")

    def start(self) -> None:
        """Brings it up and waits until it is ready. Raises SalError with the last words of what failed."""
        self._start_etcd()
        admin = self._client("admin", "system:masters")
        write_durably(self.kubeconfig, self._config(admin))
        self._start_api_server()
        self._await_ready(admin)
        manager = self._folder / "controller-manager.kubeconfig"
        write_durably(manager, self._config(self._client("controller-manager", "system:masters")))
        self._start_manager(manager)

    def stop(self) -> None:
        """Takes it down; the API server gets five seconds, its data is safe either way."""
        for name in STOP_ORDER:
            self.processes.stop(name, 5.0)

    def restart_api_server(self) -> None:
        """Ends the API server and brings it back."""
        self.processes.stop("kube-apiserver", 5.0)
        self.start()

    def _start_etcd(self) -> None:
        client, peer = (f"http://127.0.0.1:{self._ports[name]}" for name in ("etcd", "etcd-peer"))
        words = [
            str(self._tools.etcd), "--name", "hardpan", "--data-dir", str(self._folder / "etcd"),
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", f"hardpan={peer}", "--log-level", "error",
        ]  # fmt: skip
        self.processes.start("etcd", words if self._durable else [*words, "--unsafe-no-fsync"])

    def _start_api_server(self) -> None:
        names = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
        subject = Subject("kube-apiserver", names=names, addresses=("127.0.0.1", SERVICE_ADDRESS))
        server, account = self._pki.issue("api-server", subject), service_account_key(self._folder / "pki")
        words = [
            str(self._tools.kube), "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self._ports['etcd']}",
            "--bind-address=127.0.0.1", f"--secure-port={self._ports['api']}", "--advertise-address=127.0.0.1",
            f"--tls-cert-file={server.certificate}", f"--tls-private-key-file={server.key}",
            f"--client-ca-file={self._pki.pair.certificate}", f"--cert-dir={self._folder / 'pki'}",
            f"--service-account-key-file={account}", f"--service-account-signing-key-file={account}",
            "--service-account-issuer=https://kubernetes.default.svc", "--service-cluster-ip-range=10.43.0.0/16",
            "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true", "--profiling=false", "--endpoint-reconciler-type=none",
        ]  # fmt: skip
        self.processes.start("kube-apiserver", words)

    def _start_manager(self, config: Path) -> None:
        account, ca = service_account_key(self._folder / "pki"), self._pki.pair
        words = [
            str(self._tools.kube), "kube-controller-manager",
            f"--kubeconfig={config}", f"--authentication-kubeconfig={config}", f"--authorization-kubeconfig={config}",
            "--bind-address=127.0.0.1", f"--secure-port={self._ports['manager']}", f"--cert-dir={self._folder / 'pki'}",
            "--leader-elect=false", "--use-service-account-credentials=true",
            f"--service-account-private-key-file={account}", f"--root-ca-file={ca.certificate}",
            f"--cluster-signing-cert-file={ca.certificate}", f"--cluster-signing-key-file={ca.key}",
        ]  # fmt: skip
        self.processes.start("kube-controller-manager", words)

    def _client(self, name: str, group: str) -> Pair:
        return self._pki.issue(name, Subject(name, organisation=group))

    def _config(self, client: Pair) -> bytes:
        return kubeconfig(self.url, self._pki.pair.certificate, client)

    def _await_ready(self, admin: Pair) -> None:
        context = ssl.create_default_context(cafile=str(self._pki.pair.certificate))
        context.load_cert_chain(str(admin.certificate), str(admin.key))
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(f"{self.url}/readyz", context):
            if self.processes.find("kube-apiserver") is None or time.monotonic() > deadline:
                raise SalError(f"the API server did not come up: {self.processes.last_words('kube-apiserver')}")
            time.sleep(0.05)


def _answers(url: str, context: ssl.SSLContext) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2, context=context) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def kubeconfig(url: str, authority: Path, client: Pair) -> bytes:
    """A kubeconfig with one context, whose data is inside it so that it can be copied."""
    files = {
        "certificate-authority-data": authority,
        "client-certificate-data": client.certificate,
        "client-key-data": client.key,
    }
    data = {name: _base64(file) for name, file in files.items()}
    authority_data = data.pop("certificate-authority-data")
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "hardpan", "cluster": {"server": url, "certificate-authority-data": authority_data}}],
        "users": [{"name": "admin", "user": data}],
        "contexts": [{"name": "hardpan", "context": {"cluster": "hardpan", "user": "admin"}}],
        "current-context": "hardpan",
    }
    return yaml.safe_dump(json.loads(json.dumps(config)), sort_keys=False).encode()


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
