"""Chooses kernel modules: those of a list, and what they need by modules.dep and modules.softdep.

A soft need may be an alias: btrfs asks for crc32c, which is another module on each kind of processor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from efi.errors import ContentsWrong

_SOFT_WORDS = ("pre:", "post:")


@dataclass(frozen=True)
class ModuleTexts:
    """What depmod and the kernel's package wrote, as text: modules.dep, .softdep, .alias, .builtin."""

    dependencies: str
    soft: str
    aliases: str
    builtin: str


@dataclass(frozen=True)
class ModuleMaps:
    """Files by module name, what each file needs, soft needs by name, names by alias, names of built-in ones."""

    files: Mapping[str, str]
    needs: Mapping[str, tuple[str, ...]]
    soft: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, tuple[str, ...]]
    builtin: frozenset[str]

    def wanted_softly(self, name: str) -> list[str]:
        """Files that a module would like to have before or after it, as far as this kernel has them."""
        words = (each for wanted in self.soft.get(name, ()) for each in (wanted, *self.aliases.get(wanted, ())))
        return [self.files[each] for each in words if each in self.files]


def parse_maps(texts: ModuleTexts) -> ModuleMaps:
    """The maps from their texts."""
    needs = {file: tuple(rest.split()) for file, _, rest in _parts(texts.dependencies)}
    return ModuleMaps(
        {module_name(file): file for file in needs},
        needs,
        _gathered((words[1], words[2:]) for words in _lines(texts.soft, "softdep")),
        _gathered((words[1], words[2:]) for words in _lines(texts.aliases, "alias") if "*" not in words[1]),
        frozenset(module_name(line) for line in texts.builtin.splitlines()),
    )


def _lines(text: str, first: str) -> Iterator[list[str]]:
    return (words for words in map(str.split, text.splitlines()) if words[:1] == [first])


def _gathered(pairs: Iterable[tuple[str, list[str]]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, words in pairs:
        found[_same(name)] = found.get(_same(name), ()) + tuple(
            _same(each) for each in words if each not in _SOFT_WORDS
        )
    return found


def choose(maps: ModuleMaps, wanted: Iterable[str]) -> tuple[str, ...]:
    """Files of the wanted modules and of all that they need, sorted. Raises ContentsWrong for one that is not there."""
    chosen: set[str] = set()
    waiting = [file for each in wanted for file in _named(maps, each)]
    while waiting:
        file = waiting.pop()
        if file in chosen:
            continue
        chosen.add(file)
        waiting += maps.needs[file]
        waiting += maps.wanted_softly(module_name(file))
    return tuple(sorted(chosen))


def _named(maps: ModuleMaps, wanted: str) -> list[str]:
    if wanted.endswith("/"):
        found = [file for file in maps.needs if file.startswith(f"kernel/{wanted}")]
        inside = found
    else:
        name = _same(wanted)
        found = [file for each, file in maps.files.items() if fnmatchcase(each, name)]
        inside = found or [each for each in maps.builtin if each == name]
    if not inside:
        raise ContentsWrong(f"this kernel has no module {wanted}: change the flavour's list in efi/contents")
    return found


def module_name(file: str) -> str:
    """The name of a module by its file; `-` and `_` are the same to the kernel."""
    return _same(PurePosixPath(file).name.partition(".")[0])


def _same(name: str) -> str:
    return name.replace("-", "_")


def _parts(text: str) -> Iterator[tuple[str, str, str]]:
    return (line.partition(":") for line in text.splitlines())
