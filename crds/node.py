"""Node: a machine that registered. Written by the ledger; what operators decide of it stands in five of its fields."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from crds.meta import (
    AGE,
    Base64Key,
    Column,
    Count,
    Digest,
    DnsLabel,
    ImageVersion,
    KindDefinition,
    LabelMap,
    Part,
    Region,
    Rule,
    Status,
    Text,
    Timestamp,
    about,
    condition_column,
    named,
    rules,
)
from crds.node_conditions import CONDITIONS

ANEW = "delete the Node and let the machine register again"


class ImageOrder(Part):
    """To which boot image the node is brought, and when that was asked for: another time asks again."""

    release: Annotated[DnsLabel, about("Name of the release.")]
    asked: Annotated[Timestamp, about("When it was asked for.")]


class NodeSpec(Part):
    """What the machine signed when it registered, who vouches for it, and what the operator decides."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            Rule("self.signingKey == oldSelf.signingKey", f"a node's key is its identity: {ANEW}", ".signingKey"),
            Rule(
                "self.registration == oldSelf.registration",
                f"a node's registration names its keys, which never change: {ANEW}",
                ".registration",
            ),
            Rule(
                "!has(oldSelf.removal) || oldSelf.removal != 'Forget'"
                " || (has(self.removal) && self.removal == 'Forget')",
                "what ran on a forgotten node may run elsewhere by now: wipe the machine, and it comes as a new node",
                ".removal",
            ),
        )
    )

    signing_key: Annotated[Base64Key, about("Ed25519 key that signs its reports; the node's name is its digest.")]
    registration: Annotated[
        str,
        StringConstraints(min_length=1, max_length=32768),
        about(
            "Envelope of the first registration, as the machine signed it: its other keys are believed from here only."
        ),
    ]
    token: Annotated[DnsLabel, about("The join token that it came by.")] | None = None
    certificate: (
        Annotated[
            str,
            StringConstraints(max_length=8192),
            about("Envelope in which the token's key or the operator root vouches for the keys."),
        ]
        | None
    ) = None
    resolved: Annotated[Timestamp, about("Conflicts up to this time are settled. Set by operators.")] | None = None
    cordoned: Annotated[bool, about("True: nothing new is placed there. Set by operators.")] | None = None
    image: Annotated[ImageOrder, about("The boot image that it is brought to. Set by operators.")] | None = None
    draining: Annotated[bool, about("True: what may move goes to other nodes. Set by operators.")] | None = None
    removal: (
        Annotated[
            Literal["Graceful", "Forget"],
            about("Takes it out of service: once nothing is on it any more, or at once, for good. Set by operators."),
        ]
        | None
    ) = None


class Capacity(Part):
    """What can be given to machines."""

    cpus: Annotated[Count, about("Processors.")]
    memory: Annotated[Count, about("Bytes of memory.")]
    disk: Annotated[Count, about("Bytes of disk.")]


class Disk(Part):
    """A disk of the machine."""

    name: Annotated[str, StringConstraints(max_length=32), about("Its device's name.")]
    size: Annotated[Count, about("Its bytes.")]
    serial: Annotated[str, StringConstraints(max_length=64), about("Its serial number.")] | None = None


class Card(Part):
    """A network card of the machine."""

    name: Annotated[str, StringConstraints(max_length=16), about("Its link's name.")]
    address: Annotated[str, StringConstraints(max_length=17), about("Its hardware address.")]


class Inventory(Part):
    """What the machine says of itself; bounded, and believed only as far as its approval goes."""

    hostname: Annotated[str, StringConstraints(max_length=64), about("Its host name.")]
    architecture: Annotated[Literal["x86_64", "aarch64"], about("Its processors.")]
    kernel: Annotated[str, StringConstraints(max_length=64), about("Its kernel's release.")]
    board_vendor: Annotated[str, StringConstraints(max_length=64), about("Maker of its board.")]
    virtualisation: Annotated[
        str, StringConstraints(max_length=32), about("`vm` when it is itself a virtual machine, else `none`.")
    ]
    agent_version: Annotated[str, StringConstraints(max_length=32), about("Version of its node agent.")]
    product: Annotated[str, StringConstraints(max_length=64), about("The machine's product name.")] | None = None
    serial: Annotated[str, StringConstraints(max_length=64), about("The machine's serial number.")] | None = None
    machine: (
        Annotated[str, StringConstraints(max_length=64), about("The UUID that its firmware gives the machine.")] | None
    ) = None
    firmware: (
        Annotated[str, StringConstraints(max_length=128), about("`UEFI` or `BIOS`, with maker and version.")] | None
    ) = None
    processor: Annotated[str, StringConstraints(max_length=64), about("Model of its processors.")] | None = None
    memory: Annotated[Count, about("Bytes of memory in all.")] | None = None
    accelerator: Annotated[Literal["kvm", "none"], about("What its kernel offers to run machines by.")] | None = None
    keys: (
        Annotated[
            str,
            StringConstraints(max_length=128),
            about("How its keys lie on its disk: sealed to its TPM, or in plain and why."),
        ]
        | None
    ) = None
    disks: (
        Annotated[
            list[Disk],
            Field(
                max_length=16, description="Its first disks.", json_schema_extra={"x-kubernetes-list-type": "atomic"}
            ),
        ]
        | None
    ) = None
    cards: (
        Annotated[
            list[Card],
            Field(
                max_length=16,
                description="Its first network cards.",
                json_schema_extra={"x-kubernetes-list-type": "atomic"},
            ),
        ]
        | None
    ) = None


