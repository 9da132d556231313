"""Rows of a list as columns: what pages become before pandas is there."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

from heco_jupyter.api.model.columns import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heco_jupyter.api.model.types import Row

MISSING = -(2**63)
"""What stands for a number that is missing; numpy reads it as not-a-time."""
_SAMPLE = 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a list.

    Numbers are packed, and texts shared, page by page, while they are still in the processor's caches.

    Parameters
    ----------
    columns
        The values of each field: as many int64 in bytes where it is documented as anything but text, with `MISSING` for
        None; otherwise a list.
    count
        Rows.
    harmless
        Whether no text is known to hold control or direction characters.
    """

    columns: dict[str, Any]
    count: int
    harmless: bool = False

    @classmethod
    def of(cls, values: Mapping[str, list[Any]], kinds: Mapping[str, Kind], count: int, *, harmless: bool) -> Self:
        """Make a chunk of the values of each field."""
        columns: dict[str, Any] = dict(values)
        for name, kind in kinds.items():
            columns[name] = _shared(values[name]) if kind is Kind.TEXT else _packed(values[name])
        return cls(columns, count, harmless)

    @classmethod
    def of_rows(cls, rows: Sequence[Row], kinds: Mapping[str, Kind], *, harmless: bool = False) -> Self:
        """Make a chunk of JSON objects. Fields not in `kinds` follow, in the order in which they are first seen."""
        names = dict.fromkeys(chain(kinds, *rows))
        return cls.of({name: [row.get(name) for row in rows] for name in names}, kinds, len(rows), harmless=harmless)

    def take(self, name: str) -> Any:
        """Return the values of a field, and forget them, so that a list and its frame need not be held together."""
        return self.columns.pop(name) if name in self.columns else [None] * self.count


def _shared(values: list[Any]) -> list[Any]:
    """Return texts with equal ones as one object, which halves their memory; only where many of the first are equal."""
    first = values[:_SAMPLE]
    if 2 * len(set(first)) > len(first):
        return values
    seen: dict[Any, Any] = {}
    return list(map(seen.setdefault, values, values))


def _packed(values: list[Any]) -> bytes:
    try:
        return struct.pack(f"{len(values)}q", *values)
    except struct.error:  # one of them is None, or a whole number written as 3.0
        return struct.pack(f"{len(values)}q", *[MISSING if value is None else int(value) for value in values])
