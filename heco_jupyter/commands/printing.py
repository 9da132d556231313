"""Results as text for a shell: a table, JSON or CSV, with nothing cut.

A result is a frame, a cluster, a path or several, nothing, or something that knows its own text and data (`Told`).
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from heco_jupyter.api.display.cards import duration_words
from heco_jupyter.api.display.grid import Column, lined_up
from heco_jupyter.api.display.text import json_text, visible
from heco_jupyter.api.model.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Callable

_MILLISECOND = timedelta(milliseconds=1)


@runtime_checkable
class Told(Protocol):
    """A result that is neither a frame nor a cluster, such as a recording or a report."""

    def text(self) -> str:
        """Return it as a person reads it."""

    def data(self) -> Mapping[str, Any]:
        """Return its names and values, where a value may be a frame."""


def as_json(value: Any) -> str:
    """Return a frame as a JSON array of objects, and anything else as one object; frames within it are arrays.

    Names are the API's. Times are in ISO 8601 with their zone, durations in ms; what is missing is null.
    """
    return json_text(_plain(_data(value)), indent=2)


def as_csv(value: Any) -> str:
    """Return a frame as CSV with the values of `as_json`: of a result with frames the first, of any other one row."""
    data = _data(value)
    if not isinstance(data, pd.DataFrame):
        data = next((part for part in data.values() if isinstance(part, pd.DataFrame)), data)
    records = _records(data) if isinstance(data, pd.DataFrame) else [_plain(data)]
    names = [str(name) for name in data]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(map(visible, names))
    writer.writerows([_cell(record[name], _json_text) for name in names] for record in records)
    return file.getvalue().rstrip("\n")


def as_table(value: Any) -> str:
    """Return a frame as a table, one line a row with columns that line up, and anything else in its own words."""
    if isinstance(value, Cluster):
        return replace(value.card(), next_command=None).text()
    if isinstance(value, Told):
        return value.text()
    if isinstance(value, Path):
        return visible(str(value))
    if isinstance(value, list):
        return "\n".join(map(as_table, value))
    columns = [
        Column(str(name), [_cell(cell, _reader_text) for cell in column.astype(object)], column.dtype.kind in "iuf")
        for name, column in value.items()
        if not any(isinstance(cell, np.ndarray) for cell in column.head(1))  # as long as a table of its own
    ]
    return "\n".join(lined_up(columns))


def _data(value: Any) -> Mapping[str, Any] | pd.DataFrame:
    """Return a result as a frame, or as names and values."""
    if isinstance(value, Told) and not isinstance(value, Cluster):
        return value.data()
    if isinstance(value, Path):
        return {"path": value}
    if isinstance(value, list):
        return pd.DataFrame({"path": value}, dtype=object)
    made: Mapping[str, Any] | pd.DataFrame = value
    return made


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in frame]
    rows = frame.astype(object).itertuples(index=False, name=None)
    return [dict(zip(names, map(_plain, row), strict=True)) for row in rows]


def _plain(value: Any) -> Any:  # noqa: PLR0911 (one for each type)
    """Return a value as JSON has it."""
    if isinstance(value, pd.DataFrame):
        return _records(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in _items(value)]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, timedelta):
        return value // _MILLISECOND
    if isinstance(value, str | bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    return str(value)


def _items(value: list[Any] | tuple[Any, ...] | np.ndarray[Any, Any]) -> list[Any]:
    """Return the items of a list or an array; those of a structured array by name."""
    if not isinstance(value, np.ndarray):
        return list(value)
    names = value.dtype.names
    return value.tolist() if names is None else [dict(zip(names, item, strict=True)) for item in value.tolist()]


def _cell(value: Any, texts: Callable[[Any], str]) -> str:
    return "" if _plain(value) is None else texts(value)


def _json_text(value: Any) -> str:
    """Return a value as a cell of CSV."""
    plain = _plain(value)
    return visible(plain) if isinstance(plain, str) else json_text(plain)


def _reader_text(value: Any) -> str:
    """Return a value as a person reads it, on one line."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S %Z")
    if isinstance(value, timedelta):
        return duration_words(value)
    if isinstance(value, float):
        return _json_text(round(value, 6))
    return _json_text(value)
