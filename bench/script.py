"""What a script costs: ten machines in a loop, here and in the evaluator child."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.report import Row, percentiles
from plans.evaluate import evaluate
from plans.evaluator import InChild

SCRIPT = """
for i in 0..params.replicas {
  let data = volume(`data-${i}`, #{ size: "10Gi" });
  machine(`web-${i}`, #{ cpus: 2, memory: "2Gi", image: params.image,
                         volumes: [#{ volume: data, mount: "/data" }], spread: "web" });
}
"""
PARAMS = {"replicas": 10, "image": "https://images.example/guest.raw#sha256=" + "1" * 64}
ROUNDS = 300


def measure() -> list[Row]:
    """Milliseconds of compiling, evaluating and making the plan."""
    child = InChild()
    try:
        here = _times(lambda: evaluate(SCRIPT, PARAMS))
        apart = _times(lambda: child.evaluate(SCRIPT, PARAMS, 1))
    finally:
        child.close()
    return [
        *percentiles("script, 10 machines in a loop, in process", here, "ms", {50: 0.4, 99: None}),
        *percentiles("script, 10 machines in a loop, evaluator child", apart, "ms", {50: 1.0, 99: None}),
    ]


def _times(work: Callable[[], object]) -> list[float]:
    work()
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) * 1000)
    return found
