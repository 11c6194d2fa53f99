"""The node's durable memory: one SQLite file, every commit on disk before it counts.

`journal`, `marks` and `records` are views of it, so that what belongs together is committed together.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from node_agent.errors import NeedsOperator, NodeError, TryAgain

VERSION = 1
SCHEMA = """
CREATE TABLE jobs (uid TEXT PRIMARY KEY, attempt INTEGER NOT NULL, receipt BLOB, finished INTEGER) STRICT;
CREATE TABLE steps (uid TEXT NOT NULL, position INTEGER NOT NULL, done INTEGER NOT NULL, PRIMARY KEY (uid, position))
  STRICT;
CREATE TABLE marks (scope TEXT NOT NULL, subject TEXT NOT NULL, number INTEGER NOT NULL, minor INTEGER NOT NULL,
  digest TEXT NOT NULL, PRIMARY KEY (scope, subject)) STRICT;
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE bin_terms (host_name TEXT PRIMARY KEY, days INTEGER NOT NULL) STRICT;
CREATE TABLE bin (entry TEXT PRIMARY KEY, seconds REAL NOT NULL) STRICT;
CREATE TABLE records (kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (kind, namespace, name)) STRICT;
"""


class Store:
    """One connection, shared by all threads under one lock."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = threading.RLock()
        with _named(path):
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=wal")
            self._connection.execute("PRAGMA synchronous=full")
            self._prepare()
        self._path = path

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; nested use joins the outer transaction. Raises TryAgain when the disk is full."""
        with self._lock, _named(self._path):
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @property
    def changes(self) -> int:
        """Rises with every row that is changed, by a transaction that is not over too."""
        return self._connection.total_changes

    @contextmanager
    def still(self) -> Iterator[bool]:
        """Nothing changes within; whether everything that is seen there is committed."""
        with self._lock:
            yield not self._connection.in_transaction

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock, _named(self._path):
            return self._connection.execute(query, values).fetchall()

    def fact(self, name: str) -> bytes | None:
        """A single value kept by name."""
        found = self.rows("SELECT value FROM facts WHERE name = ?", name)
        return bytes(found[0][0]) if found else None

    def keep_fact(self, name: str, value: bytes) -> None:
        """Keeps a single value."""
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _prepare(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        elif version != VERSION:
            raise NeedsOperator("JournalNewer", f"the journal has version {version}, this program knows {VERSION}")


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _operational(path, error) from None
    except sqlite3.DatabaseError as error:
        raise NeedsOperator("JournalDamaged", f"{path}: {error}; restore it or wipe the node") from None


def _operational(path: Path, error: sqlite3.OperationalError) -> NodeError:
    if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
        return TryAgain("DiskFull", f"no room on the disk of {path}: free some, work goes on by itself")
    return TryAgain("JournalBusy", f"{path}: {error}")
