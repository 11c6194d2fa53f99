"""The pages as a browser without scripts reads them: every form and link leads on, and nothing comes from elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from efi.bootstrap.offer import Catalogue
from efi.bootstrap.pages import Asked, Pages
from efi.bootstrap.shelf import Kept
from efi.bootstrap.site import Image, Medium, Site
from efi.credentials import Credentials
from tests.unit.efi.bootstrap.server import GATEWAY, METAL, Server, server, site

EMPTY = frozenset({"meta", "link", "input"})
DIGEST = "ab" * 32


@dataclass
class Read(HTMLParser):
    """A page: its elements with their attributes, its text, and whether each element that was opened was closed."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def read(text: str) -> Read:
    """Reads a page."""
    page = Read()
    page.feed(text)
    assert page.open == []
    return page


@pytest.fixture
def boot(tmp_path: Path) -> Server:
    """A server with two sites."""
    return server(tmp_path)


async def test_a_person_picks_site_flavour_and_medium_without_a_script(boot: Server) -> None:
    page = read((await boot.get("/")).text)
    assert [each["action"] for each in page.all("form")] == ["/medium"]
    assert [each["name"] for each in page.all("select")] == ["site", "flavour"]
    assert [each["value"] for each in page.all("option")] == ["rack-7", "lab", "metal", "cloud"]
    boxes = [(each["name"], each["value"]) for each in page.all("input")]
    assert boxes == [("medium", each.value) for each in Medium] + [("token", "yes")]
    assert "checked" not in page.all("input")[-1]
    assert page.all("script") == []


@pytest.mark.parametrize("medium", list(Medium))
@pytest.mark.parametrize("token", ["", "&token=yes"])
async def test_whatever_is_picked_leads_to_a_file_or_to_the_reason(boot: Server, medium: Medium, token: str) -> None:
    for known in ("rack-7", "lab"):
        got = await boot.get(f"/medium?site={known}&flavour=metal&medium={medium}{token}")
        page = read(got.text)
        if token and (known == "lab" or medium is Medium.HTTP):
            assert got.status_code == 404
            assert f"Site {known} gives no join token on this medium" in page.text
            continue
        assert got.status_code == 200
        (link,) = [each["href"] for each in page.all("a") if each["href"].startswith("/sites/")]
        assert (await boot.ask(link)).status_code == 200
        assert ("Treat it as a password" in page.text) == bool(token)


async def test_the_page_of_a_medium_shows_the_size_and_digest_of_the_very_file(boot: Server) -> None:
    page = read((await boot.get("/medium?site=rack-7&flavour=metal&medium=usb")).text)
    head = await boot.ask("/sites/rack-7/metal/current/hardpan.img")
    assert f"hardpan-rack-7-metal-0.2.0.img, {head.headers['content-length']} bytes" in page.text
    assert f"{head.headers['etag'].strip(chr(34))}  hardpan-rack-7-metal-0.2.0.img' | sha256sum --check" in page.text


async def test_an_older_version_is_had_by_naming_it(boot: Server) -> None:
    page = read((await boot.get("/medium?site=rack-7&flavour=metal&medium=http&version=0.1.0")).text)
    assert "/sites/rack-7/metal/0.1.0/hardpan.efi" in page.text


async def test_nothing_is_loaded_from_elsewhere(boot: Server) -> None:
    for path in ("/", "/medium?site=rack-7&flavour=metal&medium=ipxe"):
        got = await boot.get(path)
        page = read(got.text)
        assert [each["href"] for each in page.all("link")] == ["/style.css"]
        assert all(each["href"].startswith("/") for each in page.all("a"))
        assert [each for _, each in page.elements if "src" in each or "style" in each] == []
        assert got.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    style = await boot.get("/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text


def test_the_machines_addresses_are_those_by_which_the_page_was_reached() -> None:
    text = _chosen(Medium.HTTP, "http://[2001:db8::1]:8080")
    assert "dhcp-boot=tag:http,http://[2001:db8::1]:8080/sites/rack-7/metal/0.2.0/hardpan.efi" in text


def _chosen(medium: Medium, base: str, token: bool = False) -> str:
    pages = Pages(Catalogue((site("rack-7", METAL, token_on=tuple(Medium)),)))
    offer = pages.choice(Asked("rack-7", "metal", medium, token))
    assert offer is not None
    return read(pages.chosen(offer, Kept(Path("/file"), 1, DIGEST), base)).text


def test_a_token_over_a_line_that_others_read_is_warned_of() -> None:
    warning = "others on the network can read it"
    assert warning in _chosen(Medium.USB, "http://boot.example", True)
    assert warning not in _chosen(Medium.USB, "https://boot.example", True)
    assert warning not in _chosen(Medium.USB, "http://boot.example")


def test_what_strangers_and_files_say_is_text_and_never_markup() -> None:
    nasty = "<script>alert(1)</script>\"'&$title"
    images = tuple(Image(flavour, "0.1.0", "line", DIGEST, 1, True) for flavour in ("metal", nasty))
    known = Site("lab", Credentials(GATEWAY, "", {"a": nasty}), images)
    pages = Pages(Catalogue((known,)))
    asked = Asked("lab", "metal", Medium.HTTP)
    offer = pages.choice(asked)
    assert offer is not None
    texts = [pages.chosen(offer, Kept(Path("/file"), 1, DIGEST), f"http://{nasty}")]
    texts += [pages.front(Asked(nasty, nasty, nasty)), pages.front(Asked("lab", "other"))]
    for text in texts:
        assert read(text).all("script") == []
    assert nasty in read(texts[0]).text


def test_the_addresses_in_commands_are_one_word_to_a_shell() -> None:
    base = "http://boot.example$(reboot);x"
    commands = re.findall(r"curl .*", _chosen(Medium.IPXE, base))
    assert len(commands) == 2
    assert all(f"'{base}/sites/" in each for each in commands)
