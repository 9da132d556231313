"""Rows of a list as columns of Python's values: what pages become before pandas is there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from heco_jupyter.api.model.types import Row


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a list.

    Parameters
    ----------
    columns
        The value of each field in each row.
    count
        Rows.
    harmless
        Whether no text is known to hold control or direction characters.
    """

    columns: Mapping[str, Sequence[Any]]
    count: int
    harmless: bool = False

    @classmethod
    def of_rows(cls, rows: Sequence[Row], names: Iterable[str], *, harmless: bool = False) -> Self:
        """Make a chunk of JSON objects. Fields not in `names` follow, in the order in which they are first seen."""
        together = dict.fromkeys(chain(names, *rows))
        return cls({name: [row.get(name) for row in rows] for name in together}, len(rows), harmless)

    def column(self, name: str) -> Sequence[Any]:
        """Return the value of a field in each row, where the chunk has the field."""
        return self.columns.get(name) or [None] * self.count
