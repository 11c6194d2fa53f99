"""The image as it is built here: the same bytes everywhere, and all that a node's programs import is in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest

from cli.demo.tools import cache_folder
from efi.build import Order, archives, lock_file, prepare
from efi.flavour import flavour
from efi.inspect import inspect
from efi.lock import read_lock
from efi.options import options
from efi.pe import sections
from efi.store import Store
from sal.command import SystemRunner
from tests.system.requirements import need
from tests.system.somebody_else import IMPORTED, built_by_somebody_else, sha256

ROOT = Path(__file__).parents[2]
BUDGET = 64 << 20
BUILD = ("-m", "cli.main", "image", "build", "--output")
MEASURE = Path("/lib/systemd/systemd-measure")
PROCESSES = ("node_agent.boot.process", "node_agent.agent.process", "node_agent.executor.process", "node_agent.fetcher")
IMPORTING = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]; print(*sys.modules)"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image of the cloud flavour, for no site."""
    need("image")
    file = tmp_path_factory.mktemp("image") / "hardpan.efi"
    subprocess.run([sys.executable, *BUILD, file], check=True, env={**os.environ, "PYTHONPATH": IMPORTED})
    return file


@pytest.fixture(scope="module")
def unpacked(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the kernel makes of the image's archives."""
    folder = tmp_path_factory.mktemp("unpacked")
    kind, store = flavour("cloud"), Store(cache_folder() / "efi", SystemRunner())
    order = Order(kind, read_lock(lock_file(kind)), options=options(["qemu"]))
    tools = prepare(order.lock, store, lambda _: nullcontext())
    for archive in archives(order, tools, store.folder, lambda _: nullcontext())[:-1]:
        plain = subprocess.run(["zstd", "-dqc"], input=archive, stdout=subprocess.PIPE, check=True).stdout
        subprocess.run(["cpio", "-idu", "--quiet", "--no-absolute-filenames"], input=plain, check=True, cwd=folder)
    return folder


def test_it_keeps_to_its_budget(image: Path) -> None:
    assert image.stat().st_size <= BUDGET


@pytest.mark.timeout(900)
def test_another_folder_user_umask_time_zone_and_python_give_the_same_bytes_without_a_network(image: Path) -> None:
    assert built_by_somebody_else(BUILD) == sha256(image)


def test_what_a_nodes_processes_import_is_in_it(unpacked: Path) -> None:
    modules = _in_the_image(unpacked, IMPORTING, *PROCESSES)
    assert {"redis", "pydantic_core", "nacl.bindings", "cryptography", "pyroute2", "httpx", "blake3"} <= modules
    assert "rhai" not in modules


def _in_the_image(unpacked: Path, program: str, *words: str) -> set[str]:
    """Words that a program prints which the image's own Python runs, with nothing but the image's files."""
    loader = unpacked / "usr/lib64/ld-linux-x86-64.so.2"
    command: Sequence[str | Path] = (loader, "--library-path", unpacked / "usr/lib/x86_64-linux-gnu")
    python = (unpacked / "usr/bin/python3.11", "-B", "-c", program, *words)
    environment = {"PYTHONHOME": str(unpacked / "usr"), "PATH": ""}
    done = subprocess.run([*command, *python], env=environment, cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_no_path_of_the_machine_that_built_it_is_in_it(unpacked: Path) -> None:
    paths = [str(ROOT).encode(), str(cache_folder()).encode()]
    files = [each for each in unpacked.rglob("*.pyc") if not each.is_symlink()]
    assert len(files) > 1000
    assert [each for each in files if any(path in each.read_bytes() for path in paths)] == []


def test_the_bill_of_materials_names_the_very_image(image: Path) -> None:
    bill = json.loads(image.with_name("hardpan.efi.cdx.json").read_text())
    assert bill["metadata"]["component"]["hashes"][0]["content"] == sha256(image)
    assert {"libc6", "busybox-static", "pydantic-core"} <= {each["name"] for each in bill["components"]}


@pytest.mark.skipif(not MEASURE.exists(), reason="systemd-measure is a part of systemd, which containers may lack")
def test_pcr_11_is_what_systemd_says_of_it(image: Path, tmp_path: Path) -> None:
    words = []
    for each in sections(image.read_bytes()):
        if each.name in (".linux", ".osrel", ".cmdline", ".initrd"):
            (tmp_path / each.name).write_bytes(each.content)
            words.append(f"--{each.name[1:]}={tmp_path / each.name}")
    said = subprocess.run(
        [MEASURE, "calculate", "--phase=:", "--bank=sha256", *words], check=True, capture_output=True, text=True
    ).stdout
    assert f"11:sha256={inspect(image.read_bytes()).pcr_11}" in said


def test_the_optional_hypervisor_starts_with_the_images_own_files(unpacked: Path) -> None:
    need("root")
    words = ("-machine", "q35", "-nodefaults", "-display", "none", "-sandbox", "on", "-S", "-qmp", "stdio")
    talk = b'{"execute": "qmp_capabilities"}{"execute": "quit"}'
    command = ["/usr/bin/qemu-system-x86_64", *words]
    root = {"preexec_fn": lambda: os.chroot(unpacked)}
    done = subprocess.run(command, input=talk, cwd="/", capture_output=True, timeout=60, **root)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"SHUTDOWN" in done.stdout
