"""An embedded Kubernetes on loopback: etcd, API server and controller manager. Order, flags: reference/k3s.md."""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from cli.demo.kubeconfig import kubeconfig
from cli.demo.pki import Authority, Pair, Subject, service_account_key
from cli.demo.ports import kept_ports
from cli.demo.processes import Processes
from cli.demo.tools import KUBERNETES_VERSION, Tools
from sal.errors import SalError
from sal.filesystem import write_durably

READY_SECONDS = 60.0
SERVICES = IPv4Network("10.43.0.0/16")
STOP_ORDER = ("kube-controller-manager", "kube-apiserver", "etcd")
KUBELET_CLIENT = Subject("kube-apiserver-kubelet-client", organisation="system:masters")


@dataclass(frozen=True)
class Place:
    """Where the API server listens, the addresses of Services, and whether there are kubelets that it may ask."""

    address: str = "127.0.0.1"
    services: IPv4Network = SERVICES
    kubelets: bool = False


class EmbeddedKubernetes:
    """Starts and stops the cluster in a folder; `durable` keeps writes through a power cut, at some cost."""

    ours = True

    def __init__(self, folder: Path, tools: Tools, *, durable: bool = True, place: Place | None = None) -> None:
        self._folder, self._place = folder, place or Place()
        self._tools = tools
        self._durable = durable
        self.processes = Processes(folder / "processes")
        self.authority = Authority(folder / "pki", "kubernetes-ca")
        names = ("etcd", "etcd-peer", "api", "manager")
        self._ports = kept_ports(folder / "ports.json", names)

    @property
    def url(self) -> str:
        """The API server's URL."""
        return f"https://{self._place.address}:{self._ports['api']}"

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
        admin = self.authority.issue("admin", Subject("admin", organisation="system:masters"))
        write_durably(self.kubeconfig, kubeconfig(self.url, self.authority.pair.certificate, admin))
        self._start_api_server()
        self._await_ready(admin)
        manager = self._folder / "controller-manager.kubeconfig"
        self.write_client(manager, Subject("controller-manager", organisation="system:masters"))
        self._start_manager(manager)

    def write_client(self, file: Path, subject: Subject) -> None:
        """A kubeconfig for somebody."""
        client = self.authority.issue(subject.name.replace(":", "-"), subject)
        write_durably(file, kubeconfig(self.url, self.authority.pair.certificate, client))

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
        place, services = self._place, self._place.services
        names = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
        subject = Subject("kube-apiserver", names=names, addresses=(self._place.address, str(services[1])))
        server, account = self.authority.issue("api-server", subject), service_account_key(self._folder / "pki")
        words = [
            str(self._tools.kube), "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self._ports['etcd']}",
            f"--bind-address={place.address}", f"--secure-port={self._ports['api']}",
            f"--advertise-address={place.address}",
            f"--tls-cert-file={server.certificate}", f"--tls-private-key-file={server.key}",
            f"--client-ca-file={self.authority.pair.certificate}", f"--cert-dir={self._folder / 'pki'}",
            f"--service-account-key-file={account}", f"--service-account-signing-key-file={account}",
            "--service-account-issuer=https://kubernetes.default.svc", f"--service-cluster-ip-range={services}",
            "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true", "--profiling=false",
        ]  # fmt: skip
        self.processes.start("kube-apiserver", [*words, *self._kubelet_words()])

    def _kubelet_words(self) -> list[str]:
        if not self._place.kubelets:
            return ["--endpoint-reconciler-type=none"]
        client = self.authority.issue("kubelet-client", KUBELET_CLIENT)
        return [
            f"--kubelet-client-certificate={client.certificate}", f"--kubelet-client-key={client.key}",
            f"--kubelet-certificate-authority={self.authority.pair.certificate}",
            "--kubelet-preferred-address-types=InternalIP",
        ]  # fmt: skip

    def _start_manager(self, config: Path) -> None:
        account, ca = service_account_key(self._folder / "pki"), self.authority.pair
        words = [
            str(self._tools.kube), "kube-controller-manager",
            f"--kubeconfig={config}", f"--authentication-kubeconfig={config}", f"--authorization-kubeconfig={config}",
            "--bind-address=127.0.0.1", f"--secure-port={self._ports['manager']}", f"--cert-dir={self._folder / 'pki'}",
            "--leader-elect=false", "--use-service-account-credentials=true",
            f"--service-account-private-key-file={account}", f"--root-ca-file={ca.certificate}",
            f"--cluster-signing-cert-file={ca.certificate}", f"--cluster-signing-key-file={ca.key}",
        ]  # fmt: skip
        self.processes.start("kube-controller-manager", words)

    def _await_ready(self, admin: Pair) -> None:
        context = ssl.create_default_context(cafile=str(self.authority.pair.certificate))
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
