"""DataFrames from rows of JSON: always all documented columns, typed, in the documented order."""

from __future__ import annotations

import importlib
import struct
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import is_harmless, made_visible, visible
from heco_jupyter.api.model.columns import Kind, all_fit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heco_jupyter.api.model.types import Row

_STRING = pd.StringDtype()
# Where pandas keeps text in Arrow, columns are built as Arrow has them; pandas has imported it already.
_arrow: Any = importlib.import_module("pyarrow") if _STRING.storage == "pyarrow" else None

_MISSING = np.iinfo("int64").min  # what numpy reads as not-a-time
# Neither occurs in a text, since control characters are escaped.
_END, _NONE = "\0", "\1"


@dataclass(frozen=True, slots=True)
class _Text:
    """A column of text in UTF-8: each text followed by `_END`, or `_NONE` and `_END` where it is missing."""

    data: bytes

    @classmethod
    def of(cls, values: Sequence[str | None], *, harmless: bool = False) -> Self:
        if not harmless and not is_harmless(" ".join(filter(None, values))):  # a frame is also printed in a terminal
            values = [value and visible(value) for value in values]
        try:
            text = _END.join(values)  # type: ignore[arg-type]
        except TypeError:
            text = _END.join([_NONE if value is None else value for value in values])
        return cls((text + _END).encode() if values else b"")

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        return cls(b"".join(part.data for part in parts))

    def array(self) -> Any:
        if _arrow is None:
            values = self.data.decode().split(_END)[:-1]
            return pd.array([None if value == _NONE else value for value in values], dtype=_STRING)
        # Arrow needs the texts end to end, the offset at which each ends, and which ones are missing.
        letters = np.frombuffer(self.data, "uint8")
        ends = np.flatnonzero(letters == ord(_END))
        offsets = np.zeros(len(ends) + 1, "int64")
        np.subtract(ends, np.arange(len(ends)), out=offsets[1:])
        validity = None
        if _NONE.encode() in self.data:
            missing = letters[np.append(0, ends[:-1] + 1)] == ord(_NONE)
            offsets[1:] -= np.cumsum(missing)
            validity = _arrow.py_buffer(np.packbits(~missing, bitorder="little"))
        texts = self.data.replace(_END.encode(), b"").replace(_NONE.encode(), b"")
        buffers = [validity, _arrow.py_buffer(offsets), _arrow.py_buffer(texts)]
        return pd.array(_arrow.Array.from_buffers(_arrow.large_string(), len(ends), buffers), dtype=_STRING)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a frame, as columns.

    Made page by page, while the rows are still in the processor's caches and so that they can be freed.

    Parameters
    ----------
    columns
        Text as `_Text`, other documented fields as int64 with `_MISSING`, unknown fields as lists.
    count
        Rows.
    """

    columns: dict[str, Any]
    count: int

    @classmethod
    def of(
        cls, values: Mapping[str, list[Any]], columns: Mapping[str, Kind], count: int, *, harmless: bool = False
    ) -> Self:
        """Make a chunk.

        Parameters
        ----------
        values
            The value of each field in each row, as `check_rows` accepts them. Fields not in `columns` are kept as they
            are.
        columns
            Documented fields and their kinds.
        count
            Rows.
        harmless
            Whether no text is known to hold control or direction characters.
        """
        typed = {
            name: _Text.of(values[name], harmless=harmless) if kind is Kind.TEXT else _numbers(values[name])
            for name, kind in columns.items()
        }
        return cls({**values, **typed}, count)

    @classmethod
    def of_rows(cls, rows: Sequence[Row], columns: Mapping[str, Kind], *, harmless: bool = False) -> Self:
        """Make a chunk of JSON objects. Fields not in `columns` follow, in the order in which they are first seen."""
        names = dict.fromkeys(chain(columns, *rows))
        return cls.of({name: [row.get(name) for row in rows] for name in names}, columns, len(rows), harmless=harmless)

    @classmethod
    def join(cls, chunks: Sequence[Self]) -> Self:
        """Return one chunk with the rows of all."""
        if len(chunks) == 1:
            return chunks[0]
        names = dict.fromkeys(chain.from_iterable(chunk.columns for chunk in chunks))
        return cls(
            {name: _joined([chunk.columns.get(name, [None] * chunk.count) for chunk in chunks]) for name in names},
            sum(chunk.count for chunk in chunks),
        )

    def frame(self, columns: Mapping[str, Kind], timezone: str) -> pd.DataFrame:
        """Build a DataFrame, with times in `timezone`; see `to_frame`."""
        typed = {
            name: _typed(values, columns[name], timezone) if name in columns else _guessed(values)
            for name, values in self.columns.items()
        }
        frame = pd.DataFrame(typed, copy=False)
        if not is_harmless(" ".join(typed)):
            frame.columns = pd.Index([visible(name) for name in typed])
        return frame


def to_frame(rows: Sequence[Row], columns: Mapping[str, Kind], timezone: str) -> pd.DataFrame:
    """Build a DataFrame.

    Parameters
    ----------
    rows
        JSON objects that passed `check_rows(rows, columns)`.
    columns
        Documented fields and their kinds. Other fields follow, in the order in which they are first seen.
    timezone
        IANA name for the time columns.

    Returns
    -------
    DataFrame
        One row per object. Text is `string`, with control and direction characters as Python escapes, as in the names
        and values of fields that are not documented; flags are `boolean`, counts `Int64`, times
        `datetime64[ms, timezone]`, durations `timedelta64[ms]`; what is absent or null is missing.
    """
    return Chunk.of_rows(rows, columns).frame(columns, timezone)


def _numbers(values: Sequence[Any]) -> np.ndarray:
    try:
        packed = struct.pack(f"{len(values)}q", *values)  # twice as fast as numpy
        return np.frombuffer(bytearray(packed), "int64")
    except struct.error:  # one of them is None
        return np.array([_MISSING if value is None else int(value) for value in values], "int64")


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0], list):
        return list(chain.from_iterable(parts))
    return _Text.join(parts) if isinstance(parts[0], _Text) else np.concatenate(parts)


def _typed(values: Any, kind: Kind, timezone: str) -> Any:
    if kind is Kind.TEXT:
        return values.array()
    if kind is Kind.FLAG:
        return pd.arrays.BooleanArray(values == 1, values == _MISSING)
    if kind is Kind.COUNT:
        return pd.arrays.IntegerArray(values, values == _MISSING)
    if kind is Kind.DURATION:
        return values.view("timedelta64[ms]")
    return pd.DatetimeIndex(values.view("datetime64[ms]")).tz_localize("UTC").tz_convert(timezone)


def _guessed(values: list[Any]) -> Any:
    """Return a column that is not documented, typed by its values."""
    kind = next((kind for kind in (Kind.TEXT, Kind.FLAG, Kind.COUNT) if all_fit(values, kind)), None)
    if kind is None:
        return pd.Series(list(map(made_visible, values)), dtype=object).array
    column = _Text.of(values) if kind is Kind.TEXT else _numbers(values)
    return _typed(column, kind, "UTC")
