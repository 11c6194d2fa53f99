"""The highest numbers that this node has seen, so that nothing older is ever accepted again.

Scopes: `revision` of a deployment (with the digest of its document), `fence` of a resource (epoch, generation),
`removed` of a resource (second in which its removal was signed), `lease` of a supervisor, `snapshot` of the trust.
The first three are a tenant's: a namespace that is made anew for another tenant begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from node_agent.executor.store import Store

Scope = Literal["revision", "fence", "removed", "lease", "snapshot"]


@dataclass(frozen=True, order=True)
class Mark:
    """A number seen; `minor` orders within it, `digest` says which document had it."""

    number: int = 0
    minor: int = 0
    digest: str = ""


def subject(tenant: str, *names: str) -> str:
    """How a mark names what it is of. No tenant: a removal that named none, or a mark of an older journal."""
    return "/".join((tenant, *names) if tenant else names)


class Marks:
    """Numbers that only rise."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, scope: Scope, subject: str) -> Mark:
        """The highest seen; all zero before the first."""
        found = self._store.rows(
            "SELECT number, minor, digest FROM marks WHERE scope = ? AND subject = ?", scope, subject
        )
        return Mark(*found[0]) if found else Mark()

    def highest(self, scope: Scope, tenant: str, *names: str) -> Mark:
        """The highest seen of what a tenant has; a mark without a tenant counts for every tenant."""
        return max(self.get(scope, subject(tenant, *names)), self.get(scope, subject("", *names)))

    def raise_to(self, scope: Scope, subject: str, mark: Mark) -> None:
        """Keeps the mark if it is higher than the one there; a lower one is ignored."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO marks VALUES (?, ?, ?, ?, ?) ON CONFLICT (scope, subject) DO UPDATE SET"
                " number = excluded.number, minor = excluded.minor, digest = excluded.digest"
                " WHERE (excluded.number, excluded.minor) > (marks.number, marks.minor)",
                (scope, subject, mark.number, mark.minor, mark.digest),
            )

    def forget(self, scope: Scope, subject: str) -> None:
        """Drops a mark whose subject is gone for good."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM marks WHERE scope = ? AND subject = ?", (scope, subject))

    def forget_below(self, scope: Scope, number: int) -> None:
        """Drops the marks of a scope that are too low to matter."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM marks WHERE scope = ? AND number < ?", (scope, number))
