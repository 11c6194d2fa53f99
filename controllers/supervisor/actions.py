"""What the supervisor can do, as values: printing the list is the dry run, an empty list is "in sync"."""

from __future__ import annotations

from dataclasses import dataclass

from controllers.supervisor.model import OpenJob, Placed, Want
from crds.job import Step


@dataclass(frozen=True)
class Create:
    """Makes the object of a resource on a node; its epoch is the first, or above the one at which the node holds it."""

    want: Want
    node: str
    epoch: int = 1


@dataclass(frozen=True)
class Update:
    """Points an object at the item that the accepted plan has for it now."""

    placed: Placed
    want: Want


@dataclass(frozen=True)
class Raise:
    """Raises the epoch of an object that its node has seen further on: a store that was set back."""

    placed: Placed
    epoch: int


@dataclass(frozen=True)
class Delete:
    """Marks an object for removal; its node does the rest."""

    placed: Placed


@dataclass(frozen=True)
class Remove:
    """Places the removal of a terminating object in its node's queue."""

    placed: Placed


@dataclass(frozen=True)
class Release:
    """Lets a terminating object go: nothing of it is left on a node that exists."""

    placed: Placed


@dataclass(frozen=True)
class CreateJob:
    """Makes the one open job of this deployment on a node."""

    name: str
    node: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Enqueue:
    """Puts an open job's current attempt in its node's queue; a no-op when it is there."""

    job: OpenJob


@dataclass(frozen=True)
class Supersede:
    """Ends an open job whose steps are no longer wanted."""

    job: OpenJob


@dataclass(frozen=True)
class Forget:
    """Deletes a finished job beyond the number that is kept."""

    job: OpenJob


Action = Create | Update | Raise | Delete | Remove | Release | CreateJob | Enqueue | Supersede | Forget
