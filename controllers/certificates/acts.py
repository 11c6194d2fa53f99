"""What a plan is made of: the few things that this role may do, and what it says when it may not."""

from __future__ import annotations

from dataclasses import dataclass

from controllers.certificates.leaves import Leaf
from controllers.loop.objects import Json, Object, Resource


@dataclass(frozen=True)
class MakeAuthority:
    """There is none yet."""


@dataclass(frozen=True)
class Issue:
    """A certificate, into a new Secret or over the one of ours that is `target`; `why` says what for."""

    leaf: Leaf
    why: str
    target: Object | None


@dataclass(frozen=True)
class Write:
    """An object as it must be, created or merged into `target`; `done` says afterwards what is so."""

    resource: Resource
    body: Json
    target: Object | None
    done: str


@dataclass(frozen=True)
class Problem:
    """Something that only its owner can mend; the sentence names the object and the remedy."""

    sentence: str


Act = MakeAuthority | Issue | Write
