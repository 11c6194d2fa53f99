"""The initramfs in archives that the kernel unpacks one after the other: platform, optional parts, agent, site.

The platform takes long and changes with the lock only; the agent takes a second; the site is small and of one operator.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from efi.agent import AGENT
from efi.contents import names
from efi.cpio import archive
from efi.firmware import add_firmware
from efi.flavour import Flavour
from efi.kept import kept, package_digest
from efi.kernel import Kernel, add_modules
from efi.lock import Lock
from efi.node import add_node
from efi.options import Option, add_option
from efi.programs import add_libraries, add_programs
from efi.python_tree import add_python
from efi.release import Release
from efi.site_part import FOLDER, GUESTS
from efi.tree import Tree
from efi.unpacked import WHEELS, Unpacked

Progress = Callable[[str], AbstractContextManager[None]]
AUTHORITIES = "usr/lib/ssl/cert.pem"
HERE = Path(__file__).parent
LEVEL = "-10"


@dataclass(frozen=True)
class Maker:
    """Makes the archives of a flavour from unpacked packages, and keeps them in a cache folder."""

    unpacked: Unpacked
    flavour: Flavour
    lock: Lock
    cache: Path
    progress: Progress

    def platform(self) -> bytes:
        """All that is not ours: programs, libraries, Python, kernel modules."""
        return self._kept("platform", self.flavour.name, self._platform)

    def agent(self, release: Release) -> bytes:
        """Our packages, and who the image is."""
        return self._kept("agent", f"{AGENT.digest()} {release.text()}", lambda: self._agent(release))

    def option(self, option: Option) -> bytes:
        """An optional part."""
        return self._kept(option.name, self.flavour.name, lambda: self._option(option))

    def guests(self, files: Sequence[Path]) -> bytes:
        """Disk images for the node's store, which are of the site's signed part."""
        return self._kept("guests", " ".join(each.name for each in files), lambda: _guests(files))

    def _option(self, option: Option) -> Tree:
        tree = Tree()
        with self.progress(option.name):
            add_option(tree, self.unpacked, option)
        return tree

    def _platform(self) -> Tree:
        tree = Tree()
        add_node(tree)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=self.cache) as folder:
            with self.progress("Python as byte code"):
                shared = add_python(tree, self.unpacked, Path(folder) / "python", names("python.excluded"))
            add_libraries(tree, self.unpacked, [*shared, *add_programs(tree, self.unpacked)])
            with self.progress("kernel modules"):
                kernel = Kernel(self.unpacked)
                chosen = kernel.chosen(self.flavour.modules)
                add_modules(tree, kernel, chosen, Path(folder) / "modules")
                add_firmware(tree, self.unpacked, [kernel.folder / each for each in chosen])
        for name in names("files"):
            tree.copy(self.unpacked.folder / name, name)
        tree.copy(self.unpacked.folder / WHEELS / "certifi/cacert.pem", AUTHORITIES)
        tree.link(f"{WHEELS}/certifi/cacert.pem", f"/{AUTHORITIES}")
        return tree

    def _agent(self, release: Release) -> Tree:
        tree = Tree()
        AGENT.add(tree, self.unpacked)
        tree.put("etc/os-release", release.text().encode())
        return tree

    def _kept(self, name: str, made_of: str, make: Callable[[], Tree]) -> bytes:
        def packed() -> bytes:
            entries = make().entries()
            with self.progress(f"{name} compressed"):
                return compressed(self.unpacked, archive(list(entries)))

        return kept(self.cache / name, f"{self.lock.digest} {package_digest(HERE)} {made_of}", packed)


def _guests(files: Sequence[Path]) -> Tree:
    tree = Tree()
    for each in files:
        tree.put(f"{FOLDER}/{GUESTS}/{each.name}", each.read_bytes())
    return tree


def compressed(unpacked: Unpacked, data: bytes) -> bytes:
    """The data as the kernel unpacks it, by the lock's own zstd; the same bytes with any number of processors."""
    with tempfile.TemporaryDirectory(prefix="hardpan-zstd-") as folder:
        plain, packed = Path(folder) / "plain", Path(folder) / "packed"
        plain.write_bytes(data)
        unpacked.run("zstd", "-q", LEVEL, "-T0", "-o", str(packed), str(plain))
        return packed.read_bytes()


def joined(parts: Iterable[bytes]) -> bytes:
    """Archives one behind the other, each at a multiple of four bytes, as the kernel asks for."""
    return b"".join(part + b"\0" * (-len(part) % 4) for part in parts)
