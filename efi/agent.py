"""Our own part of the boot image: the packages that a node runs."""

from __future__ import annotations

from efi.own import Own

# A node evaluates no script; the page of the API is for people.
EXCLUDED = (
    *(f"crds/{each}.py" for each in ("fields", "reference", "schema")),
    *(f"plans/{each}.py" for each in ("evaluate", "evaluator", "language", "scripterror")),
    "*testing.py",
)
AGENT = Own(("crds", "jobs", "node_agent", "plans", "sal", "trust"), EXCLUDED)
