"""The bootstrap server's answers: a page to choose on, and the files. All names come from a closed set."""

from __future__ import annotations

import base64
import logging
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from efi.bootstrap.access import AccessLog
from efi.bootstrap.offer import Catalogue, Offer
from efi.bootstrap.pages import Asked, Pages
from efi.bootstrap.pin_book import PinBook
from efi.bootstrap.pinned import answering, asking, claim
from efi.bootstrap.pins import Claim
from efi.bootstrap.shelf import Kept, Shelf
from efi.bootstrap.site import CURRENT, Medium
from sal.errors import SalError

log = logging.getLogger(__name__)
DIGEST = ".sha256"
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
SAVED = frozenset({Medium.USB, Medium.ISO})
Endpoint = Callable[[Request], Awaitable[Response]]


def create(catalogue: Catalogue, shelf: Shelf, pins: PinBook | None = None) -> Starlette:
    """The application; with `pins` a node that starts by iPXE is given the image that is kept for it."""
    answers = Answers(catalogue, shelf, pins)
    paths: dict[str, Endpoint] = {
        "/": answers.front,
        "/medium": answers.medium,
        "/style.css": answers.style,
        "/healthz": answers.healthy,
        "/sites/{site}/{flavour}/{version}/{name}": answers.file,
    }
    routes = [Route(path, endpoint, methods=["GET"]) for path, endpoint in paths.items()]
    return Starlette(
        routes=routes,
        middleware=[Middleware(AccessLog)],
        exception_handlers={HTTPException: _refused, SalError: _failed},
    )


class Answers:
    """The endpoints."""

    def __init__(self, catalogue: Catalogue, shelf: Shelf, pins: PinBook | None = None) -> None:
        self._catalogue, self._shelf, self._pins = catalogue, shelf, pins
        self._pages = Pages(catalogue)

    async def front(self, _: Request) -> Response:
        """The page to choose on."""
        return _page(self._pages.front())

    async def medium(self, request: Request) -> Response:
        """What was chosen: its size, its digest, and how to check it."""
        asked = Asked.of(request.query_params)
        offer = self._pages.choice(asked)
        if offer is None:
            return _page(self._pages.front(asked), 404)
        return _page(self._pages.chosen(offer, await self._shelf.get(offer), str(request.base_url).rstrip("/")))

    async def style(self, _: Request) -> Response:
        """How the pages look."""
        return Response(self._pages.style, media_type="text/css", headers=HEADERS)

    async def healthy(self, _: Request) -> Response:
        """Whether it answers."""
        return PlainTextResponse("ok\n")

    async def file(self, request: Request) -> Response:
        """A file, or what `sha256sum --check` reads of it."""
        words = request.path_params
        name = words["name"].removesuffix(DIGEST)
        offer = self._catalogue.find(words["site"], words["flavour"], words["version"], name)
        if offer is None:
            raise HTTPException(404)
        is_script = offer.medium is Medium.IPXE and name == words["name"]
        if self._pins is not None and is_script and words["version"] == CURRENT:
            return await self._script(self._pins, offer, claim(dict(request.query_params)))
        found = await self._shelf.get(offer)
        if name != words["name"]:
            return PlainTextResponse(f"{found.digest}  {offer.saved_as}\n", headers=HEADERS)
        return _file(offer, found)

    async def _script(self, pins: PinBook, offer: Offer, claimed: Claim | None) -> Response:
        if claimed is None:
            return _text(asking(offer))
        given = await pins.give(offer.site, offer.image.flavour, claimed)
        if given is None:
            raise HTTPException(404)
        return _text(answering(offer, given))


def _text(script: str) -> Response:
    return PlainTextResponse(script, headers={**HEADERS, "cache-control": "no-store"})


def _file(offer: Offer, found: Kept) -> Response:
    coded = base64.b64encode(bytes.fromhex(found.digest)).decode()
    headers = {**HEADERS, "etag": f'"{found.digest}"', "repr-digest": f"sha-256=:{coded}:"}
    headers["cache-control"] = "no-store" if offer.carries_token else "no-cache"
    # Firmware and iPXE take a file by its address; only people save it under a name.
    saved_as = offer.saved_as if offer.medium in SAVED else None
    return FileResponse(found.file, headers=headers, media_type=offer.kind.type, filename=saved_as)


def _page(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, headers={**HEADERS, "cache-control": "no-store"})


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = "there is no such file here: the page at / names what there is\n"
    return PlainTextResponse(text if error.status_code == 404 else f"{error.detail}\n", error.status_code, HEADERS)


async def _failed(_: Request, error: Exception) -> Response:
    log.error("a medium could not be made: %s", error)
    return PlainTextResponse("this medium could not be made: the server's log says why\n", 503, HEADERS)
