"""Whole lists from pages.

The first page tells how many rows the list has and how many a page really holds. The other pages are fetched
concurrently, or all of them at once when an earlier reading tells what to expect. What the server returns counts, not
what was asked for. A list can change while it is read. When the pages show that (totals differ, a row comes twice, rows
are missing) or could hide it (rows that sort alike meet at the end of a page, where a server may order them either
way), the list is read again with the row's id as the last sort key. If it still changes, all rows that any reading saw
are returned, and the list is marked as not settled.

Guaranteed: a `settled` list holds, once, every row that existed from the first request to the last. A list of one page
is what the server had at one moment. In the default order, newest first, a new row enters at the front and pushes
another onto a later page, where it shows up twice; a row that disappears makes the total smaller. This needs the first
page to be read before the others; when all are read at once, it needs the newest row to be the expected one, which
shows that none has entered. In any other order, and among rows of the same age, a row can enter behind at the moment at
which one in front disappears. The row that then slips over the end of a page is on no page, while all totals agree.
Such page ends are therefore read again, one row each, to check that they have not moved.

Not guaranteed: a row that slips over the end of a page and back before that end is read again; and the case above, on a
server that ignores a page size of one. A list that is not settled can lack rows that entered or moved during every
reading, and can hold rows that have disappeared.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import accumulate, chain, islice, pairwise, takewhile
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from heco_jupyter.api.model.errors import ApiError, BadRequestError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from heco_jupyter.api.model.types import Row

    Each = Callable[[Callable[[int], Any], Sequence[int]], list[Any]]

C = TypeVar("C")
T = TypeVar("T")
U = TypeVar("U")

_MOST_PAGES = 50_000
# Page sizes to fall back to when a server refuses a large one; the last is the documented default.
_MODEST_SIZES = (100, 20)


@dataclass(frozen=True, slots=True)
class Page(Generic[C]):
    """One page of a list.

    Parameters
    ----------
    keys
        The unique field of each row.
    content
        The rows, as the page reader returns them.
    first, last
        The first row and the last; empty if there is none.
    total
        `totalElements`: rows in the whole list.
    size
        Rows that a full page holds, by the server's account; None when it does not say.
    misfits
        How many values of each field were left out, since they were not of the documented type.
    cells
        Rows times fields that are not documented, where all of them are held.
    """

    keys: list[Any]
    content: C
    first: Row
    last: Row
    total: int
    size: int | None
    misfits: Mapping[str, int] = field(default_factory=dict)
    cells: int = 0

    @property
    def step(self) -> int:
        """Rows on each page, judging by this first one."""
        if self.keys and (self.size is None or len(self.keys) < self.size):
            return len(self.keys)
        return self.size or 1


@dataclass(frozen=True, slots=True)
class Expected:
    """What to expect of the next reading of a list, from an earlier one.

    Parameters
    ----------
    total
        Rows in the whole list.
    size
        Rows to ask for per page.
    step
        Rows that a page then holds.
    newest
        The key of the first row.
    """

    total: int
    size: int
    step: int
    newest: Any


@dataclass(frozen=True, slots=True)
class Listing(Generic[C]):
    """A list that was read.

    Parameters
    ----------
    parts
        The contents of pages.
    keep
        Indices of the rows that make up the list, counted through all parts, in the order asked for and unique by
        key; None for all rows as they are.
    count
        How many rows the list has.
    total
        `totalElements` of the last page read.
    settled
        Whether the list certainly holds all rows; otherwise rows may be missing or outdated.
    expected
        What to expect of the next reading.
    misfits
        How many values of each field were left out, since they were not of the documented type.
    """

    parts: list[C]
    keep: Sequence[int] | None
    count: int
    total: int
    settled: bool
    expected: Expected | None = None
    misfits: Mapping[str, int] = field(default_factory=dict)


def added_up(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sum of several counts by field."""
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(total)


def rows_of(listing: Listing[list[Row]]) -> list[Row]:
    """Return the rows of a list whose parts are lists of rows."""
    rows = list(chain.from_iterable(listing.parts))
    return rows if listing.keep is None else [rows[index] for index in listing.keep]


def read_pages(
    fetch: Callable[..., Page[C]],
    *,
    page_size: int,
    limit: int | None,
    order: Sequence[str],
    check_ends: bool,
    each: Each,
    expected: Expected | None = None,
) -> Listing[C]:
    """Read a list whole.

    Parameters
    ----------
    fetch
        Reads one page: `fetch(number, size, by_key=...)`; `by_key` adds the key as the last sort key.
    page_size
        Rows to ask for per page.
    limit
        Rows wanted from the start of the list, or None for all.
    order
        The fields that the list is sorted by.
    check_ends
        Whether to read the ends of all pages again, for an order in which a change can hide, or only those at which
        rows sort alike.
    each
        Applies a function to page numbers, concurrently or not, and returns the results in order.
    expected
        What an earlier reading told, to ask for all pages at once; only for whole lists whose new rows come first.
    """
    readings: list[_Reading[C]] = []
    for by_key in (False, True, True):
        ask = partial(fetch, by_key=by_key)
        reading = _read_once(ask, page_size, limit, each, None if readings else expected)
        ties = reading.ends(order)
        consistent = reading.agrees and (by_key or not ties)
        if consistent and reading.ends_hold(reading.ends() if check_ends else ties, ask, each):
            return reading.listing
        readings.append(reading)
    return _all_that_was_seen(readings, limit)


