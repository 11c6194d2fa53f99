"""Reads YAML as kubectl does, and refuses what kubectl could read otherwise. Pure.

kubectl reads YAML 1.1, where `yes` is a boolean, `010` is eight and `n:` is the key "false". What is signed must be
what arrives, so such spellings are refused with their line instead of being guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from cli.errors import Usage

DEEPEST = 64
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER = yaml.resolver.Resolver()
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_BOOLEAN_TOO = re.compile(r"(?i:y|n|yes|no|on|off)")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER_TOO = re.compile(
    r"[-+]?("
    r"0[bB][01_]+|0[oO][0-7_]+|0[xX][0-9a-fA-F_]+"  # other bases
    r"|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"  # base sixty
    r"|([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9_]+)([eE][-+]?[0-9_]+)?"  # octal, fractions, exponents, underscores
    r"|\.(inf|Inf|INF|nan|NaN|NAN))"
)
_TIME = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?")
_MAP_TAG, _LIST_TAG = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"


def documents(text: str, source: str) -> list[yaml.Node]:
    """The documents of a text as nodes, which know their places. Raises Usage with the line."""
    try:
        _require_shallow(text, source)
        return [each for each in yaml.compose_all(text, LOADER) if not _empty(each)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" line {mark.line + 1}" if mark else ""
        raise Usage(f"{source}{line} is not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise Usage(f"{source} is not YAML: {' '.join(str(error).split())}") from None


def _require_shallow(text: str, source: str) -> None:
    """The composer recurses; only the parser can be asked about what is nested without end."""
    depth = 0
    for event in yaml.parse(text, LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                where = f"{source} line {event.start_mark.line + 1}" if event.start_mark else source
                raise Usage(f"{where} is nested deeper than {DEEPEST} levels: flatten it")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value in _NULL


def entry(node: yaml.Node | None, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Key and value of a map by the key's text; None when it is no map or lacks it."""
    if not isinstance(node, yaml.MappingNode):
        return None
    return next(((k, v) for k, v in node.value if isinstance(k, yaml.ScalarNode) and k.value == name), None)


def plain(node: yaml.Node, source: str) -> Any:
    """The value of a node in plain types. Raises Usage with the line of what kubectl could read otherwise."""
    seen: set[int] = set()
    for each in _walk(node):
        if id(each) in seen or each.tag in ("tag:yaml.org,2002:merge",):
            raise Usage(f"{_place(each, source)}: an alias or merge is not signed: write its content out")
        seen.add(id(each))
    return _plain(node, source)


def _walk(node: yaml.Node) -> Iterator[yaml.Node]:
    """Every node as often as it is named; stops soon enough at what names itself many times."""
    waiting, seen = [node], set()
    while waiting:
        each = waiting.pop()
        yield each
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, yaml.MappingNode):
            waiting += [part for pair in each.value for part in pair]
        elif isinstance(each, yaml.SequenceNode):
            waiting += each.value


def _plain(node: yaml.Node, source: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        _require_tag(node, _MAP_TAG, source)
        return _map(node, source)
    if isinstance(node, yaml.SequenceNode):
        _require_tag(node, _LIST_TAG, source)
        return [_plain(each, source) for each in node.value]
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node, source)


def _map(node: yaml.MappingNode, source: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise Usage(f"{_place(key, source)}: a key must be a text")
        if not isinstance(_scalar(key, source), str):
            raise Usage(f'{_place(key, source)}: the key {key.value} must be quoted: "{key.value}"')
        if key.value in found:
            raise Usage(f"{_place(key, source)}: {key.value} comes twice: keep one of them")
        found[key.value] = _plain(value, source)
    return found


def _scalar(node: yaml.ScalarNode, source: str) -> Any:
    if node.style:
        _require_tag(node, "tag:yaml.org,2002:str", source)
        return node.value
    resolved = _RESOLVER.resolve(yaml.ScalarNode, node.value, (True, False))  # type: ignore[no-untyped-call]
    _require_tag(node, resolved, source)
    return _bare(node, source)


def _bare(node: yaml.ScalarNode, source: str) -> Any:
    """A scalar without quotes: null, boolean, integer, or a text that nobody takes for anything else."""
    text = node.value
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text)
    if _TIME.fullmatch(text):
        return text
    if _BOOLEAN_TOO.fullmatch(text):
        remedy = f'write "{text}" for the text, or true or false'
        raise Usage(f"{_place(node, source)}: {text} may be read as a yes or no: {remedy}")
    if _NUMBER_TOO.fullmatch(text):
        remedy = f'write "{text}" for the text, or a whole number in decimal digits'
        raise Usage(f"{_place(node, source)}: {text} may be read as a number: {remedy}")
    return text


def _require_tag(node: yaml.Node, expected: str, source: str) -> None:
    if node.tag != expected:
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        raise Usage(f"{_place(node, source)}: the tag {tag} is not signed: write the value without it")


def _place(node: yaml.Node, source: str) -> str:
    return f"{source} line {node.start_mark.line + 1}"
