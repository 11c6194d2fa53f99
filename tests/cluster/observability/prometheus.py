"""A real Prometheus for tests: it scrapes addresses of this machine every second, with the chart's alerts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from cli.demo.ports import kept_ports
from cli.demo.processes import Processes

RULES = Path(__file__).parents[3] / "charts" / "hardpan" / "files" / "alerts.yaml"
WINDOW = "30s"
PATIENCE_SECONDS = 60.0


@dataclass
class Prometheus:
    """One server; `targets` are addresses by name."""

    folder: Path
    targets: Mapping[str, str]

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._port = kept_ports(self.folder / "ports.json", ("web",))["web"]
        self._processes = Processes(self.folder / "processes")
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self._port}/api/v1", trust_env=False)

    def start(self) -> None:
        """Starts it and waits until every target has been scraped."""
        scrape = {"job_name": "hardpan", "static_configs": [{"targets": list(self.targets.values())}]}
        configuration = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(RULES)],
            "scrape_configs": [scrape],
        }
        file = self.folder / "prometheus.yaml"
        file.write_text(yaml.safe_dump(configuration))
        words = ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={self.folder / 'data'}"]
        self._processes.start("prometheus", [*words, f"--web.listen-address=127.0.0.1:{self._port}"])
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._scraped() < len(self.targets):
            if time.monotonic() > deadline:
                raise AssertionError(f"not all are scraped: {self._processes.last_words('prometheus')}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Ends it."""
        self._client.close()
        self._processes.stop("prometheus")

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What it answers now; `$__rate_interval` is what Grafana would put there."""
        answer = self._get("query", query=expression.replace("$__rate_interval", WINDOW))
        found: list[dict[str, Any]] = answer["result"]
        return found

    def series(self, expression: str, seconds: float, step: float) -> list[dict[str, Any]]:
        """What it answers over the last so many seconds."""
        now, asked = time.time(), expression.replace("$__rate_interval", WINDOW)
        found: list[dict[str, Any]] = self._get("query_range", query=asked, start=now - seconds, end=now, step=step)[
            "result"
        ]
        return found

    def rules(self) -> list[dict[str, Any]]:
        """Every alert with how it is."""
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]

    def names(self) -> set[str]:
        """Every metric that was scraped."""
        answer = self._client.get("/label/__name__/values").json()
        return set(answer["data"])

    def _get(self, path: str, **words: Any) -> dict[str, Any]:
        answer = self._client.get(f"/{path}", params=words).json()
        assert answer["status"] == "success", f"{words.get('query')}: {answer.get('error')}"
        found: dict[str, Any] = answer["data"]
        return found

    def _scraped(self) -> int:
        """None while it does not listen, or says in plain words that it is not ready."""
        try:
            return len(self.query("up == 1"))
        except (httpx.HTTPError, ValueError):
            return 0
