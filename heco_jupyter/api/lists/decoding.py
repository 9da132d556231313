"""Pages of lists: from the bytes of a response to columns or rows.

A page that is exactly as documented is decoded and checked in one pass. Any other page is read as plain JSON, to keep
fields that are not documented, or to say what is wrong.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from heco_jupyter.api.lists.frames import Chunk
from heco_jupyter.api.lists.pages import Page
from heco_jupyter.api.model.call import BodyError
from heco_jupyter.api.model.columns import LIMITS, Kind, check_rows
from heco_jupyter.api.wire.bodies import UNREADABLE, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heco_jupyter.api.model.types import Row


class PageReader:
    """Reads pages of one kind of list.

    Parameters
    ----------
    columns
        The documented fields of a row, and their kinds.
    key
        The field that is unique to each row.
    """

    def __init__(self, columns: Mapping[str, Kind], key: str) -> None:
        self.columns = columns
        self.key = key
        fields: Any = [(name, _type(kind), None) for name, kind in columns.items()]
        row: Any = msgspec.defstruct("Row", fields, gc=False, forbid_unknown_fields=True)
        total = Annotated[int, msgspec.Meta(ge=0)]
        body: Any = [("content", list[row]), ("totalElements", total), ("size", Any, None), ("pageable", Any, None)]
        self._decoder: Any = msgspec.json.Decoder(msgspec.defstruct("Body", body, gc=False))

    def chunk(self, body: bytes) -> Page[Chunk]:
        """Read a page into columns.

        Raises
        ------
        BodyError
            When it is not a Spring `Page` of JSON objects whose documented fields have the documented types.
        """
        harmless = body.isascii() and b"\\" not in body and b"\x7f" not in body
        try:
            page = self._decoder.decode(body)
        except UNREADABLE:
            plain = self.rows(body)
            content = Chunk.of_rows(plain.content, self.columns, harmless=harmless)
            return Page(plain.keys, content, plain.first, plain.last, plain.total, plain.size)
        rows = page.content
        # All cells, row by row: with n columns, a column is every n-th cell.
        cells = list(chain.from_iterable(map(msgspec.structs.astuple, rows)))
        values = {name: cells[index :: len(self.columns)] for index, name in enumerate(self.columns)}
        content = Chunk.of(values, self.columns, len(rows), harmless=harmless)
        first, last = (msgspec.structs.asdict(rows[end]) if rows else {} for end in (0, -1))
        return Page(values[self.key], content, first, last, page.totalElements, _size(page.size, page.pageable))

    def rows(self, body: bytes) -> Page[list[Row]]:
        """Read a page into mappings, with all the fields it has.

        Raises
        ------
        BodyError
            As for `chunk`.
        """
        page = parse_json(body)
        if not isinstance(page, dict) or not isinstance(page.get("content"), list):
            raise BodyError("its body is not a page: an object with a list called content")
        total = page.get("totalElements")
        if not isinstance(total, int) or isinstance(total, bool) or total < 0:
            raise BodyError("its page has no totalElements, the number of rows in the whole list")
        rows = page["content"]
        if not all(isinstance(row, dict) for row in rows):
            raise BodyError("its page holds rows that are not objects")
        try:
            self._decoder.decode(body)
        except UNREADABLE:
            check_rows(rows, self.columns)  # far slower, but says what is wrong
        keys = [row.get(self.key) for row in rows]
        first, last = (rows[end] if rows else {} for end in (0, -1))
        return Page(keys, rows, first, last, total, _size(page.get("size"), page.get("pageable")))


def _type(kind: Kind) -> Any:
    if kind in (Kind.TEXT, Kind.FLAG):
        return (str if kind is Kind.TEXT else bool) | None
    return Annotated[int, msgspec.Meta(ge=-LIMITS[kind], le=LIMITS[kind])] | None


def _size(size: Any, pageable: Any) -> int | None:
    """Return how many rows a full page holds, from whichever field says so."""
    sizes = (size, pageable.get("pageSize") if isinstance(pageable, dict) else None)
    return next((size for size in sizes if isinstance(size, int) and not isinstance(size, bool) and size > 0), None)
