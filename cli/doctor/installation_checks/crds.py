"""Our kinds are there, and this program can work with them."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.check import Check, Finding, well, wrong
from cli.doctor.installation import Installation
from crds.stamp import UPGRADE, digest_of, outdated, stamp_of
from crds.stamps import NEEDED


def look(installation: Installation) -> Iterator[Finding]:
    """Compares what the kinds say of themselves with what is needed, and with what they are."""
    found = {each["metadata"]["name"]: each for each in installation.objects("customresourcedefinitions")}
    held = {name: each for name, each in found.items() if name in NEEDED}
    missing = sorted(NEEDED.keys() - held.keys())
    old = outdated(held.values(), NEEDED)
    changed = sorted(name for name, each in held.items() if digest_of(each) != stamp_of(each).schemas)
    if missing:
        yield wrong(f"missing: {', '.join(missing)}", UPGRADE.replace("upgrade", "install", 1))
    if old:
        yield wrong(old, UPGRADE)
    elif changed:
        yield wrong(f"not as they were installed: {', '.join(changed)}", UPGRADE)
    elif not missing:
        releases = sorted({stamp_of(each).release for each in held.values()})
        yield well(f"{len(held)} kinds, of version {', '.join(releases)}")


CHECK = Check("kinds", look)
