"""Whole lists from pages.

The first page says how many rows there are and how many a page really holds; the rest are fetched concurrently. What
comes back is believed over what was asked for. A list can move while it is read: when the pages show it (their totals
differ, a row comes twice, rows are short) or could hide it (rows that sort alike meet at the end of a page, where a
server may have them in any order), the list is read again, with the row's id as the last sort key. What still moves
after that is returned with all rows that any reading saw, and says so.

What is guaranteed: a `settled` list holds every row that was there from the first request to the last, once. A list
of one page is as the server had it at one moment. Of several pages in the default order, newest first, new rows come at
the front and push others towards pages still to come, where they show up twice; rows that go away make the total
smaller. In any other order, and among rows of the same age, a row can come behind at the very moment at which one in
front goes away, and the row that slips over the end of a page between them is on no page while all totals agree; so
such ends of pages are read again, one row each, to see that they are where they were.

What is not: a row that slips over the end of a page and back before that end is read again; and, where a server does
not keep to a page size of one row, the case above. In a list that is not settled, rows can be missing that came or
changed their place during every reading, and rows can be there that went away.
"""

from __future__ import annotations

import math
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from heco_jupyter.api.errors import ApiError, BadRequestError
from heco_jupyter.api.transport import BodyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from heco_jupyter.api.limits import Deadline

    Row = Mapping[str, Any]
    Ask = Callable[[int, int], "Page"]
    Each = Callable[[Callable[[int], "Page"], Sequence[int]], list["Page"]]
    Report = Callable[[str, float | None], None]

T = TypeVar("T")
U = TypeVar("U")

_READINGS = (False, True, True)  # whether each asks for the key as last sort key
_MOST_PAGES = 50_000
# Sizes to fall back to where a server refuses a large page; the last is the documented default.
_MODEST_SIZES = (100, 20)
_TICK = 0.2


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Parameters
    ----------
    rows
        The items of `content`.
    total
        `totalElements`: rows in the whole list.
    size
        Rows that a full page holds, as the server has it; None when it does not say.
    """

    rows: list[Row]
    total: int
    size: int | None

    @classmethod
    def check(cls, body: Any, check_rows: Callable[[list[Row]], None]) -> Page:
        """Read a page from an answer's JSON.

        Raises
        ------
        BodyError
            When it is not Spring's `Page` of JSON objects that `check_rows` accepts.
        """
        if not isinstance(body, dict) or not isinstance(body.get("content"), list):
            raise BodyError("its body is not a page: an object with a list called content")
        total = body.get("totalElements")
        if not isinstance(total, int) or isinstance(total, bool) or total < 0:
            raise BodyError("its page has no totalElements, the number of rows in all")
        rows = body["content"]
        if not all(isinstance(row, dict) for row in rows):
            raise BodyError("its page holds rows that are not objects")
        check_rows(rows)
        pageable = body.get("pageable")
        sizes = (body.get("size"), pageable.get("pageSize") if isinstance(pageable, dict) else None)
        size = next((size for size in sizes if isinstance(size, int) and not isinstance(size, bool) and size > 0), None)
        return cls(rows, total, size)

    @property
    def step(self) -> int:
        """Rows that each page holds, judged by what this first one brought."""
        if self.rows and (self.size is None or len(self.rows) < self.size):
            return len(self.rows)
        return self.size or 1


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that was read.

    Parameters
    ----------
    rows
        In the order asked for, unique by key.
    total
        `totalElements` as last told.
    settled
        Whether all rows are certain to be there; if not, rows may be missing or gone.
    """

    rows: list[Row]
    total: int
    settled: bool


