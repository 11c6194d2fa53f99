"""Sets fields of a map in a YAML text and leaves every other byte as it is: comments, layout, other documents. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

import yaml

Field = str | int | Sequence[Mapping[str, str]]


def with_fields(text: str, target: yaml.MappingNode, fields: Mapping[str, Field]) -> Iterator[str]:
    """Candidates for the edited text, the most natural first; the caller keeps the first that reads as wanted.

    A text may follow a script whose last line breaks count, or that has no last line break: then another place does.
    """
    first, last = target.value[0][0].start_mark, target.value[-1][1]
    if target.flow_style:
        yield _edited(text, target, fields, lambda added: (_end(last, text), "".join(f", {each}" for each in added)))
        return
    line, indent = _line_break(text), " " * first.column
    end = _end_of_line(text, _end(last, text))
    close = line if end == len(text) else ""
    yield _edited(text, target, fields, lambda added: (end, "".join(line + indent + each for each in added) + close))
    yield _edited(
        text, target, fields, lambda added: (last.end_mark.index, "".join(indent + each + line for each in added))
    )
    yield _edited(text, target, fields, lambda added: (first.index, "".join(each + line + indent for each in added)))


def _edited(
    text: str,
    target: yaml.MappingNode,
    fields: Mapping[str, Field],
    placed: Callable[[list[str]], tuple[int, str]],
) -> str:
    """Replaces the fields that are there, from the last to the first, and puts the others where `placed` says."""
    there = {key.value: (key, value) for key, value in target.value}
    spelled = {name: _spelled(name, value, target, _line_break(text)) for name, value in fields.items()}
    place, added = placed([each for name, each in spelled.items() if name not in there])
    changes = [(place, place, added)]
    for name in spelled.keys() & there.keys():
        key, old = there[name]
        changes.append(_replaced(text, key, old, spelled[name]))
    for begin, stop, new in sorted(changes, reverse=True):
        text = text[:begin] + new + text[stop:]
    return text


def _replaced(text: str, key: yaml.Node, old: yaml.Node, new: str) -> tuple[int, int, str]:
    """A change of one field. What goes on below its first line leaves the comment on that line where it is."""
    begin, end = key.start_mark.index, _end(old, text)
    _, line, rest = new.partition(_line_break(text))
    if not line:
        return begin, end, new
    if old.start_mark.line > key.start_mark.line:
        return _end_of_line(text, begin), end, line + rest
    stop = _end_of_line(text, end)
    return begin, stop, new.partition(line)[0] + text[end:stop] + line + rest


def _end(node: yaml.Node, text: str) -> int:
    """Where a value ends, without the comments and empty lines that the parser counts to it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    end = node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return len(text[:end].rstrip(" \r\n"))
    return int(end)


def _end_of_line(text: str, place: int) -> int:
    """Behind a comment that shares the line."""
    end = text.find("\n", place)
    return len(text) if end < 0 else end - (text[end - 1] == "\r")


def _line_break(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _spelled(name: str, value: Field, target: yaml.MappingNode, line: str) -> str:
    """A field as the map's style has it."""
    if target.flow_style or isinstance(value, str | int):
        return f"{name}: {json.dumps(value)}"
    indent = " " * target.value[0][0].start_mark.column
    lines = [f"{name}:"]
    for item in value:
        for position, (key, content) in enumerate(item.items()):
            lead = f"{indent}  - " if position == 0 else f"{indent}    "
            lines.append(f"{lead}{key}: {_literal(content, indent + ' ' * 6, line)}")
    return line.join(lines)


def _literal(content: str, indent: str, line: str) -> str:
    if "\n" not in content:
        return json.dumps(content)
    return line.join(["|", *(indent + each for each in content.rstrip("\n").split("\n"))])
