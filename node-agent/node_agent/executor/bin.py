"""The bin's retention: a removed volume is kept for the signed number of days that the node was powered on."""

from __future__ import annotations

from dataclasses import dataclass, field

from node_agent.executor.store import Store
from node_agent.executor.work import Tools

DAY_SECONDS = 86_400.0
DEFAULT_DAYS = 7
LOOK_SECONDS = 60.0


def count_down(kept: dict[str, float], entries: dict[str, float], passed: float) -> dict[str, float]:
    """Seconds left per entry of the bin: new ones begin with their term, gone ones are forgotten. Pure."""
    return {entry: kept[entry] - passed if entry in kept else term for entry, term in entries.items()}


def volume_of(entry: str) -> str:
    """The host name of an entry's volume: entries are named after it, with a dot and a number."""
    return entry.rpartition(".")[0]


class BinTable:
    """What is noted of the bin: the term of volumes on their way into it, the seconds left of those inside."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def promise(self, host_name: str, days: int) -> None:
        """Notes the term before the volume goes into the bin."""
        with self._store.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO bin_terms VALUES (?, ?)", (host_name, days))

    def term(self, entry: str) -> float:
        """The promised seconds of an entry."""
        found = self._store.rows("SELECT days FROM bin_terms WHERE host_name = ?", volume_of(entry))
        return float(found[0][0] if found else DEFAULT_DAYS) * DAY_SECONDS

    def left(self) -> dict[str, float]:
        """Seconds left per entry."""
        return {str(entry): float(seconds) for entry, seconds in self._store.rows("SELECT entry, seconds FROM bin")}

    def promised(self) -> frozenset[str]:
        """The host names of volumes that have a term."""
        return frozenset(str(name) for (name,) in self._store.rows("SELECT host_name FROM bin_terms"))

    def write(self, left: dict[str, float], over: frozenset[str]) -> None:
        """Replaces what is noted of the bin, and forgets the terms of these volumes."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM bin")
            connection.executemany("INSERT INTO bin VALUES (?, ?)", list(left.items()))
            connection.executemany("DELETE FROM bin_terms WHERE host_name = ?", [(name,) for name in sorted(over)])


@dataclass
class BinKeeper:
    """Empties the bin of what has been there for its term."""

    tools: Tools
    _looked: float | None = field(default=None, init=False)

    def pass_once(self) -> None:
        """To be called often; looks once a minute."""
        now = self.tools.clock.elapsed()
        passed = 0.0 if self._looked is None else now - self._looked
        if self._looked is not None and passed < LOOK_SECONDS:
            return
        self._looked = now
        table, entries = BinTable(self.tools.store), self.tools.host.bin_entries()
        kept = table.left()
        left = count_down(kept, {entry: table.term(entry) for entry in entries}, passed)
        over = [entry for entry, seconds in left.items() if seconds <= 0]
        for entry in over:
            self.tools.host.empty_bin(entry)
            self.tools.effects.note("bin.empty", entry)
        rest = {entry: seconds for entry, seconds in left.items() if entry not in over}
        gone = frozenset(name for name in table.promised() - set(map(volume_of, rest)) if self._is_gone(name))
        if rest or kept or gone:
            table.write(rest, gone)

    def _is_gone(self, host_name: str) -> bool:
        """A volume that is on its way into the bin, or came back from it, keeps its term."""
        return self.tools.host.volume_size(host_name) is None