@dataclass(frozen=True)
class _Reading(Generic[C]):
    """The pages of one pass over a list, how many rows were wanted, and the page size asked for."""

    pages: list[Page[C]]
    limit: int | None
    size: int

    @property
    def total(self) -> int:
        return self.pages[-1].total

    @property
    def wanted(self) -> int:
        return _at_most(self.pages[0].total, self.limit)

    @cached_property
    def keys(self) -> list[Any]:
        return list(islice(chain.from_iterable(page.keys for page in self.pages), self.limit))

    @property
    def agrees(self) -> bool:
        """Whether every wanted row came exactly once, and all pages have the same total."""
        if len(self.keys) != self.wanted or any(page.total != self.total for page in self.pages):
            return False
        repeated = len(self.keys) - len(set(self.keys))
        return repeated == 0 or repeated == self.keys.count(None) - 1

    def ends(self, order: Sequence[str] = ()) -> list[int]:
        """Return the index of the row after each page, only where the rows that meet are equal in `order`."""
        ends = accumulate(len(page.keys) for page in self.pages)
        return [
            end
            for end, (page, after) in zip(ends, pairwise(self.pages), strict=False)
            if end < len(self.keys) and all(page.last.get(name) == after.first.get(name) for name in order)
        ]

    def ends_hold(self, ends: Sequence[int], ask: Callable[[int, int], Page[C]], each: Each) -> bool:
        """Return whether the row before each of these ends is still where it was, or the server cannot tell."""
        for end, page in zip(ends, each(lambda end: ask(end - 1, 1), ends), strict=True):
            obeyed = page.size in (None, 1) and len(page.keys) <= 1
            if obeyed and (page.total != self.total or page.keys != [self.keys[end - 1]]):
                return False
        return True

    @property
    def listing(self) -> Listing[C]:
        """The list, when nothing about this reading is in doubt."""
        first = self.pages[0]
        cut = sum(len(page.keys) for page in self.pages) > len(self.keys)
        return Listing(
            [page.content for page in self.pages],
            range(len(self.keys)) if cut else None,
            len(self.keys),
            self.total,
            settled=True,
            expected=Expected(first.total, self.size, first.step, self.keys[0]) if len(self.pages) > 1 else None,
            misfits=added_up(page.misfits for page in self.pages),
        )


def _all_that_was_seen(readings: Sequence[_Reading[C]], limit: int | None) -> Listing[C]:
    """Return the rows of the last reading, followed by those that only earlier readings saw."""
    seen: dict[Any, int] = {}
    parts: list[C] = []
    count = 0
    for reading in reversed(readings):
        parts += [page.content for page in reading.pages]
        for index, key in enumerate(reading.keys):
            seen.setdefault(index if key is None else key, count + index)
        count += sum(len(page.keys) for page in reading.pages)
    keep = list(seen.values())[:limit]
    misfits = added_up(page.misfits for page in readings[-1].pages)
    return Listing(parts, keep, len(keep), readings[-1].total, settled=False, misfits=misfits)


def _read_once(
    ask: Callable[[int, int], Page[C]], page_size: int, limit: int | None, each: Each, expected: Expected | None
) -> _Reading[C]:
    pages = _read_together(ask, each, expected) if expected else []
    size = expected.size if expected and pages else _at_most(page_size, limit)
    if not pages:
        first, size = _first_page(ask, size)
        pages = [first]
    total, step = pages[0].total, pages[0].step
    wanted = _at_most(total, limit)
    count = math.ceil(wanted / step) if len(pages[0].keys) < wanted else 1
    if count > _MOST_PAGES:
        raise ApiError(
            f"the API says it has {total} rows in pages of {step}: more than can be read",
            hint="narrow the list with --name, or take its start with --limit",
        )
    rest = each(lambda number: ask(number, step), range(len(pages), count))
    return _Reading([*pages[:count], *rest], limit, size)


def _read_together(ask: Callable[[int, int], Page[C]], each: Each, expected: Expected) -> list[Page[C]]:
    """Read all expected pages at once; return them, or only the first, or none, if they are not as expected."""
    is_another = False

    def try_to_ask(number: int) -> Page[C] | None:
        nonlocal is_another
        if is_another:  # what is in flight beside the first page is all that is in vain
            return None
        try:
            page = ask(number, expected.size)
        except (BadRequestError, NotFoundError):  # by now the list may have fewer or smaller pages
            page = None
        if number == 0:
            is_another = page is None or page.step != expected.step or page.keys[:1] != [expected.newest]
        return page

    pages = each(try_to_ask, range(math.ceil(expected.total / expected.step) or 1))
    together = list(takewhile(lambda page: page is not None, pages))
    return together[:1] if is_another else together


def _first_page(ask: Callable[[int, int], Page[C]], size: int) -> tuple[Page[C], int]:
    """Read page 0, asking for less where the server refuses the size; return it and the size that was accepted."""
    for modest in (*(smaller for smaller in _MODEST_SIZES if smaller < size), None):
        try:
            return ask(0, size), size
        except BadRequestError:
            if modest is None:
                raise
            size = modest
    raise AssertionError("the loop above always ends")


def _at_most(count: int, limit: int | None) -> int:
    return count if limit is None else min(count, limit)
