"""THE DIGESTS IN tests/cases/plans.corpus NEVER CHANGE, and no file of it is ever removed.

Users sign the digest of a plan. If a script that was signed gives another plan today, its signature counts no more:
every deployment of every user that is affected is refused until somebody signs again. So when a test here fails, the
code is wrong, not the digest: an update of Rhai, a default, an option, the order of something, or the bytes of a plan
has changed what language 1 means. A new meaning needs a new language version, with a corpus of its own beside this one.

Adding a script is welcome: three files, and a line in FROZEN.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from plans.evaluate import evaluate
from plans.model import parse_plan
from tests.unit.trust.cases import CASES

CORPUS = CASES / "plans.corpus"
EXAMPLE = CASES.parents[1] / "examples" / "web.yaml"
FROZEN = {
    "arithmetic": "sha256:a42d4d7b562fe112189011f982d9c04c0d4b5c522076a088da734b148ee0d78b",
    "bounds": "sha256:03c21f289b405971656058745234eed6f11278143148afe5fa6e469f4548bddd",
    "defaults": "sha256:81043087eea5ab923297f4d1870d7eb4a7af04b31397d5057e969fd961ee3541",
    "every_option": "sha256:bf6323a9e050f58016fc7ec1d3a95b4beff3757bcbb04bba3bff1767e80ff359",
    "example_web": "sha256:202a8b85e073afe1c7f4ede3686488ee8375cd792a7e6552b4374c19f174ee79",
    "flow": "sha256:82f222f5d95e15202ccf5cd7f2ce6a776c466a65f609c0c78d79878accf39a67",
    "lists": "sha256:4b704709023786efed5b73af0430bb7386b0ebc40091bfb101e0e5c874f6e507",
    "many": "sha256:a00f5421b02e6bedd2fcee8368602f3df818cc78453691cdd82e5379a693c18c",
    "nothing": "sha256:0b47de3bb7c038aacc20dfff6008076618c7d9288e5b6c23e5706fc72d4123b0",
    "order_of_maps": "sha256:07e2ffa443ea9f5886ffe7b0adf5602ca86faa5a62f44078decfc8bad06d8d0c",
    "parameters": "sha256:5fc53bf5e52b4ca35d79e9c5a2fd796545bf7e18862fd7300d8a53b11925055f",
    "references": "sha256:1cdc7fa510e5112708cd41b86c6372dcb878bc219621476916614ed33f8ba38d",
    "shared_read_only": "sha256:af366257da7fa58872a6525f7e5f421ae8f4baa5af740cfc32faaba54bac29b6",
    "spread_out": "sha256:ca27fda8fc9cd198b85eab2d349c91a826487eb1f86b3330762237bad39c59f3",
    "texts": "sha256:894f81210bf2fe1568e570995791b2319d5fc85197ac85db4ff7d11a7d75506a",
    "units": "sha256:828e9e2ee11f2606c6c00d5b349bef2290f67c2d833dc2abfb381bf04d1b1df1",
}


@contextmanager
def frozen(name: str) -> Iterator[None]:
    """Says in words what a failure means."""
    try:
        yield
    except (AssertionError, OSError) as error:
        pytest.fail(f"{name} of the frozen corpus: {error}\nThe code is wrong, not the digest. {__doc__}")


@pytest.mark.parametrize("name", FROZEN)
def test_a_script_of_the_corpus_gives_the_plan_that_it_always_gave(name: str) -> None:
    with frozen(name):
        script, params, digest = (CORPUS / f"{name}.{kind}" for kind in ("rhai", "params", "digest"))
        plan = evaluate(script.read_text(), json.loads(params.read_text())).plan
        assert plan.digest == FROZEN[name], "its plan has another digest"
        assert digest.read_text() == f"{FROZEN[name]}\n", "the digest beside it was edited"
        assert parse_plan(plan.to_bytes()) == plan, "its plan is not read back"


def test_no_file_of_the_corpus_was_removed_or_stands_unlisted() -> None:
    with frozen("a file"):
        listed = {f"{name}.{kind}" for name in FROZEN for kind in ("rhai", "params", "digest")}
        assert {each.name for each in CORPUS.iterdir()} == listed


def test_the_example_is_in_the_corpus() -> None:
    """When the example changes, the old one stays and the new one is added."""
    spec = yaml.safe_load(EXAMPLE.read_text())["spec"]
    known = {
        (file.read_text(), json.dumps(json.loads(Path(file.with_suffix(".params")).read_text()), sort_keys=True))
        for file in CORPUS.glob("example_*.rhai")
    }
    assert (spec["script"], json.dumps(spec["params"], sort_keys=True)) in known
