"""Pages of lists: from the bytes of a response to columns or rows.

A page that is exactly as documented is decoded and checked in one pass. Any other page is read as plain JSON, to keep
fields that are not documented, and to drop values of a wrong type one by one.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from heco_jupyter.api.lists.chunks import Chunk
from heco_jupyter.api.lists.pages import Page
from heco_jupyter.api.model.call import BodyError
from heco_jupyter.api.model.columns import LIMITS, Kind, without_misfits
from heco_jupyter.api.wire.bodies import UNREADABLE, check_bounds, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heco_jupyter.api.model.types import Row

MOST_ROWS = 100_000
"""Rows of one page, of which 1,000 are asked for."""
MOST_KEYS_A_ROW = 200
"""Fields of one row; the documented rows have 14."""
MOST_KEYS = 500
"""Different fields in all rows of a list: each becomes a column, which costs memory for every row."""
MOST_CELLS = 2_500_000
"""Rows times fields that are not documented, of a page or a list: 25 new fields of 100,000 rows."""


class PageReader:
    """Reads pages of one kind of list.

    Totals are read where Spring has them: beside the rows, or, since its version 3.3, in an object called page.

    Parameters
    ----------
    columns
        The documented fields of a row, and their kinds.
    key
        The field that is unique to each row.
    needs_key
        Whether a row without its key makes the page unreadable.
    """

    def __init__(self, columns: Mapping[str, Kind], key: str, *, needs_key: bool = False) -> None:
        self.columns = columns
        self.key = key
        self._needs_key = needs_key
        fields: Any = [(name, _type(kind), None) for name, kind in columns.items()]
        row: Any = msgspec.defstruct("Row", fields, gc=False, forbid_unknown_fields=True)
        totals: Any = [(name, Any, None) for name in ("totalElements", "size", "pageable", "page")]
        self._decoder: Any = msgspec.json.Decoder(
            msgspec.defstruct("Body", [("content", list[row]), *totals], gc=False)
        )

    def chunk(self, body: bytes) -> Page[Chunk]:
        """Read a page into columns.

        Raises
        ------
        BodyError
            When it is not a Spring `Page` of JSON objects, or a row has no key that needs one.
        """
        harmless = body.isascii() and b"\\" not in body and b"\x7f" not in body
        check_bounds(body)
        try:
            page = self._decoder.decode(body)
        except UNREADABLE:
            plain = self.rows(body)
            content = Chunk.of_rows(plain.content, self.columns, harmless=harmless)
            more = len(content.columns) - len(self.columns)
            told = (plain.first, plain.last, plain.total, plain.size, plain.misfits)
            return Page(plain.keys, content, *told, cells=more * content.count)
        rows = page.content
        _check_count(rows)
        # All cells, row by row: with n columns, a column is every n-th cell.
        cells = list(chain.from_iterable(map(msgspec.structs.astuple, rows)))
        values = {name: cells[index :: len(self.columns)] for index, name in enumerate(self.columns)}
        self._check_keys(values[self.key])
        content = Chunk.of(values, self.columns, len(rows), harmless=harmless)
        first, last = (msgspec.structs.asdict(rows[end]) if rows else {} for end in (0, -1))
        total = _total(page.totalElements, page.page)
        return Page(values[self.key], content, first, last, total, _size(page.size, page.pageable, page.page))

    def rows(self, body: bytes) -> Page[list[Row]]:
        """Read a page into mappings, with all the fields it has, less those whose value is of a wrong type.

        Raises
        ------
        BodyError
            As for `chunk`.
        """
        page = parse_json(body)
        if not isinstance(page, dict) or not isinstance(page.get("content"), list):
            raise BodyError("its body is not a page: an object with a list called content")
        total = _total(page.get("totalElements"), page.get("page"))
        rows = page["content"]
        _check_count(rows)
        if not all(isinstance(row, dict) for row in rows):
            raise BodyError("its page holds rows that are not objects")
        misfits: dict[str, int] = {}
        try:
            self._decoder.decode(body)
        except UNREADABLE:
            _check_fields(rows, self.columns)
            rows, misfits = without_misfits(rows, self.columns)
        keys = [row.get(self.key) for row in rows]
        self._check_keys(keys)
        first, last = (rows[end] if rows else {} for end in (0, -1))
        size = _size(page.get("size"), page.get("pageable"), page.get("page"))
        return Page(keys, rows, first, last, total, size, misfits)

    def _check_keys(self, keys: list[Any]) -> None:
        if self._needs_key and not all(keys):
            index = next(index for index, key in enumerate(keys) if not key)
            raise BodyError(f"content[{index}] has no {self.key} that is a text")


def _type(kind: Kind) -> Any:
    if kind in (Kind.TEXT, Kind.FLAG):
        return (str if kind is Kind.TEXT else bool) | None
    least, most = LIMITS[kind]
    return Annotated[int, msgspec.Meta(ge=least, le=most)] | None


def _check_count(rows: list[Any]) -> None:
    if len(rows) > MOST_ROWS:
        raise BodyError(f"its page holds more than {MOST_ROWS} rows")


def _check_fields(rows: list[Row], columns: Mapping[str, Kind]) -> None:
    if any(len(row) > MOST_KEYS_A_ROW for row in rows):
        raise BodyError(f"its page holds a row of more than {MOST_KEYS_A_ROW} fields")
    names = set(chain.from_iterable(rows))
    if len(names) > MOST_KEYS:
        raise BodyError(f"its rows have more than {MOST_KEYS} different fields")
    if len(names - columns.keys()) * len(rows) > MOST_CELLS:
        raise BodyError(f"its {len(rows)} rows have {len(names)} different fields, more than can be held")


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _in(page: Any, name: str) -> Any:
    return page.get(name) if isinstance(page, dict) else None


def _total(total: Any, page: Any) -> int:
    """Return how many rows the whole list has, from wherever the page says so."""
    found = next((whole for value in (total, _in(page, "totalElements")) if (whole := _whole(value)) is not None), None)
    if found is None or not 0 <= found <= LIMITS[Kind.COUNT][1]:
        raise BodyError("its page has no totalElements, the number of rows in the whole list")
    return found


def _size(size: Any, pageable: Any, page: Any) -> int | None:
    """Return how many rows a full page holds, from wherever the page says so."""
    sizes = (size, _in(pageable, "pageSize"), _in(page, "size"))
    return next((whole for value in sizes if (whole := _whole(value)) is not None and whole > 0), None)
