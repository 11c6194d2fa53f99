"""The controllers' image as it is built here: the same bytes everywhere, and every role runs by its files alone."""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cli.demo.tools import cache_folder
from controllers.__main__ import ROLES
from oci.image import ENTRY_POINT, ENVIRONMENT
from tests.system.control_plane_image import BUILD, EVALUATE, build
from tests.system.requirements import need
from tests.system.somebody_else import built_by_somebody_else, sha256

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
BUDGET = 80 << 20
# A user whom no file of the image names: some clusters run each namespace as another one.
USERS = (65_532, 1_000_650_000)
# As a pod has it: nothing to write to, no network, no rights, and the entry point's own surroundings.
POD = """
set -e
mount --bind "$0" "$0"
mount --bind /dev "$0/dev"
mount -t proc proc "$0/proc"
mount -o remount,bind,ro "$0"
cd "$0"
exec setpriv --no-new-privs chroot --userspec="$1:$1" --groups= "$0" "${@:2}"
"""
# Some roles run without any setting, and none with this one.
WRONG = {"HARDPAN_MONITOR": "nowhere"}
IMPORT_ALL = """
import importlib, pkgutil
for name in ("cli", "controllers", "crds", "jobs", "node_agent", "plans", "rhai", "sal", "trust"):
    for each in pkgutil.walk_packages(importlib.import_module(name).__path__, name + "."):
        if not each.name.endswith("__main__"):
            importlib.import_module(each.name)
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image as a file."""
    return build(tmp_path_factory.mktemp("image") / "hardpan.tar")


@pytest.fixture(scope="module")
def manifest(image: Path) -> dict[str, object]:
    """What it is made of."""
    with tarfile.open(image) as opened:
        [named] = json.load(opened.extractfile("index.json"))["manifests"]  # type: ignore[arg-type]
        return {"digest": named["digest"], **json.load(opened.extractfile(_blob(named)))}  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def root(image: Path, manifest: dict[str, object]) -> Iterator[Path]:
    """Its files, as a container has them, in a folder that every user may look into."""
    with TemporaryDirectory(prefix="hardpan-root-") as folder, tarfile.open(image) as opened:
        for each in manifest["layers"]:  # type: ignore[attr-defined]
            with tarfile.open(fileobj=opened.extractfile(_blob(each)), mode="r:gz") as layer:
                layer.extractall(folder, filter="fully_trusted")
        Path(folder).chmod(0o755)
        yield Path(folder)


def _blob(descriptor: dict[str, str]) -> str:
    return "blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")


def _run(root: Path, user: int, *words: str) -> subprocess.CompletedProcess[str]:
    need("root")
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "bash", "-c", POD, str(root), str(user), *words]
    environment = {**ENVIRONMENT, **WRONG, "PATH": f"{ENVIRONMENT['PATH']}:/usr/sbin:/bin"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def test_it_keeps_to_its_budget(image: Path) -> None:
    assert image.stat().st_size <= BUDGET


def test_another_folder_user_umask_time_zone_and_python_give_the_same_bytes_without_a_network(image: Path) -> None:
    assert built_by_somebody_else(BUILD) == sha256(image)


def test_no_path_of_the_machine_that_built_it_is_in_it(root: Path) -> None:
    compiled = [each for each in root.rglob("*.pyc") if not each.is_symlink()]
    [engine] = root.rglob("_rhai*.so")
    assert len(compiled) > 1000
    paths = [str(each).encode() for each in (ROOT, cache_folder())]
    assert [each for each in (*compiled, engine) if any(path in each.read_bytes() for path in paths)] == []
    assert str(Path.home()).encode() not in engine.read_bytes()


def test_it_holds_python_and_redis_and_no_shell(root: Path) -> None:
    programs = {each.name for each in (root / "usr/bin").iterdir()}
    assert programs == {"python3", "python3.11", "redis-server"}
    assert [each for each in root.rglob("*") if not each.is_symlink() and each.stat().st_mode & 0o6022] == []


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_starts_as_anybody_on_a_read_only_root_and_says_in_one_line_what_is_wrong(
    root: Path, role: str, user: int
) -> None:
    done = _run(root, user, *ENTRY_POINT, role)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith(f"{role} does not start: HARDPAN_")


def test_the_program_of_helm_test_starts_there_and_says_what_it_is_not_told(root: Path) -> None:
    done = _run(root, USERS[0], "/usr/bin/python3", "-P", "-m", "cli.helm_test")
    assert (done.returncode, done.stderr) == (
        1,
        "helm test does not start: HARDPAN_CLUSTER is not set: it is needed here\n",
    )


def test_every_module_of_ours_finds_there_what_it_imports(root: Path) -> None:
    done = _run(root, USERS[0], "/usr/bin/python3", "-c", IMPORT_ALL)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_script_is_evaluated_there_by_a_child(root: Path) -> None:
    done = _run(root, USERS[0], "/usr/bin/python3", "-c", EVALUATE)
    assert done.returncode == 0, done.stderr
    assert '"web"' in done.stdout


def test_redis_runs_there(root: Path) -> None:
    done = _run(root, USERS[0], "/usr/bin/redis-server", "--version")
    assert done.stdout.startswith("Redis server v=7."), done.stderr


def test_the_bill_of_materials_names_the_very_image(image: Path, manifest: dict[str, object]) -> None:
    bill = json.loads(image.with_name("hardpan.tar.cdx.json").read_text())
    assert f"sha256:{bill['metadata']['component']['hashes'][0]['content']}" == manifest["digest"]
    assert {"libc6", "redis-tools", "kopf"} <= {each["name"] for each in bill["components"]}
