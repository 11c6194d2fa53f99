"""Whatever was done to a boot partition when the power went, the machine starts an image that is whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from node_agent.update.slots import Act, Action, Slots, installing, keeping, objection

VERSIONS = ("0.1.0", "0.2.0", "0.3.0", "0.10.0")


@dataclass
class Medium:
    """A boot partition: which images are whole or half there, and which have an entry."""

    images: dict[str, bool] = field(default_factory=dict)
    entries: set[str] = field(default_factory=set)

    @property
    def slots(self) -> Slots:
        """What a look at it finds; half an image looks like a whole one."""
        return Slots(frozenset(self.entries), frozenset(self.images))

    def do(self, action: Action, whole: bool = True) -> None:
        """One action, or half of it."""
        if action.act is Act.WRITE_IMAGE:
            self.images[action.version] = whole
        elif not whole:
            return
        elif action.act is Act.WRITE_ENTRY:
            self.entries.add(action.version)
        elif action.act is Act.REMOVE_ENTRY:
            self.entries.discard(action.version)
        else:
            self.images.pop(action.version, None)

    @property
    def starts(self) -> str:
        """What the loader starts; a half image would start nothing."""
        first = self.slots.first
        assert self.images.get(first), f"{first} of {self}"
        return first


def made(*versions: str) -> Medium:
    """A medium of which the first version is the one that `hardpan image usb` put there."""
    return Medium({versions[0]: True}, {versions[0]})


@given(st.lists(st.tuples(st.sampled_from(VERSIONS), st.integers(0, 9), st.booleans()), max_size=12))
def test_cuts_at_any_moments_of_any_updates_leave_a_whole_image_that_the_loader_starts(
    steps: list[tuple[str, int, bool]],
) -> None:
    medium = made("0.1.0")
    for wanted, cut, works in steps:
        running = medium.starts
        if wanted == running or objection(medium.slots, running):
            continue
        actions = installing(medium.slots, running, wanted)
        for action in actions[:cut]:
            medium.do(action)
            assert medium.starts == running
        if cut < len(actions):
            medium.do(actions[cut], whole=False)
        assert medium.starts == running
        if cut >= len(actions) and works:
            for action in keeping(medium.slots, wanted):
                medium.do(action)
            assert medium.starts in (running, wanted)


def test_a_new_image_is_never_started_by_the_loader_before_it_was_kept() -> None:
    medium = made("0.1.0")
    for action in installing(medium.slots, "0.1.0", "0.2.0"):
        medium.do(action)
    assert (medium.starts, medium.images) == ("0.1.0", {"0.1.0": True, "0.2.0": True})
    for action in keeping(medium.slots, "0.2.0"):
        medium.do(action)
    assert medium.starts == "0.2.0"


def test_what_neither_runs_nor_is_wanted_makes_room_entry_first() -> None:
    slots = Slots(frozenset({"0.1.0", "0.2.0"}), frozenset({"0.1.0", "0.2.0"}))
    assert installing(slots, "0.2.0", "0.3.0") == (
        Action(Act.REMOVE_ENTRY, "0.1.0"),
        Action(Act.REMOVE_IMAGE, "0.1.0"),
        Action(Act.WRITE_IMAGE, "0.3.0"),
    )


def test_half_an_image_of_an_earlier_try_is_written_anew() -> None:
    slots = Slots(frozenset({"0.1.0"}), frozenset({"0.1.0", "0.2.0"}))
    assert installing(slots, "0.1.0", "0.2.0") == (
        Action(Act.REMOVE_IMAGE, "0.2.0"),
        Action(Act.WRITE_IMAGE, "0.2.0"),
    )


def test_an_image_that_is_tried_takes_no_successor() -> None:
    slots = Slots(frozenset({"0.1.0"}), frozenset({"0.1.0", "0.2.0"}))
    assert "on trial" in objection(slots, "0.2.0")
    assert objection(slots, "0.1.0") == ""


def test_a_medium_of_one_image_is_named() -> None:
    assert "hardpan image usb" in objection(Slots(), "0.1.0")


def test_what_is_kept_already_or_lies_elsewhere_is_left_alone() -> None:
    assert keeping(Slots(frozenset({"0.1.0"}), frozenset({"0.1.0"})), "0.1.0") == ()
    assert keeping(Slots(), "0.1.0") == ()
