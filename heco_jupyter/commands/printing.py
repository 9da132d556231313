"""Results as text for a shell: a table, JSON or CSV, with nothing cut."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import pandas as pd

from heco_jupyter.api.display.cards import duration_words
from heco_jupyter.api.display.grid import Column, lined_up
from heco_jupyter.api.display.text import json_text, visible
from heco_jupyter.api.model.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Callable

_MILLISECOND = timedelta(milliseconds=1)


def as_json(value: pd.DataFrame | Cluster) -> str:
    """Return a frame as a JSON array of objects, or a cluster as one object.

    Names are the API's. Times are in ISO 8601 with their zone, durations in ms; what is missing is null.
    """
    data = _plain(value) if isinstance(value, Cluster) else _records(value)
    return json_text(data, indent=2)


def as_csv(value: pd.DataFrame | Cluster) -> str:
    """Return a frame, or a cluster as a frame of one row, as CSV with the values of `as_json`."""
    records = [_plain(value)] if isinstance(value, Cluster) else _records(value)
    names = list(value) if isinstance(value, Cluster) else [str(name) for name in value]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(map(visible, names))
    writer.writerows([_cell(record[name], _json_text) for name in names] for record in records)
    return file.getvalue().rstrip("\n")


def as_table(value: pd.DataFrame | Cluster) -> str:
    """Return a frame as a table, one line a row with columns that line up, or a cluster as its card."""
    if isinstance(value, Cluster):
        return replace(value.card(), next_command=None).text()
    columns = [
        Column(str(name), [_cell(cell, _reader_text) for cell in column.astype(object)], column.dtype.kind in "iuf")
        for name, column in value.items()
    ]
    return "\n".join(lined_up(columns))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in frame]
    rows = frame.astype(object).itertuples(index=False, name=None)
    return [dict(zip(names, map(_plain, row), strict=True)) for row in rows]


def _plain(value: Any) -> Any:  # noqa: PLR0911 (one for each type)
    """Return a value as JSON has it."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
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
    return _json_text(value)
