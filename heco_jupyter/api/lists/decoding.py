"""Pages of lists, from the bytes of an answer to what is made of its rows.

A page that is exactly as documented is decoded and checked in one go, into rows of known fields. Any other is taken
apart as plain JSON: to keep the fields that we do not know, or to say what is wrong with it.
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
        The documented fields of its rows, and their kinds.
    key
        The field that is unique to a row.
    """

    def __init__(self, columns: Mapping[str, Kind], key: str) -> None:
        self.columns = columns
        self.key = key
        fields: Any = [(name, _type(kind), None) for name, kind in columns.items()]
        row: Any = msgspec.defstruct("Row", fields, gc=False, forbid_unknown_fields=True)
        total = Annotated[int, msgspec.Meta(ge=0)]
        about: Any = [("content", list[row]), ("totalElements", total), ("size", Any, None), ("pageable", Any, None)]
        self._decoder: Any = msgspec.json.Decoder(msgspec.defstruct("Body", about, gc=False))

    def chunk(self, body: bytes) -> Page[Chunk]:
        """Read a page into columns.

        Raises
        ------
        BodyError
            When it is not Spring's `Page` of JSON objects with the documented fields.
        """
        harmless = body.isascii() and b"\\" not in body and b"\x7f" not in body
        try:
            page = self._decoder.decode(body)
        except UNREADABLE:
            told = self.rows(body)
            content = Chunk.of_rows(told.content, self.columns, harmless=harmless)
            return Page(told.keys, content, told.first, told.last, told.total, told.size)
        rows = page.content
        # One field after the other of one row after the other: a column is every so-manieth of them.
        cells = list(chain.from_iterable(map(msgspec.structs.astuple, rows)))
        values = {name: cells[index :: len(self.columns)] for index, name in enumerate(self.columns)}
        content = Chunk.of(values, self.columns, len(rows), harmless=harmless)
        first, last = (msgspec.structs.asdict(rows[end]) if rows else {} for end in (0, -1))
        return Page(values[self.key], content, first, last, page.totalElements, _size(page.size, page.pageable))

    def rows(self, body: bytes) -> Page[list[Row]]:
        """Read a page into mappings, with whatever fields it has.

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
            raise BodyError("its page has no totalElements, the number of rows in all")
        rows = page["content"]
        if not all(isinstance(row, dict) for row in rows):
            raise BodyError("its page holds rows that are not objects")
        try:
            self._decoder.decode(body)
        except UNREADABLE:
            check_rows(rows, self.columns)  # which takes far longer, and tells what is wrong where something is
        keys = [row.get(self.key) for row in rows]
        first, last = (rows[end] if rows else {} for end in (0, -1))
        return Page(keys, rows, first, last, total, _size(page.get("size"), page.get("pageable")))


def _type(kind: Kind) -> Any:
    if kind in (Kind.TEXT, Kind.FLAG):
        return (str if kind is Kind.TEXT else bool) | None
    return Annotated[int, msgspec.Meta(ge=-LIMITS[kind], le=LIMITS[kind])] | None


def _size(size: Any, pageable: Any) -> int | None:
    """Return the rows that a full page holds, from wherever the page tells it."""
    told = (size, pageable.get("pageSize") if isinstance(pageable, dict) else None)
    return next((size for size in told if isinstance(size, int) and not isinstance(size, bool) and size > 0), None)
