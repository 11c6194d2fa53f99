"""The pages, as text: plain HTML that needs no script and nothing from elsewhere. Every value is escaped. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from efi.bootstrap.guidance import checks, dhcp
from efi.bootstrap.offer import KINDS, Catalogue, Offer, offers
from efi.bootstrap.shelf import Kept
from efi.bootstrap.site import CURRENT, Medium, Site, unique

MIB = 1 << 20
TOKEN_ASKED = "yes"


@dataclass(frozen=True)
class Asked:
    """What a form said; a stranger's words."""

    site: str = ""
    flavour: str = ""
    medium: str = Medium.USB
    token: bool = False
    version: str = CURRENT

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Asked:
        """Reads a form."""
        words = {name: query[name] for name in ("site", "flavour", "medium", "version") if name in query}
        return cls(**words, token=query.get("token") == TOKEN_ASKED)


class Pages:
    """The pages over a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._sites = catalogue.sites
        self.style = _text("style.css")

    def choice(self, asked: Asked) -> Offer | None:
        """The offer that was asked for."""
        site = self._sites.get(asked.site)
        image = site.image(asked.flavour, asked.version) if site else None
        found = offers(site, image) if site and image else ()
        return next((e for e in found if (e.medium, e.with_token) == (asked.medium, asked.token)), None)

    def front(self, asked: Asked | None = None) -> str:
        """The page to choose on; after a choice that there is not, with the reason."""
        chosen = asked or Asked()
        content = _filled(
            "front.html",
            notice=f'<p class="warning" role="alert">{escape(self._reason(chosen))}</p>' if asked else "",
            sites=_options(self._sites, chosen.site),
            flavours=_options(unique(f for each in self._sites.values() for f in each.flavours), chosen.flavour),
            media="\n".join(_radio(each, each == chosen.medium) for each in Medium),
            token=self._token(chosen.token),
            rows="\n".join(_site_row(each) for each in self._sites.values()),
        )
        return _framed("boot media", content)

    def _token(self, checked: bool) -> str:
        offered = any(each.token_on for each in self._sites.values())
        return _filled("token.html", checked=" checked" if checked else "") if offered else ""

    def _reason(self, asked: Asked) -> str:
        site = self._sites.get(asked.site)
        if site is None:
            return "There is no such site: pick one of the list."
        if site.image(asked.flavour, asked.version) is None:
            return f"Site {site.name} has no such image: it has {', '.join(site.flavours)}."
        return f"Site {site.name} gives no join token on this medium: take it without, and approve machines by hand."

    def chosen(self, offer: Offer, found: Kept, base: str) -> str:
        """One medium."""
        path = f"/sites/{offer.site.name}/{offer.image.flavour}/{offer.image.version}/{offer.name}"
        title = f"{offer.site.name}: {offer.kind.title}"
        content = _filled(
            "chosen.html",
            title=escape(title),
            facts="\n".join(_row("th", *each) for each in _facts(offer, found).items()),
            warning=_warning(base) if offer.carries_token else "",
            take=_take(offer, path, base),
            commands=escape("\n".join(checks(offer, found, base + path))),
            image=offer.image.digest,
        )
        return _framed(escape(title), content)


def _facts(offer: Offer, found: Kept) -> dict[str, str]:
    beside = offer.site.beside
    token = beside.token.partition(":")[0] if offer.with_token else "inside the image" if offer.carries_token else ""
    return {
        "File": f"{offer.saved_as}, {found.size} bytes ({found.size / MIB:.1f} MiB)",
        "SHA-256": found.digest,
        "Image": f"{offer.image.flavour} {offer.image.version}, {'signed' if offer.image.signed else 'not signed'}",
        "Control plane": beside.gateway,
        "Labels": ", ".join(f"{name}={value}" for name, value in sorted(beside.labels.items())) or "none",
        "Join token": token or "none: approve machines by hand",
    }


def _warning(base: str) -> str:
    text = (
        "A join token is in this file: whoever has it can enrol machines until the token ends. Treat it as a password."
    )
    if not base.startswith("https://"):
        text += " This page came without encryption, and so will the file: others on the network can read it."
    return f'<p class="warning">{text}</p>'


def _take(offer: Offer, path: str, base: str) -> str:
    """A button for what people carry; for what machines fetch, what their DHCP server says."""
    if offer.medium in (Medium.USB, Medium.ISO):
        return f'<p><a class="take" href="{escape(path)}" download="{escape(offer.saved_as)}">Download</a></p>'
    lines = escape("\n".join(dhcp(offer, base + path)))
    return (
        f'<p>Address: <a href="{escape(path)}">{escape(base + path)}</a></p>\n<p>For dnsmasq:</p>\n<pre>{lines}</pre>'
    )


def _site_row(site: Site) -> str:
    images = ", ".join(f"{each.flavour} {each.version}" for each in site.images)
    on = ", ".join(each for each in Medium if each in site.token_on)
    return _row("td", site.name, site.beside.gateway, images, f"on {on}" if on else "none")


def _row(first: str, head: str, *cells: str) -> str:
    return f"<tr><{first}>{escape(head)}</{first}>{''.join(f'<td>{escape(each)}</td>' for each in cells)}</tr>"


def _options(values: Iterable[str], chosen: str) -> str:
    def option(value: str) -> str:
        return f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(value)}</option>'

    return "".join(option(each) for each in values)


def _radio(medium: Medium, chosen: bool) -> str:
    mark = " checked" if chosen else ""
    return f'<label><input type="radio" name="medium" value="{medium}"{mark}> {escape(KINDS[medium].title)}</label>'


def _framed(title: str, content: str) -> str:
    return _filled("frame.html", title=title, content=content)


def _filled(name: str, **values: str) -> str:
    return Template(_text(name)).substitute(values)


@cache
def _text(name: str) -> str:
    return (Path(__file__).parent / "page" / name).read_text()
