"""The invariants of DESIGN §14 that concern what exists, one file each, over the recorded history and the end state.

I4 (anyone can verify a manifest) and I8 (no secret in clear) concern bytes, not order: tests of trust have them. I10
(Redis can be emptied) and I12 (the control plane can be away) are faults under which all the others must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.sim.invariants import (
    early,
    errors,
    i1_signed,
    i2_one_node,
    i3_converges,
    i5_no_trace,
    i6_once,
    i7_marked,
    i7_no_return,
    i9_bin,
    i9_in_turn,
    i9_no_harm,
    i11_bounded,
    patience,
    still,
    table,
)
from tests.sim.world import World

Check = Callable[[World], Iterator[str]]
ALWAYS: dict[str, Check] = {
    "I1 signed": i1_signed.check,
    "I2 one node": i2_one_node.check,
    "I6 once": i6_once.check,
    "I7 no return": i7_no_return.check,
    "I7 marked": i7_marked.check,
    "I9 no harm": i9_no_harm.check,
    "I9 bin": i9_bin.check,
    "I9 in turn": i9_in_turn.check,
    "not ready early": early.check,
    "true table": table.check,
    "no haste": patience.check,
    "no unforeseen error": errors.check,
}
WHEN_QUIET: dict[str, Check] = {
    "I3 converges": i3_converges.check,
    "I5 no trace": i5_no_trace.check,
    "I11 bounded": i11_bounded.check,
    "still": still.check,
}


def broken(world: World, checks: dict[str, Check]) -> list[str]:
    """The sentences of all violations, each with its invariant."""
    return [f"{name}: {sentence}" for name, check in checks.items() for sentence in check(world)]
