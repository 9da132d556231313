"""Lists of the API read whole: which pages to ask for, with which parameters, and what an earlier reading told."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.display.texts import Said, Words
from heco_jupyter.api.lists.decoding import MOST_CELLS, PageReader
from heco_jupyter.api.lists.fanout import fan_out
from heco_jupyter.api.lists.pages import read_pages
from heco_jupyter.api.model.call import Call, check_sendable, cluster_path
from heco_jupyter.api.model.checks import check_type
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS, VM_COLUMNS
from heco_jupyter.api.model.errors import ApiError, CommandError
from heco_jupyter.api.model.lookup import composed, forms_of
from heco_jupyter.api.wire.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heco_jupyter.api.lists.pages import Expected, Listing, Page
    from heco_jupyter.api.model.settings import Settings
    from heco_jupyter.api.model.types import Params, Report, Row
    from heco_jupyter.api.wire.transport import Transport

C = TypeVar("C")

ALL = ("includeTerminated", "true")
ACTIVE = ("includeTerminated", "false")
CLUSTER_PAGES = PageReader(CLUSTER_COLUMNS, "id", needs_key=True)
VM_PAGES = PageReader(VM_COLUMNS, "instanceId")

_DEFAULT_SORT = "createdAt,desc"
_AS_SORT = f"a text such as {_DEFAULT_SORT}, or several"
_MOST_REMEMBERED = 4
_MOST_ROWS = 1_000_000  # of all pages read for one list, which is read again when it moves


@dataclass(frozen=True, slots=True)
class _Source:
    """A list that the API has: what reading it is called, its path, and the field that is unique to a row."""

    doing: str
    path: str
    key: str


_CLUSTERS = _Source(Words(Said("list_clusters")), "/clusters", CLUSTER_PAGES.key)


class ListReader:
    """Reads lists whole over one transport, and remembers what to expect of the next reading.

    Parameters
    ----------
    transport
        Sends the requests.
    settings
        Page size, time limits and how many requests may be in flight.
    """

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self._transport = transport
        self._settings = settings
        self._expected: dict[tuple[tuple[str, str], ...], Expected] = {}

    def check(self) -> None:
        """Make one light call. How many rows a page holds, only a whole one tells."""
        call = Call("connect", "GET", "/clusters", (("page", "0"), ("size", "1"), ALL))
        self._transport.get(call, CLUSTER_PAGES.rows)

    def asked_by(self, name: str | None) -> str | None:
        """Return the text to ask the API for, to have all clusters whose name contains `name`, whatever its form.

        None where there is none, and the names are to be compared here: some of them have their letters in parts.
        """
        for form in () if name is None else forms_of(name)[1:]:  # one light call, for letters such as Korean ones
            call = Call(_CLUSTERS.doing, "GET", _CLUSTERS.path, (("page", "0"), ("size", "1"), ALL, ("name", form)))
            if self._transport.get(call, CLUSTER_PAGES.rows).total:
                return None
        return name

    def newest_named(self, name: str, deadline: Deadline) -> Page[list[Row]]:
        """Read, with one request, the newest clusters whose name contains `name`."""
        paging = (("page", "0"), ("size", str(self._settings.page_size)))
        call = Call(
            f"create {plain(name, 80)} (looking for namesakes first)",
            "GET",
            "/clusters",
            (*paging, ALL, ("name", name)),
        )
        return self._transport.get(call, CLUSTER_PAGES.rows, deadline)

    def clusters(
        self,
        read: Callable[[bytes], Page[C]],
        params: Params,
        *,
        limit: int | None = None,
        report: Report | None = None,
        deadline: Deadline | None = None,
    ) -> Listing[C]:
        """Read the list of clusters.

        Parameters
        ----------
        read
            Reads a page: `CLUSTER_PAGES.rows` or `CLUSTER_PAGES.chunk`.
        params
            Query parameters: filters and sorts.
        limit
            Rows wanted from the start of the list.
        report
            Called while pages arrive.
        deadline
            When the larger operation that this is a part of must end.
        """
        deadline = self.deadline(deadline)
        asked = tuple(params)
        if limit is not None or _sorts(asked):  # what to expect is known only of whole lists with new rows in front
            return self._read(_CLUSTERS, read, asked, deadline, limit=limit, report=report)
        expected = self._expected.pop(asked, None)
        listing = self._read(_CLUSTERS, read, asked, deadline, report=report, expected=expected)
        if listing.expected:
            if len(self._expected) >= _MOST_REMEMBERED:
                self._expected.clear()
            self._expected[asked] = listing.expected
        return listing

    def vms(
        self,
        cluster_id: str,
        read: Callable[[bytes], Page[C]],
        params: Params,
        deadline: Deadline,
        *,
        report: Report | None = None,
        concurrently: bool = True,
    ) -> Listing[C]:
        """Read the list of a cluster's VMs.

        Parameters
        ----------
        cluster_id
            Whose VMs.
        read, params, report
            As for `clusters`.
        deadline
            When it must end.
        concurrently
            Whether to read several pages at once; not for a caller that is one of several threads already.
        """
        source = _Source(
            Words(Said("list_vms", {"id": plain(cluster_id, 80)})), f"{cluster_path(cluster_id)}/vms", VM_PAGES.key
        )
        return self._read(source, read, tuple(params), deadline, report=report, concurrently=concurrently)

    def deadline(self, within: Deadline | None = None) -> Deadline:
        """Return the deadline for a whole list or fan-out that begins now."""
        return Deadline(self._settings.long_timeout, within)

    def _read(
        self,
        source: _Source,
        read: Callable[[bytes], Page[C]],
        params: Params,
        deadline: Deadline,
        *,
        limit: int | None = None,
        report: Report | None = None,
        concurrently: bool = True,
        expected: Expected | None = None,
    ) -> Listing[C]:
        sorts = _sorts(params)
        held = _Held(source.doing)

        def fetch(number: int, size: int, *, by_key: bool) -> Page[C]:
            last = [*([] if sorts else [_DEFAULT_SORT]), f"{source.key},asc"] if by_key else []
            paging = (("page", str(number)), ("size", str(size)))
            call = Call(source.doing, "GET", source.path, (*paging, *params, *(("sort", value) for value in last)))
            page = self._transport.get(call, read, deadline)
            held.add(page)
            return page

        def each(function: Callable[[int], Any], numbers: Sequence[int]) -> list[Any]:
            if not concurrently:
                return [function(number) for number in numbers]
            bears = self._transport.throttle
            return fan_out(function, numbers, bears=bears, deadline=deadline, report=report, doing=source.doing)

        return read_pages(
            fetch,
            page_size=self._settings.page_size,
            limit=limit,
            order=[value.partition(",")[0] for value in sorts or [_DEFAULT_SORT]],
            check_ends=limit is None and sorts[:1] not in ([], [_DEFAULT_SORT]),
            each=each,
            expected=expected,
        )


class _Held:
    """Counts what all pages of a list hold, in whichever threads they are read, and refuses what memory may not bear.

    Parameters
    ----------
    doing
        What the list is read for.
    """

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._rows = self._cells = 0
        self._lock = threading.Lock()

    def add(self, page: Page[Any]) -> None:
        """Count a page.

        Raises
        ------
        ApiError
            When the pages hold too much.
        """
        with self._lock:
            self._rows += len(page.keys)
            self._cells += page.cells
            if self._rows <= _MOST_ROWS and self._cells <= MOST_CELLS:
                return
            of_fields = f" with {self._cells} values of fields that are not documented" if self._cells else ""
        raise ApiError(
            f"could not {self._doing}: the API sent {self._rows} rows{of_fields}, more than can be held",
            hint="narrow the list with --name, or take its start with --limit",
        )


def _sorts(params: Params) -> list[str]:
    return [value for name, value in params if name == "sort"]


def in_one_form(name: str | None) -> str | None:
    """Return a name to filter by, or None where it can be written in several forms, of which the API knows one."""
    check_type(name, str | None, "name", "a text")
    return name if name is None or len(forms_of(name)) == 1 else None


def filters(**params: str | None) -> list[tuple[str, str]]:
    """Return the query parameters for those filters that are given, in the form that names usually have.

    Raises
    ------
    CommandError
        When one is not a text, or not one that can be sent.
    """
    for name, value in params.items():
        check_type(value, str | None, name, "a text")
        check_sendable(value or "", name)
    return [(name, composed(value)) for name, value in params.items() if value is not None]


def sort_params(sort: str | Iterable[str] | None, columns: Iterable[str]) -> list[tuple[str, str]]:
    """Return the query parameters for an order.

    Parameters
    ----------
    sort
        `"field,asc"` or `"field,desc"`, or several of them.
    columns
        The documented fields. Any of them is passed on, sortable or not, for the API to decide.

    Raises
    ------
    CommandError
        For an unknown field or direction.
    """
    checked = []
    check_type(sort, str | Iterable | None, "sort", _AS_SORT)
    if sort is None:
        return []
    for item in [sort] if isinstance(sort, str) else sort:
        check_type(item, str, "sort", _AS_SORT)
        field, _, direction = (part.strip() for part in item.partition(","))
        if field not in columns:
            raise CommandError(
                f"cannot sort by {plain(field, 40)!r}{did_you_mean(field, columns)}",
                hint=f"the fields are {', '.join(columns)}",
            )
        if direction not in ("", "asc", "desc"):
            raise CommandError(f"cannot sort {plain(direction, 40)!r}: write {field},asc or {field},desc")
        checked.append(("sort", f"{field},{direction or 'asc'}"))
    return checked
