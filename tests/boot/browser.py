"""A real browser, driven by the W3C WebDriver protocol: Debian's Chromium, without a window and without scripts."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.system.requirements import miss

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PROGRAMS = ("chromium", "chromedriver")
START_SECONDS, ANSWER_SECONDS = 60.0, 180.0


@dataclass(frozen=True)
class Browser:
    """One window. Elements are named by CSS selectors, and must be there."""

    client: httpx.Client
    downloads: Path

    def open(self, url: str) -> None:
        """Goes to an address."""
        self._post("url", url=url)

    def click(self, selector: str) -> None:
        """Clicks, and waits for the page that comes of it."""
        self._post(f"element/{self._element(selector)}/click")

    def text(self, selector: str = "body") -> str:
        """What is read there."""
        return str(self._get(f"element/{self._element(selector)}/text"))

    def property(self, selector: str, name: str) -> Any:
        """A property of an element."""
        return self._get(f"element/{self._element(selector)}/property/{name}")

    def picture(self, file: Path) -> None:
        """What is seen."""
        file.write_bytes(base64.b64decode(self._get("screenshot")))

    def downloaded(self, name: str, seconds: float) -> Path:
        """A file that was downloaded, once it is whole."""
        file, deadline = self.downloads / name, time.monotonic() + seconds
        while time.monotonic() < deadline:
            if file.exists() and not list(self.downloads.glob("*.crdownload")):
                return file
            time.sleep(0.1)
        raise AssertionError(f"{name} did not come: {[each.name for each in self.downloads.iterdir()]}")

    def _element(self, selector: str) -> str:
        return str(self._post("element", using="css selector", value=selector)[ELEMENT])

    def _post(self, path: str, **body: Any) -> Any:
        return _value(self.client.post(path, json=body))

    def _get(self, path: str) -> Any:
        return _value(self.client.get(path))


def _value(answer: httpx.Response) -> Any:
    value = answer.json()["value"]
    assert answer.is_success, value
    return value


@contextmanager
def browser(folder: Path, *switches: str) -> Iterator[Browser]:
    """A browser whose profile and downloads are in a folder."""
    if missing := [each for each in PROGRAMS if shutil.which(each) is None]:
        miss(f"a page in a real browser needs {', '.join(missing)}: apt-get install chromium chromium-driver")
    downloads = folder / "downloads"
    downloads.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder), "no_proxy": "127.0.0.1"}
    with subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, env=environment) as driver:
        try:
            with closing(_session(port, folder, switches)) as client:
                yield Browser(client, downloads)
                client.delete(str(client.base_url).rstrip("/"))
        finally:
            driver.terminate()


def _session(port: int, folder: Path, switches: tuple[str, ...]) -> httpx.Client:
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=ANSWER_SECONDS, trust_env=False)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            client.get("/status")
            break
        except httpx.TransportError:
            assert time.monotonic() < deadline, "chromedriver does not answer"
            time.sleep(0.1)
    words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=900,1000", *switches]
    preferences = {"download.default_directory": str(folder / "downloads"), "download.prompt_for_download": False}
    # No page of ours may need a script.
    preferences["profile.managed_default_content_settings.javascript"] = 2
    options = {"args": [*words, f"--user-data-dir={folder / 'profile'}"], "prefs": preferences}
    wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options, "acceptInsecureCerts": True}}}
    session = _value(client.post("/session", json=wanted))["sessionId"]
    client.base_url = httpx.URL(f"http://127.0.0.1:{port}/session/{session}/")
    return client
