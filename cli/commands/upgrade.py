"""`hardpan node upgrade`: brings nodes to another boot image, few at a time, and stops at the first failure."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.cluster import Cluster, connect
from cli.commands.drain import decide
from cli.completion import names_of
from cli.errors import CliError, Usage
from cli.output import say
from cli.seen import seen
from cli.upgrade import Stage, Standing, Upgrade, next_nodes, running_on, standing
from cli.wording import require
from crds.meta import ImageVersion, NodeId
from trust.part import format_time

PAUSE_SECONDS = 2.0
LONGEST_MINUTES = 30


def upgrade(
    nodes: Annotated[
        list[str],
        typer.Argument(metavar="NODE...", help="Nodes, n-…", show_default=False, autocompletion=names_of("nodes")),
    ],
    image: Annotated[str, typer.Option(metavar="VERSION", help="Version of a release.", show_default=False)],
    at_once: Annotated[int, typer.Option(min=1, max=100, help="How many nodes at a time.")] = 1,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How long one node may take.")] = LONGEST_MINUTES,
) -> None:
    """Brings nodes to another boot image, one after the other.

    A node fetches the release, installs it beside what it runs, stops its machines in order and restarts. It keeps the
    new image once it works as a node, and goes back by itself when it does not. The next node's turn is when this one
    is Ready and its machines run again; after a failure no other node is asked.

    \b
    Example:
      kubectl hardpan node upgrade n-kzdvvj2umnduyauf35o36k6kw4 --image 0.2.0
    """
    require(ImageVersion, image, "--image")
    for each in nodes:
        require(NodeId, each, "NODE")
    cluster = connect()
    releases = {each: release_for(cluster, each, image) for each in dict.fromkeys(nodes)}
    waiting = [each for each, release in releases.items() if release]
    for each in releases.keys() - set(waiting):
        say(f"{each} runs {image} already")
    _Rollout(cluster, {each: releases[each] for each in waiting}, at_once, 60.0 * minutes).run()
    say("Next: kubectl get nodes.hardpan.dev -o wide")


def release_for(cluster: Cluster, node: str, version: str) -> str:
    """The release of this version for a node's flavour; empty when it runs it already. Raises CliError, Usage."""
    found = cluster.object("nodes", node)
    runs, ready = (found.get("status") or {}).get("image"), seen("node", found).condition("Ready")
    if not runs:
        raise CliError(f"{node} does not run from a boot image of its own: nothing was asked")
    if ready is None or ready.status != "True":
        raise CliError(f"{node} is not Ready, so nothing was asked: kubectl hardpan explain node {node}")
    if runs["version"] == version:
        return ""
    flavour = runs["flavour"]
    listed = [each for each in cluster.kubectl.list("releases.hardpan.dev") if each["spec"].get("flavour") == flavour]
    names = [each["metadata"]["name"] for each in listed if each["spec"].get("version") == version]
    if not names:
        known = ", ".join(sorted(each["spec"]["version"] for each in listed)) or "none"
        raise Usage(f"--image: there is no release {version} of flavour {flavour}: there is {known}")
    return str(names[0])


class _Rollout:
    """The nodes of one command; `seconds` is what one may take."""

    def __init__(self, cluster: Cluster, releases: Mapping[str, str], at_once: int, seconds: float) -> None:
        self._cluster, self._releases, self._at_once, self._seconds = cluster, releases, at_once, seconds
        self._waiting = list(releases)
        self._asked: dict[str, Upgrade] = {}
        self._began: dict[str, float] = {}
        self._said: dict[str, Standing] = {}

    def run(self) -> None:
        """Until every node is done. Raises CliError at the first failure, when those under way have ended."""
        while True:
            for node in next_nodes(self._waiting, self._stages(), self._at_once):
                self._ask(node)
            if Stage.UNDER_WAY not in self._stages():
                break
            time.sleep(PAUSE_SECONDS)
            self._look()
        failed = [node for node, said in self._said.items() if said.stage is Stage.FAILED]
        if failed:
            untouched = f"; not asked: {', '.join(self._waiting)}" if self._waiting else ""
            raise CliError(f"{', '.join(failed)} did not come to the new image{untouched}. Ask again when it is mended")

    def _stages(self) -> list[Stage]:
        return [each.stage for each in self._said.values()]

    def _ask(self, node: str) -> None:
        machines = running_on(node, self._cluster.kubectl.list("machines.hardpan.dev"))
        asked = format_time(datetime.now(UTC))
        decide(self._cluster, node, {"image": {"release": self._releases[node], "asked": asked}})
        self._waiting.remove(node)
        self._asked[node], self._began[node] = Upgrade(node, asked, machines), time.monotonic()
        self._tell(node, Standing(Stage.UNDER_WAY, f"asked to go to release {self._releases[node]}"))

    def _look(self) -> None:
        objects = {each["metadata"]["name"]: each for each in self._cluster.kubectl.list("nodes.hardpan.dev")}
        machines = self._cluster.kubectl.list("machines.hardpan.dev")
        for node, asked in self._asked.items():
            if self._said[node].stage is Stage.UNDER_WAY:
                self._tell(node, self._now(asked, objects.get(node), machines))

    def _now(self, asked: Upgrade, node: Mapping[str, Any] | None, machines: list[dict[str, Any]]) -> Standing:
        if node is None:
            return Standing(Stage.FAILED, "it was deleted")
        now = standing(asked, node, running_on(asked.node, machines))
        if now.stage is Stage.UNDER_WAY and time.monotonic() - self._began[asked.node] > self._seconds:
            return Standing(Stage.FAILED, f"not done after {self._seconds / 60:.0f} minutes: {now.sentence}")
        return now

    def _tell(self, node: str, now: Standing) -> None:
        if self._said.get(node) == now:
            return
        self._said[node] = now
        marks = {Stage.DONE: "✓", Stage.FAILED: "✗", Stage.UNDER_WAY: " "}
        took = f"  {time.monotonic() - self._began[node]:.0f} s" if now.stage is not Stage.UNDER_WAY else ""
        say(f"  {marks[now.stage]} {node}  {now.sentence}{took}")