class NodeImage(Part):
    """The boot image that it runs, as it says itself."""

    version: Annotated[ImageVersion, about("Its version.")]
    flavour: Annotated[DnsLabel, about("`cloud` or `metal`.")]
    works: Annotated[bool, about("True once it was a working node with this version.")] | None = None


class Uptime(Part):
    """Seconds of credited uptime of one UTC day."""

    day: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$", max_length=10), about("The day.")]
    seconds: Annotated[Count, about("Seconds for which reports arrived.")]


_REGISTER = StringConstraints(pattern=r"^[0-9a-f]{64}$", max_length=64)


class NodeAttestation(Part):
    """What its TPM said when it registered."""

    key: Annotated[Digest, about("The key that signs its quotes; it stays the same.")]
    pcr7: Annotated[str, _REGISTER, about("Secure Boot: whether it is on, its keys, and whose signature counted.")]
    pcr11: Annotated[str, _REGISTER, about("The image that was started: `hardpan image inspect` prints it.")]


class NodeSummary(Part):
    """Short forms for lists; for people only, code never reads them."""

    address: Annotated[Text, about("The address, shortened.")] | None = None
    memory: Annotated[Text, about("Memory that can be given to machines: 512Gi.")] | None = None


class NodeStatus(Status):
    """What the ledger knows."""

    summary: Annotated[NodeSummary, about("Short forms for lists.")] | None = None
    address: (
        Annotated[str, StringConstraints(max_length=45), about("Address of its side of its machines' network.")] | None
    ) = None
    site: Annotated[DnsLabel, about("Its site, as its certificate says.")] | None = None
    region: Annotated[Region, about("Its region, as its certificate says.")] | None = None
    labels: Annotated[LabelMap, about("Its labels, as its certificate says.")] | None = None
    capacity: Annotated[Capacity, about("What can be given to machines.")] | None = None
    inventory: Annotated[Inventory, about("What the machine says of itself.")] | None = None
    image: Annotated[NodeImage, about("The boot image that it runs.")] | None = None
    attestation: Annotated[NodeAttestation, about("What its TPM said when it registered.")] | None = None
    boot: Annotated[Text, about("Which start of the machine reported last.")] | None = None
    start: Annotated[Count, about("How often its programs were started, by its own count.")] | None = None
    instance: Annotated[Text, about("Random name of that start.")] | None = None
    machines: Annotated[Count, about("Machines that it holds.")] | None = None
    uptime: Annotated[
        list[Uptime] | None,
        Field(
            max_length=35,
            description="Credited uptime of the latest 35 days.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ] = None


NODE = KindDefinition(
    kind="Node",
    plural="nodes",
    short_name="hpnode",
    scope="Cluster",
    description="A machine that registered with this control plane.",
    written_by="ledger, operator (`cordoned`, `draining`, `image`, `removal`, `resolved`)",
    spec=NodeSpec,
    status=NodeStatus,
    columns=(
        condition_column("Ready", "Ready"),
        condition_column("Schedulable", "Schedulable"),
        Column("Address", ".status.summary.address"),
        Column("CPU", ".status.capacity.cpus", "integer"),
        Column("Memory", ".status.summary.memory"),
        Column("Machines", ".status.machines", "integer"),
        AGE,
        condition_column("Reason", "Ready", "reason", wide=True),
        Column("Region", ".status.region", wide=True),
        Column("Full Address", ".status.address", wide=True),
        Column("Image", ".status.image.version", wide=True),
    ),
    conditions=CONDITIONS,
    rules=(
        named(
            "^n-[a-z2-7]{26}$",
            "a Node is named by its key and made by the ledger: boot the machine and let it register",
        ),
    ),
)
