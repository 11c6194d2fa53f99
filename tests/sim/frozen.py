"""JSON values that cannot be changed: what the API server gives out is no copy, and who changes it makes an error."""

from __future__ import annotations

from typing import Any, NoReturn


def _refuse(value: object, *_: object, **__: object) -> NoReturn:
    raise TypeError(f"an object of the API server is read-only, and somebody changes {value!r:.80}")


class FrozenMap(dict[str, Any]):
    """A map for ever as it was made."""

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        """Packed and opened again it is as frozen as before."""
        return FrozenMap, (dict(self),)


class FrozenList(list[Any]):
    """A list for ever as it was made."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        """See FrozenMap."""
        return FrozenList, (list(self),)


def frozen(value: Any) -> Any:
    """The same value, with maps and lists that cannot be changed."""
    if isinstance(value, dict):
        return FrozenMap({name: frozen(inner) for name, inner in value.items()})
    return FrozenList(frozen(inner) for inner in value) if isinstance(value, list | tuple) else value
