"""How a clean-up ends tells the chart's job whether to try again."""

from __future__ import annotations

from pathlib import Path

import pytest

from controllers.cleanup import app
from controllers.cleanup.leaving import Unfinished
from controllers.loop.errors import LoopError, Unavailable

JOB = Path(__file__).parents[4] / "charts" / "hardpan" / "templates" / "cleanup" / "job.yaml"


@pytest.mark.parametrize(
    ("trouble", "code"),
    [(None, 0), (Unfinished("2 objects are left"), app.EXIT_UNFINISHED), (Unavailable("the API is away"), 1)],
)
def test_only_what_may_go_better_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, trouble: LoopError | None, code: int
) -> None:
    async def ended(_: object) -> None:
        if trouble:
            raise trouble

    monkeypatch.setattr(app, "_run", ended)
    assert app.main({"HARDPAN_CLEANUP": "Workloads"}) == code


def test_the_charts_job_knows_the_code() -> None:
    assert f"onExitCodes: {{containerName: cleanup, operator: In, values: [{app.EXIT_UNFINISHED}]}}" in JOB.read_text()
