"""Lists of thousands of objects, a page at a time as the server sends it.

`kubectl get --output json` reads and writes each object anew: 10,000 nodes took 23 s so, and 2 s by pages. A page is
small, so a server that does not send it in seconds is away, however many objects it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, Field, ValidationError

from cli.errors import CliError
from cli.kubectl import Kubectl
from crds.meta import API_VERSION

PAGE = 500


class _Place(BaseModel):
    more: str = Field("", alias="continue")


class _Page(BaseModel):
    items: list[dict[str, Any]]
    metadata: _Place


def all_of(kubectl: Kubectl, plural: str, seconds: float) -> Iterator[dict[str, Any]]:
    """All objects of a kind of ours that lies in no namespace; each page is waited for so long. Raises CliError."""
    more = ""
    while True:
        path = f"/apis/{API_VERSION}/{plural}?limit={PAGE}{more}"
        page = _page(kubectl.run("get", "--raw", path, seconds=seconds))
        yield from page.items
        if not page.metadata.more:
            return
        more = f"&continue={quote(page.metadata.more, safe='')}"


def _page(text: str) -> _Page:
    try:
        return _Page.model_validate_json(text)
    except ValidationError:
        raise CliError("kubectl did not answer with a list of Kubernetes: is it a real kubectl?") from None
