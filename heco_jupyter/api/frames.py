"""Rows of JSON into DataFrames: the documented columns in the documented order, typed, always all of them."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.cluster import END_OF_TIME
from heco_jupyter.api.text import is_harmless, visible
from heco_jupyter.api.transport import BodyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Row = Mapping[str, Any]

TEXT, FLAG, COUNT, TIME, DURATION = "text", "flag", "count", "time", "duration"

CLUSTER_COLUMNS = {
    "id": TEXT,
    "name": TEXT,
    "status": TEXT,
    "owner": TEXT,
    "clusterType": TEXT,
    "clusterVersion": TEXT,
    "isScalable": FLAG,
    "apiKeyStatus": TEXT,
    "masterCnt": COUNT,
    "workerCnt": COUNT,
    "nodeCnt": COUNT,
    "createdAt": TIME,
    "runningAt": TIME,
    "elapsedTime": DURATION,
}
VM_COLUMNS = {
    "name": TEXT,
    "instanceId": TEXT,
    "index": COUNT,
    "isMaster": FLAG,
    "status": TEXT,
    "flavorName": TEXT,
    "ip": TEXT,
    "floatingIp": TEXT,
    "createdAt": TIME,
}
DETAIL_COLUMNS = {
    "id": TEXT,
    "masterFlavorName": TEXT,
    "workerFlavorName": TEXT,
    "masterCnt": COUNT,
    "totalVmUptime": DURATION,
}

_TYPES = {
    TEXT: {str, NoneType},
    FLAG: {bool, NoneType},
    COUNT: {int, NoneType},
    TIME: {int, NoneType},
    DURATION: {int, NoneType},
}
_WORDS = {
    TEXT: "text",
    FLAG: "true or false",
    COUNT: "a whole number",
    TIME: "a Unix time in ms",
    DURATION: "a number of ms",
}
_NUMBERS = {COUNT, TIME, DURATION}
_MISSING = np.iinfo("int64").min  # what numpy reads as not-a-time


def row_checker(columns: Mapping[str, str]) -> Callable[[list[Row]], None]:
    """Return a function that raises `BodyError` for rows whose documented fields are not of the documented types."""

    def check(rows: list[Row]) -> None:
        for name, kind in columns.items():
            if {type(row.get(name)) for row in rows} <= _TYPES[kind] and kind is not TIME:
                continue
            for index, row in enumerate(rows):
                if not _fits(row.get(name), kind):
                    raise BodyError(f"content[{index}].{name} is {row.get(name)!r:.60}, not {_WORDS[kind]}")

    return check


def _fits(value: object, kind: str) -> bool:
    if kind is TIME and isinstance(value, int | float) and abs(value) > END_OF_TIME:
        return False
    if kind in _NUMBERS and isinstance(value, float):
        return value.is_integer()
    return type(value) in _TYPES[kind]


def to_frame(rows: Sequence[Row], columns: Mapping[str, str], timezone: str) -> pd.DataFrame:
    """Build a DataFrame.

    Parameters
    ----------
    rows
        JSON objects that passed `row_checker(columns)`.
    columns
        Documented fields and their kinds. Fields not among them follow, in the order they are first seen.
    timezone
        IANA name for the time columns.

    Returns
    -------
    DataFrame
        One row an object. Text is `string`, with control and direction characters as Python escapes; flags are
        `boolean`, counts `Int64`, times `datetime64[ms, timezone]`, durations `timedelta64[ms]`; what is absent or null
        is missing.
    """
    data: dict[str, Any] = {
        name: _column([row.get(name) for row in rows], kind, timezone) for name, kind in columns.items()
    }
    unknown = dict.fromkeys(name for row in rows for name in row if name not in columns)
    for name in unknown:
        values = [row.get(name) for row in rows]
        kind = next((kind for kind in (TEXT, FLAG, COUNT) if {*map(type, values)} <= _TYPES[kind]), None)
        data[name] = pd.Series(values, dtype=object).array if kind is None else _column(values, kind, timezone)
    return pd.DataFrame(data)


def _column(values: list[Any], kind: str, timezone: str) -> Any:
    if kind is TEXT:
        if not is_harmless(" ".join(filter(None, values))):  # a frame is printed as it is, in a terminal too
            values = [value and visible(value) for value in values]
        return pd.array(values, dtype="string")
    if kind is FLAG:
        return pd.array(values, dtype="boolean")
    if kind is COUNT:
        return pd.array(values, dtype="Int64")
    numbers = np.array([_MISSING if value is None else int(value) for value in values], dtype="int64")
    if kind is DURATION:
        return numbers.view("timedelta64[ms]")
    return pd.DatetimeIndex(numbers.view("datetime64[ms]")).tz_localize("UTC").tz_convert(timezone)
