"""Makes a lock: what apt and pip serve now of the listed packages and wheels."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from efi import apt, pip
from efi.contents import names
from efi.errors import ContentsWrong
from efi.flavour import Flavour
from efi.lock import WHEEL, Item, Lock
from efi.requirements import Requirement, parse_requirements, pick
from efi.store import Store


def make_lock(store: Store, flavour: Flavour, requirements: str, now: datetime) -> Lock:
    """The lock of a flavour; `requirements` is the text of requirements.lock. Fetches the wheels to choose them."""
    options = store.fresh()
    kernel = apt.first_dependency(store.runner, flavour.kernel, options)
    listed = (*names("packages"), *names(f"packages.{flavour.name}"), *names("tools"), kernel)
    return pinned(store, options, listed, names("wheels"), requirements, now)


def pinned(
    store: Store,
    options: Sequence[str],
    packages: Sequence[str],
    wheels: Sequence[str],
    requirements: str,
    now: datetime,
) -> Lock:
    """The lock of these packages, as apt with these options serves them, and of these wheels."""
    debs = apt.served(store.runner, packages, options)
    came = _wheels(store, pick(parse_requirements(requirements), wheels))
    return Lock(now.replace(microsecond=0), tuple(sorted((*debs, *came))))


def _wheels(store: Store, wanted: tuple[Requirement, ...]) -> tuple[Item, ...]:
    store.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=store.folder) as folder:
        pip.download(store.runner, store.folder / "pip", wanted, Path(folder))
        came = set(store.add(Path(folder)).values())
    return tuple(_item(each, came) for each in wanted)


def _item(wanted: Requirement, came: set[str]) -> Item:
    found = next((digest for digest in wanted.digests if digest in came), None)
    if found is None:
        raise ContentsWrong(f"no wheel of {wanted.name} {wanted.version} came: is there one for Python 3.11?")
    return Item(WHEEL, wanted.name, wanted.version, found)
