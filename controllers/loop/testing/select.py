"""Label selectors as the fake understands them: `a=b`, `a!=b`, `a`, `!a`, joined by commas."""

from __future__ import annotations

from controllers.loop.objects import Object


def matches(seen: Object, selector: str) -> bool:
    """Whether the object's labels satisfy every term."""
    return all(_term(seen, term.strip()) for term in selector.split(",") if term.strip())


def _term(seen: Object, term: str) -> bool:
    if "!=" in term:
        name, value = term.split("!=", 1)
        return seen.labels.get(name) != value
    if "=" in term:
        name, value = term.replace("==", "=").split("=", 1)
        return seen.labels.get(name) == value
    return term[1:] not in seen.labels if term.startswith("!") else term in seen.labels
