"""Chooses kernel modules: those of a list, and what they need by modules.dep and modules.softdep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from efi.errors import ContentsWrong

_SOFT_WORDS = ("pre:", "post:")


@dataclass(frozen=True)
class ModuleMaps:
    """What depmod knows: files by module name, what each file needs, soft needs by name, names of built-in ones."""

    files: Mapping[str, str]
    needs: Mapping[str, tuple[str, ...]]
    soft: Mapping[str, tuple[str, ...]]
    builtin: frozenset[str]


def parse_maps(dependencies: str, soft: str, builtin: str) -> ModuleMaps:
    """The maps from the texts of modules.dep, modules.softdep and modules.builtin."""
    needs = {file: tuple(rest.split()) for file, _, rest in _parts(dependencies)}
    softly: dict[str, tuple[str, ...]] = {}
    for line in soft.splitlines():
        words = line.split()
        if words[:1] == ["softdep"]:
            name = _same(words[1])
            softly[name] = softly.get(name, ()) + tuple(_same(each) for each in words[2:] if each not in _SOFT_WORDS)
    return ModuleMaps(
        {module_name(file): file for file in needs},
        needs,
        softly,
        frozenset(module_name(line) for line in builtin.splitlines()),
    )


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
        waiting += [maps.files[each] for each in maps.soft.get(module_name(file), ()) if each in maps.files]
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
