"""The values that callers and backends exchange."""

from __future__ import annotations

import hashlib

import pytest

from audiotui.backends.items import Checksum, Content, FixedFeed
from audiotui.model import PART_BYTES, VerifyLevel
from tests.contracts.samples import BIG, content_of, put_item, sample


@pytest.mark.parametrize(
    ("size", "parts"),
    [(0, 1), (1, 1), (PART_BYTES, 1), (PART_BYTES + 1, 2), (2 * PART_BYTES, 2), (2 * PART_BYTES + 1, 3)],
)
def test_the_parts_of_a_file_cover_it_exactly(size: int, parts: int) -> None:
    content = Content(size, "0" * 64, ("0" * 64,) * parts if parts > 1 else ())

    spans = [content.part_span(number) for number in range(content.part_count)]

    assert content.part_count == parts
    assert content.is_whole == (parts == 1)
    assert [offset for offset, _ in spans] == [number * PART_BYTES for number in range(parts)]
    assert sum(length for _, length in spans) == size


@pytest.mark.parametrize(("size", "digests"), [(10, 1), (PART_BYTES + 1, 0), (PART_BYTES + 1, 3)])
def test_a_content_has_a_digest_for_each_part_of_a_big_file_alone(size: int, digests: int) -> None:
    with pytest.raises(ValueError, match="part digests"):
        Content(size, "0" * 64, ("0" * 64,) * digests)


def test_a_measured_sum_tells_right_from_wrong_or_says_that_it_cannot() -> None:
    content = content_of(sample(BIG))
    composite = hashlib.sha256(b"".join(map(bytes.fromhex, content.part_sha256))).hexdigest()

    def measured(size: int = BIG, **sums: str) -> bool | None:
        return Checksum(size, VerifyLevel.STORAGE_SUM, **sums).matches(content)

    assert measured(sha256=content.sha256) is True
    assert measured(sha256="0" * 64) is False
    assert measured(composite_sha256=composite) is True
    assert measured(composite_sha256="0" * 64) is False
    assert measured(BIG - 1) is False
    assert measured() is None
    assert Checksum(10, VerifyLevel.STORAGE_SUM, composite_sha256="0" * 64).matches(content_of(sample(10))) is None


def test_a_fixed_feed_gives_its_items_in_order_and_is_then_closed() -> None:
    feed = FixedFeed([put_item("one", b"1"), put_item("two", b"2")])

    keys = [item.key if (item := feed.take(0)) else None for _ in range(2)]

    assert keys == ["one", "two"]
    assert feed.closed
    assert feed.take(10) is None
