"""Whole lists from pages: what is asked for, when, and what is made of what comes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from heco_jupyter.api.lists.fanout import fan_out
from heco_jupyter.api.lists.pages import Expected, Listing, Page, read_pages, rows_of
from heco_jupyter.api.wire.deadline import Deadline
from heco_jupyter.errors import BadRequestError

ORDER = ("createdAt",)


@dataclass
class Rows:
    """A list as a server has it, and what was asked of it.

    Parameters
    ----------
    keys
        Of all rows, newest first.
    largest
        Rows that a page holds at most.
    refused
        The size from which on a page is refused.
    together
        Pages that must be asked for at once before any is given.
    """

    keys: list[str]
    largest: int = 3
    refused: int = 10**6
    together: int = 1
    asked: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._barrier = threading.Barrier(self.together)

    def fetch(self, number: int, size: int, *, by_key: bool) -> Page[list[Any]]:
        self.asked.append((number, size))
        self._barrier.wait(10)
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
            each=lambda function, numbers: fan_out(function, numbers, workers=8, deadline=Deadline(60)),
            expected=expected,
        )


def keys_of(listing: Listing[list[Any]]) -> list[str]:
    return [row["id"] for row in rows_of(listing)]


def keys(count: int) -> list[str]:
    return [f"k{number:02d}" for number in range(count)]


def test_a_second_reading_asks_for_all_pages_at_once() -> None:
    first = Rows(keys(20)).read()
    again = Rows(keys(20), together=7)
    listing = again.read(first.expected)
    assert keys_of(listing) == keys(20)
    assert listing.settled
    assert sorted(again.asked) == [(number, 1000) for number in range(7)]


def test_where_a_new_row_came_the_other_pages_are_read_after_the_first() -> None:
    first = Rows(keys(20)).read()
    again = Rows(["new", *keys(20)])
    listing = again.read(first.expected)
    assert keys_of(listing) == ["new", *keys(20)]
    assert sorted(again.asked[:7]) == [(number, 1000) for number in range(7)]
    assert sorted(again.asked[7:]) == [(number, 3) for number in range(1, 7)]


def test_a_list_that_became_shorter_or_longer_at_its_end_is_read_with_what_is_needed() -> None:
    first = Rows(keys(20)).read()
    shorter, longer = Rows(keys(8)), Rows(keys(30))
    assert keys_of(shorter.read(first.expected)) == keys(8)
    assert len(shorter.asked) == 7
    assert keys_of(longer.read(first.expected)) == keys(30)
    assert len(longer.asked) == 10
    assert keys_of(Rows([]).read(first.expected)) == []


def test_pages_of_another_size_than_expected_are_believed() -> None:
    first = Rows(keys(20)).read()
    again = Rows(keys(20), largest=5)
    listing = again.read(first.expected)
    assert keys_of(listing) == keys(20)
    assert listing.expected == Expected(20, 1000, 5, "k00")


def test_a_size_that_was_refused_once_is_not_asked_for_again() -> None:
    served = Rows(keys(250), largest=100, refused=101)
    first = served.read()
    assert served.asked[:2] == [(0, 1000), (0, 100)]
    served.asked.clear()
    assert keys_of(served.read(first.expected)) == keys(250)
    assert sorted(served.asked) == [(0, 100), (1, 100), (2, 100)]


def test_a_size_that_is_refused_by_now_is_made_smaller() -> None:
    first = Rows(keys(250), largest=200).read()
    assert keys_of(Rows(keys(250), largest=100, refused=101).read(first.expected)) == keys(250)


def test_a_list_of_one_page_lets_expect_nothing() -> None:
    assert Rows(keys(3)).read().expected is None


def test_rows_without_a_key_are_all_kept() -> None:
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
