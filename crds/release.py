"""Release: a boot image that nodes may run. Counts only when the trust snapshot lists it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from crds.meta import (
    AGE,
    NAMED_AS_RECORD,
    Column,
    Digest,
    DnsLabel,
    ImageVersion,
    KindDefinition,
    Part,
    Status,
    about,
    condition_column,
)
from crds.record_conditions import LISTED


class ReleaseSpec(Part):
    """The record; its digest is listed in the snapshot."""

    version: Annotated[ImageVersion, about("The image's version, as it says itself: up to four numbers with dots.")]
    flavour: Annotated[DnsLabel, about("For which machines it is: `cloud` or `metal`.")]
    digest: Annotated[Digest, about("SHA-256 of the image, whole.")]
    size: Annotated[int, Field(ge=1, le=1 << 30), about("Its bytes.")]
    url: Annotated[
        str,
        StringConstraints(pattern=r"^https?://[!-~]{1,500}$", max_length=512),
        about("Where nodes fetch it; the digest says whether it is the right one."),
    ]
    minimum: Annotated[ImageVersion, about("Nothing older is installed anywhere any more.")]
    pcr_11: (
        Annotated[
            str,
            StringConstraints(pattern=r"^[0-9a-f]{64}$", max_length=64),
            about("What PCR 11 of a TPM holds after it was started (SHA-256)."),
        ]
        | None
    ) = None


class ReleaseStatus(Status):
    """Whether the newest snapshot lists this record."""


RELEASE = KindDefinition(
    kind="Release",
    plural="releases",
    short_name="hprelease",
    scope="Cluster",
    description="A boot image that nodes may run.",
    written_by="operator, ledger (status)",
    spec=ReleaseSpec,
    status=ReleaseStatus,
    columns=(
        Column("Version", ".spec.version"),
        Column("Flavour", ".spec.flavour"),
        Column("Minimum", ".spec.minimum"),
        condition_column("Listed", "Ready"),
        AGE,
        condition_column("Reason", "Ready", "reason", wide=True),
        Column("URL", ".spec.url", wide=True),
    ),
    conditions=(LISTED,),
    rules=(NAMED_AS_RECORD,),
)
