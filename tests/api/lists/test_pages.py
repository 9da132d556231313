"""Lists read from pages: which pages are requested when, and how they become one list."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from heco_jupyter.api.lists.fanout import fan_out
from heco_jupyter.api.lists.pages import Expected, Listing, Page, read_pages, rows_of
from heco_jupyter.api.wire.deadline import Deadline
from heco_jupyter.api.wire.throttle import Throttle
from heco_jupyter.errors import BadRequestError

ORDER = ("createdAt",)


@dataclass
class Rows:
    """A list as the server has it, and the pages that were requested.

    Parameters
    ----------
    keys
        The keys of all rows, newest first.
    largest
        The most rows that a page holds.
    refused
        The smallest page size that is refused.
    together
        How many requests must be waiting before any is answered.
    pause
        Seconds before each page but the first is answered.
    """

    keys: list[str]
    largest: int = 3
    refused: int = 10**6
    together: int = 1
    pause: float = 0.0
    requested: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._barrier = threading.Barrier(self.together)

    def fetch(self, number: int, size: int, *, by_key: bool) -> Page[list[Any]]:
        self.requested.append((number, size))
        self._barrier.wait(10)
        if number:
            time.sleep(self.pause)
        if size >= self.refused:
            raise BadRequestError("too large", status=400)
        size = min(size, self.largest)
        rows = [
            {"id": key, "createdAt": -self.keys.index(key)} for key in self.keys[number * size : (number + 1) * size]
        ]
        ends = (rows[0], rows[-1]) if rows else ({}, {})
        return Page([row["id"] for row in rows], rows, *ends, len(self.keys), size)

    def read(self, expected: Expected | None = None, page_size: int = 1000) -> Listing[list[Any]]:
        return read_pages(
            self.fetch,
            page_size=page_size,
            limit=None,
            order=ORDER,
            check_ends=False,
            each=lambda function, numbers: fan_out(function, numbers, bears=Throttle(8), deadline=Deadline(60)),
            expected=expected,
        )


def keys_of(listing: Listing[list[Any]]) -> list[str]:
    return [row["id"] for row in rows_of(listing)]


def keys(count: int) -> list[str]:
    return [f"k{number:02d}" for number in range(count)]


def test_a_second_reading_requests_all_pages_at_once() -> None:
    first = Rows(keys(20)).read()
    again = Rows(keys(20), together=7)
    listing = again.read(first.expected)
    assert keys_of(listing) == keys(20)
    assert listing.settled
    assert sorted(again.requested) == [(number, 1000) for number in range(7)]


def test_after_a_new_row_only_what_is_in_flight_beside_the_first_page_is_asked_for_in_vain() -> None:
    first = Rows(keys(90)).read()
    again = Rows(["new", *keys(90)], pause=0.1)
    listing = again.read(first.expected)
    assert keys_of(listing) == ["new", *keys(90)]
    assert sorted(number for number, size in again.requested if size == 3) == list(range(1, 31))
    in_vain = [number for number, size in again.requested if size == 1000 and number > 0]
    assert len(in_vain) < 16  # 8 are in flight at once


def test_a_list_with_a_shorter_or_longer_end_is_read_with_as_few_pages_as_possible() -> None:
    first = Rows(keys(20)).read()
    shorter, longer = Rows(keys(8)), Rows(keys(30))
    assert keys_of(shorter.read(first.expected)) == keys(8)
    assert len(shorter.requested) == 7
    assert keys_of(longer.read(first.expected)) == keys(30)
    assert len(longer.requested) == 10
    assert keys_of(Rows([]).read(first.expected)) == []


def test_the_size_of_a_page_is_believed_whatever_was_expected() -> None:
    first = Rows(keys(20)).read()
    again = Rows(keys(20), largest=5)
    listing = again.read(first.expected)
    assert keys_of(listing) == keys(20)
    assert listing.expected == Expected(20, 1000, 5, "k00")


def test_a_refused_page_size_is_not_requested_again() -> None:
    served = Rows(keys(250), largest=100, refused=101)
    first = served.read()
    assert served.requested[:2] == [(0, 1000), (0, 100)]
    served.requested.clear()
    assert keys_of(served.read(first.expected)) == keys(250)
    assert sorted(served.requested) == [(0, 100), (1, 100), (2, 100)]


def test_a_page_size_that_is_refused_later_is_made_smaller() -> None:
    first = Rows(keys(250), largest=200).read()
    assert keys_of(Rows(keys(250), largest=100, refused=101).read(first.expected)) == keys(250)


def test_nothing_is_expected_of_a_list_of_one_page() -> None:
    assert Rows(keys(3)).read().expected is None


def test_every_row_without_a_key_is_kept() -> None:
    pages = [Page(["a", None], ["a", "-"], {"at": 1}, {"at": 2}, 4, 2), Page([None, "b"], ["-", "b"], {}, {}, 4, 2)]
    listing = read_pages(
        lambda number, size, *, by_key: pages[number],
        page_size=2,
        limit=None,
        order=("at",),
        check_ends=False,
        each=lambda function, numbers: [function(number) for number in numbers],
    )
    assert listing.settled
    assert rows_of(listing) == ["a", "-", "-", "b"]
