"""The image store: only what has its digest is in it, whole, read-only and once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sal.errors import Busy, NoSpace, Refused
from sal.images import Held, ImageStore, file_chunks, removable

IMAGE = bytes(1000) + b"raw"
DIGEST = hashlib.sha256(IMAGE).hexdigest()
DAY = 86_400.0


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Data in pieces."""
    for place in range(0, len(data), size):
        yield data[place : place + size]


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


def names(store: ImageStore) -> list[str]:
    """All files of the store."""
    folder = store.path(DIGEST).parent
    return sorted(os.listdir(folder)) if folder.exists() else []


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_what_streams_in_with_its_digest_is_there_whole_and_read_only(store: ImageStore, size: int) -> None:
    assert not store.has(DIGEST)
    made = store.add(pieces(IMAGE, size), DIGEST)
    assert made == store.path(DIGEST)
    assert made.read_bytes() == IMAGE
    assert made.stat().st_mode & 0o777 == 0o444
    assert names(store) == [f"sha256-{DIGEST}"]


def test_another_digest_is_refused_and_nothing_is_kept(store: ImageStore) -> None:
    with pytest.raises(Refused, match="sign the right one"):
        store.add([IMAGE, b"!"], DIGEST)
    assert names(store) == []


def test_a_short_image_is_refused(store: ImageStore) -> None:
    with pytest.raises(Refused, match="came with digest"):
        store.add([IMAGE[:-1]], DIGEST)
    with pytest.raises(Refused, match="came with digest"):
        store.add([], DIGEST)


def test_the_limit_stops_the_stream_at_once(store: ImageStore) -> None:
    taken = []

    def long() -> Iterator[bytes]:
        for _ in range(1000):
            taken.append(1)
            yield bytes(100)

    with pytest.raises(Refused, match="larger than 1000 bytes"):
        store.add(long(), DIGEST, limit=1000)
    assert (len(taken), names(store)) == (11, [])


def test_an_image_of_exactly_the_limit_is_taken(store: ImageStore) -> None:
    assert store.add([IMAGE], DIGEST, limit=len(IMAGE)).exists()


def test_a_stream_that_breaks_off_leaves_nothing(store: ImageStore) -> None:
    def broken() -> Iterator[bytes]:
        yield IMAGE[:100]
        raise Busy("broke off")

    with pytest.raises(Busy):
        store.add(broken(), DIGEST)
    assert names(store) == []


def test_a_full_disk_is_told_as_such(store: ImageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoSpace, match=f"image sha256:{DIGEST} cannot be stored"):
        store.add([IMAGE], DIGEST)
    assert names(store) == []


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"QFI\xfb", "qcow2"),
        (b"KDMV", "vmdk"),
        (b"conectix", "vhd"),
        (b"\x1f\x8b", "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
    ],
)
@pytest.mark.parametrize("size", [1, 4096])
def test_what_is_not_a_raw_disk_is_refused_although_its_digest_is_right(
    store: ImageStore, head: bytes, name: str, size: int
) -> None:
    data = head + bytes(100)
    with pytest.raises(Refused, match=f"the image is {name}.*qemu-img convert -O raw"):
        store.add(pieces(data, size), hashlib.sha256(data).hexdigest())
    assert names(store) == []


def test_an_image_that_is_there_is_not_read_again(store: ImageStore) -> None:
    store.add([IMAGE], DIGEST)

    def unread() -> Iterator[bytes]:
        raise AssertionError("read again")
        yield b""

    assert store.add(unread(), DIGEST) == store.path(DIGEST)


def test_two_that_bring_the_same_image_do_not_mix(store: ImageStore) -> None:
    def nested() -> Iterator[bytes]:
        yield IMAGE[:500]
        store.add([IMAGE], DIGEST)
        yield IMAGE[500:]

    assert store.add(nested(), DIGEST).read_bytes() == IMAGE
    assert names(store) == [f"sha256-{DIGEST}"]


@pytest.mark.parametrize("digest", ["", "a" * 63, "A" * 64, f"sha256:{'a' * 64}", "../" + "a" * 61, "a" * 64 + "\n"])
def test_what_is_no_digest_is_refused_everywhere(store: ImageStore, digest: str) -> None:
    for act in (store.path, store.has, store.used, store.remove, lambda each: store.add([b""], each)):
        with pytest.raises(Refused, match="is no SHA-256"):
            act(digest)


def test_a_file_comes_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(IMAGE)
    assert list(file_chunks(tmp_path / "file", 600)) == [IMAGE[:600], IMAGE[600:]]


def test_use_is_noted_and_removal_leaves_nothing(store: ImageStore) -> None:
    os.utime(store.add([IMAGE], DIGEST), (0, 0))
    assert store.held() == (Held(DIGEST, len(IMAGE), 0.0),)
    store.used(DIGEST)
    assert store.held()[0].used > 0.0
    for _ in range(2):
        store.remove(DIGEST)
    assert store.held() == ()


def test_images_go_when_nothing_needs_them_and_nothing_used_them_for_long() -> None:
    held = (Held("old", 1, 0.0), Held("needed", 1, 0.0), Held("fresh", 1, 9.5 * DAY), Held("future", 1, 99 * DAY))
    assert removable(held, frozenset({"needed"}), now=10 * DAY, keep_seconds=DAY) == ("old",)


def test_nothing_goes_when_all_is_fresh() -> None:
    assert removable((Held("a", 1, 0.0),), frozenset(), now=DAY, keep_seconds=DAY) == ()


@given(
    st.lists(st.builds(Held, st.sampled_from("abcdef"), st.just(1), st.floats(0, 1e9)), max_size=6),
    st.frozensets(st.sampled_from("abcdef")),
    st.floats(0, 1e9),
)
def test_what_is_needed_never_goes(held: list[Held], needed: frozenset[str], now: float) -> None:
    assert needed.isdisjoint(removable(held, needed, now, 0.0))