def read_pages(
    fetch: Callable[..., Page],
    *,
    key: str,
    page_size: int,
    limit: int | None,
    order: Sequence[str],
    check_ends: bool,
    each: Each,
) -> Listing:
    """Read a list whole.

    Parameters
    ----------
    fetch
        Gets one page: `fetch(number, size, by_key=...)`, where `by_key` asks for the key as last sort key.
    key
        The field that is unique to a row.
    page_size
        Rows to ask for per page.
    limit
        Rows wanted from the start of the list, or None for all.
    order
        The fields that the list is sorted by.
    check_ends
        Whether to read the ends of all pages again, for an order in which a move can hide, or only those of pages at
        whose ends rows sort alike.
    each
        Applies a function to page numbers, concurrently or not, and returns the results in order.
    """
    seen: dict[object, Row] = {}
    for by_key in _READINGS:
        ask = partial(fetch, by_key=by_key)
        reading = _read_once(ask, page_size, limit, each)
        unique = {row.get(key, index): row for index, row in enumerate(reading.rows)}
        whole = reading.agrees and len(unique) == len(reading.rows) and (by_key or not reading.ties(order))
        doubtful = reading.ends if check_ends else reading.ties(order)
        if whole and _ends_hold(reading, doubtful, ask, key, each):
            return Listing(reading.rows, reading.total, settled=True)
        seen = unique | {key: row for key, row in seen.items() if key not in unique}
    return Listing(list(seen.values())[: limit or None], reading.total, settled=False)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The pages of one time through a list, and how they were asked for."""

    pages: list[Page]
    rows: list[Row]
    wanted: int
    step: int

    @property
    def total(self) -> int:
        return self.pages[-1].total

    @property
    def agrees(self) -> bool:
        return len(self.rows) == self.wanted and all(page.total == self.total for page in self.pages)

    @property
    def ends(self) -> Sequence[int]:
        """Where each page but the last ends, as the index of the row that comes after."""
        return range(self.step, len(self.rows), self.step)

    def ties(self, order: Sequence[str]) -> Sequence[int]:
        """Return those ends at which rows meet that sort alike."""
        rows = self.rows
        return [end for end in self.ends if all(rows[end - 1].get(name) == rows[end].get(name) for name in order)]


def _read_once(ask: Ask, page_size: int, limit: int | None, each: Each) -> _Reading:
    first = _first_page(ask, page_size if limit is None else min(page_size, limit))
    wanted = first.total if limit is None else min(limit, first.total)
    step = first.step
    count = math.ceil(wanted / step) if len(first.rows) < wanted else 1
    if count > _MOST_PAGES:
        raise ApiError(
            f"the API says it has {first.total} rows in pages of {step}: more than can be read",
            hint="narrow the list with --name, or take its start with --limit",
        )
    pages = [first, *each(lambda number: ask(number, step), range(1, count))]
    rows = [row for page in pages for row in page.rows][: limit or None]
    return _Reading(pages, rows, wanted, step)


def _ends_hold(reading: _Reading, ends: Sequence[int], ask: Ask, key: str, each: Each) -> bool:
    """Return whether the last row of each of these pages is still where it was, or a server cannot tell."""
    for end, page in zip(ends, each(lambda end: ask(end - 1, 1), ends), strict=True):
        if page.size in (None, 1) and len(page.rows) <= 1:
            before, now = [reading.rows[end - 1].get(key)], [row.get(key) for row in page.rows]
            if page.total != reading.total or now != before:
                return False
    return True


def _first_page(ask: Ask, size: int) -> Page:
    """Get page 0, with smaller sizes where the server refuses the larger."""
    for modest in (*(smaller for smaller in _MODEST_SIZES if smaller < size), None):
        try:
            return ask(0, size)
        except BadRequestError:
            if modest is None:
                raise
            size = modest
    raise AssertionError("the loop above always ends")


def fan_out(
    function: Callable[[T], U],
    items: Iterable[T],
    *,
    workers: int,
    deadline: Deadline,
    report: Report | None = None,
    doing: str = "",
) -> list[U]:
    """Apply `function` to `items` in threads, and return the results in order.

    The first failure, or Ctrl-C, cancels `deadline` and with it all that is under way.

    Parameters
    ----------
    function, items
        What to do, and to what.
    workers
        Threads.
    deadline
        The deadline of the whole, which `function` must use for its parts.
    report, doing
        Called a few times a second with what is being done, in words, and the fraction done.
    """
    items = list(items)
    if not items:
        return []
    executor = ThreadPoolExecutor(min(workers, len(items)), thread_name_prefix="heco")
    try:
        futures = [executor.submit(function, item) for item in items]
        pending = set(futures)
        while pending:
            done, pending = wait(pending, timeout=_TICK, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
            if report:
                report(doing, 1 - len(pending) / len(futures))
        return [future.result() for future in futures]
    except BaseException:
        deadline.cancel()
        raise
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
