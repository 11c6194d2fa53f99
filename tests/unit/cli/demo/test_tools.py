"""Who has no pods does not wait for programs that only pods need."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.demo.tools import ensure_tools
from sal.command import Command, Output


class Builder:
    """Stands in for go: what it is asked for is there afterwards."""

    def __init__(self) -> None:
        self.built: list[str] = []

    def run(self, command: Command) -> Output:
        target = Path(command.argv[command.argv.index("-o") + 1])
        target.write_bytes(b"")
        self.built.append(target.name.split("-")[1])
        return Output(0, b"", b"", False)


@pytest.fixture(autouse=True)
def _empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARDPAN_CACHE", str(tmp_path))


def test_without_pods_neither_helm_nor_a_dns_is_built() -> None:
    builder = Builder()
    tools = ensure_tools(builder)
    assert builder.built == ["kube", "etcd"]
    assert tools.kube.exists()
    assert not tools.helm.exists()


def test_for_pods_only_what_is_not_there_yet_is_built() -> None:
    ensure_tools(Builder())
    builder = Builder()
    tools = ensure_tools(builder, pods=True)
    assert builder.built == ["helm", "coredns"]
    assert tools.coredns.exists()
