"""What this program needs of each kind. Made from the models by `make crds`: change those."""

from __future__ import annotations

from crds.stamp import Stamp

RELEASE = "0.1.0"
NEEDED: dict[str, Stamp] = {
    "trusts.hardpan.dev": Stamp(RELEASE, "43ee74bbc498ee6cc4b9e31eb0ac0309"),
    "users.hardpan.dev": Stamp(RELEASE, "63bb2df4af7a7e895e5b67c50e02a629"),
    "tenants.hardpan.dev": Stamp(RELEASE, "8f66284cde0f1f4e2fcde236e1e45f50"),
    "supervisors.hardpan.dev": Stamp(RELEASE, "e9042a844132ada0473eb9dc89e4c41c"),
    "jointokens.hardpan.dev": Stamp(RELEASE, "f1ca3308fc2ac79a9f91f502efea8305"),
    "releases.hardpan.dev": Stamp(RELEASE, "ce2f63a63e310f9ea3930698c98bc5cb"),
    "nodes.hardpan.dev": Stamp(RELEASE, "0830504e84ba3cb750c55a064682940d"),
    "deployments.hardpan.dev": Stamp(RELEASE, "4b51f29e92f274215794f080850e4d6b"),
    "revisionmarks.hardpan.dev": Stamp(RELEASE, "425b79648b6f44060a97942e0775e444"),
    "machines.hardpan.dev": Stamp(RELEASE, "03a5187232a89537d63d1ba9afbd4148"),
    "volumes.hardpan.dev": Stamp(RELEASE, "6e81766ce33b4685df37f0402fd3aa48"),
    "jobs.hardpan.dev": Stamp(RELEASE, "4112008de6c9e7be1e851d5f9c56a724"),
}
