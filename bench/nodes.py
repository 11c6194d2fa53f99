"""Simulated nodes: the real agent and executor in threads of one process, over a hypervisor without guests.

`python -m bench.nodes FOLDER` runs a node for each settings file of the folder until SIGTERM.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cli.demo.medium import MediumContent, write_medium
from cli.site import Site
from node_agent.executor.hosts import simulated_host
from node_agent.in_process import start
from node_agent.settings import CapacitySettings, NetworkSettings, NodeSettings, load
from sal.filesystem import write_durably

CPUS, MEMORY, DISK = 1000, 1 << 40, 1 << 42


def write_settings(
    folder: Path,
    count: int,
    site: Site,
    content: MediumContent,
    images: Path,
    heartbeat_seconds: float = 10.0,
    cpus: int = CPUS,
) -> None:
    """Media and settings of so many nodes."""
    for number in range(count):
        own = folder / f"node-{number}"
        write_medium(own / "medium", site, content, images)
        settings = NodeSettings(
            medium=own / "medium",
            state=own / "state",
            engine="memory",
            network=NetworkSettings(configure=False),
            capacity=CapacitySettings(cpus=cpus, memory=MEMORY, disk=DISK),
            heartbeat_seconds=heartbeat_seconds,
        )
        (own / "state").mkdir(parents=True, exist_ok=True)
        write_durably(folder / f"node-{number}.json", settings.model_dump_json().encode())


def main(folder: Path) -> int:
    """Runs the nodes."""
    logging.basicConfig(level=logging.WARNING)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    stops = [start(load(file), lambda line: None, simulated_host) for file in sorted(folder.glob("*.json"))]
    stopping.wait()
    with ThreadPoolExecutor(len(stops)) as pool:
        list(pool.map(lambda stop: stop(), stops))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
