"""A user at a terminal, without a machine: commands run whole, over tools in memory and a home of their own."""

from __future__ import annotations

import copy
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cli.main import run
from sal.command import Command, Output, SystemRunner
from tests.unit.cli.tools import Tools, key_files

SCRIPT = """\
let first = ();
for i in 0..params.replicas {
  let data = volume(`data-${i}`, #{ size: "64Mi" });
  machine(`web-${i}`, #{
    memory: params.memory, disk: "64Mi", image: params.image,
    volumes: [ #{ volume: data, mount: "/data" } ],
  });
}
"""
MANIFEST = """\
# what alice wrote
apiVersion: hardpan.dev/v1alpha1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  language: 1  # the only one
  params:
    replicas: 2
    memory: 96Mi
    image: "https://images.example/guest.raw#sha256={digest}"
  script: |
{script}"""


@dataclass
class Terminal:
    """What a command left."""

    tools: Tools
    home: Path
    capture: pytest.CaptureFixture[str]
    keys: Path
    site: Path
    code: int = 0
    out: str = ""
    err: str = field(default="")

    def __call__(self, *words: str | Path) -> Terminal:
        """Runs a command."""
        self.capture.readouterr()
        self.code = run([str(each) for each in words])
        self.out, self.err = self.capture.readouterr()
        return self

    def operator(self, *words: str | Path) -> Terminal:
        """Runs a command of the operator, on the site, with the first root key; it must succeed."""
        done = self(*words, "--site", self.site, "--key", self.keys / "root-1")
        assert done.code == 0, done.err
        return done

    def manifest(self, name: str = "web.yaml", text: str = "") -> Path:
        """A manifest in the home."""
        indented = "".join(f"    {line}\n" for line in SCRIPT.splitlines())
        file = self.home / name
        file.write_text(text or MANIFEST.format(digest="ab" * 32, script=indented))
        return file

    def edit(self, file: Path, old: str, new: str) -> Path:
        """Changes a manifest as an editor would."""
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        return file


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """A user with a home and nothing else."""
    tools = Tools()

    def run_in_memory(_: SystemRunner, command: Command) -> Output:
        return tools.run(command)

    monkeypatch.setattr(SystemRunner, "run", run_in_memory)
    monkeypatch.setattr("cli.kubectl.shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(sys, "argv", ["hardpan"])
    for name in ("KUBECONFIG", "HARDPAN_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(home / "agent"))
    return Terminal(tools, home, capsys, key_files(tmp_path / "keys"), tmp_path / "site")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the first test that needs a shop leaves for the others."""
    return {"folder": tmp_path_factory.mktemp("shop")}


@pytest.fixture
def shop(terminal: Terminal, built: dict[str, Any]) -> Terminal:
    """A cluster with tenant shop, whose member is alice; alice's key is in the agent."""
    if "objects" not in built:
        _build(terminal)
        shutil.copytree(terminal.site, built["folder"] / "site")
        shutil.copytree(terminal.home, built["folder"] / "home")
        built["objects"] = copy.deepcopy(terminal.tools.objects)
    else:
        shutil.copytree(built["folder"] / "site", terminal.site)
        shutil.copytree(built["folder"] / "home", terminal.home, dirs_exist_ok=True)
        terminal.tools.objects = copy.deepcopy(built["objects"])
    terminal.tools.agent = ["mallory", "alice"]
    return terminal


def _build(terminal: Terminal) -> None:
    roots = ("--root-key", terminal.keys / "root-1.pub", "--root-key", terminal.keys / "root-2.pub")
    assert terminal("init", *roots, "--site", terminal.site).code == 0, terminal.err
    terminal.operator("user", "add", "alice", "--public-key", terminal.keys / "alice.pub")
    terminal.operator("tenant", "add", "shop", "--member", "alice", "--machines", "4", "--memory", "1Gi")
