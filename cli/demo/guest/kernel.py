"""Debian's cloud kernel and the few of its modules that the guest needs, from the package as apt verifies it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sal.command import Command, Runner
from sal.errors import NotFound

META_PACKAGE = "linux-image-cloud-amd64"
WANTED = ("virtio_pci", "virtio_blk", "virtio_net", "ext4", "vfat", "nls_cp437", "nls_ascii", "button", "evdev")


@dataclass(frozen=True)
class Kernel:
    """The kernel image and its modules in the order in which they are loaded."""

    image: Path
    modules: tuple[Path, ...]


def fetch_kernel(runner: Runner, folder: Path) -> Kernel:
    """Downloads (once) and unpacks the kernel package into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    package = _package_name(runner)
    unpacked = folder / package
    if not unpacked.exists():
        aside = folder / f".new-{package}"
        _download(runner, folder, package)
        deb = next(folder.glob(f"{package}_*.deb"))
        runner.run(Command(("dpkg-deb", "--extract", str(deb), str(aside)), timeout_seconds=120))
        version = next((aside / "lib/modules").iterdir()).name
        runner.run(Command(("depmod", "--basedir", str(aside), version), hint="install kmod"))
        aside.rename(unpacked)
        deb.unlink()
    return _kernel(unpacked)


def _download(runner: Runner, folder: Path, package: str) -> None:
    words = ("env", "--chdir", str(folder), "apt-get", "download", "-o", "APT::Sandbox::User=root", package)
    runner.run(Command(words, timeout_seconds=300, hint="run `apt-get update` and try again"))


def _package_name(runner: Runner) -> str:
    output = runner.run(Command(("apt-cache", "depends", META_PACKAGE), hint="run `apt-get update` and try again"))
    for line in output.text.splitlines():
        word, _, name = line.strip().partition(": ")
        if word == "Depends" and name.startswith("linux-image-"):
            return name
    raise NotFound(f"apt knows no {META_PACKAGE}: run `apt-get update` and try again")


def _kernel(unpacked: Path) -> Kernel:
    modules = next((unpacked / "lib/modules").iterdir())
    order = load_order((modules / "modules.dep").read_text(), WANTED)
    return Kernel(next((unpacked / "boot").glob("vmlinuz-*")), tuple(modules / each for each in order))


def load_order(dependencies: str, wanted: tuple[str, ...]) -> list[str]:
    """Paths of the wanted modules and what they need, what is needed first, from the text of modules.dep."""
    needs = {file: rest.split() for file, _, rest in (line.partition(":") for line in dependencies.splitlines())}
    by_name = {Path(file).name.split(".")[0]: file for file in needs}
    order: list[str] = []
    for name in wanted:
        file = by_name.get(name)
        if file is None:
            continue
        # modules.dep lists what is needed nearest first: loading goes the other way round.
        order += [each for each in (*reversed(needs[file]), file) if each not in order]
    return order
