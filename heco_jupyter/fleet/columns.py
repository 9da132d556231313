"""Columns of frames of clusters as NumPy arrays, checked so that any other frame fails with a clear message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

NOT_A_TIME = np.iinfo("int64").min
"""NumPy's not-a-time, as an integer."""


def check_columns(
    frame: pd.DataFrame, needed: tuple[str, ...], expected: str = "clusters as %heco list returns them"
) -> None:
    """Check that `frame` is a DataFrame and has the columns `needed`.

    Parameters
    ----------
    frame
        The frame that the user passed.
    needed
        Names of columns.
    expected
        What the frame should hold, for the message.

    Raises
    ------
    CommandError
        When `frame` is not a DataFrame or lacks a column.
    """
    if not isinstance(frame, pd.DataFrame):
        raise CommandError(f"expected a DataFrame, not {plain(type(frame).__name__)}: pass {expected}")
    if missing := [name for name in needed if name not in frame]:
        raise CommandError(
            f"the frame has no column {', '.join(missing)}: pass {expected}",
            hint=f"it has {plain(', '.join(map(str, frame.columns)), 200)}",
        )


def unix_milliseconds(times: pd.Series) -> Integers:
    """Return times as Unix time in ms, `NOT_A_TIME` where missing.

    Raises
    ------
    CommandError
        When the column does not hold times with a time zone.
    """
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        raise CommandError(f"{times.name} must hold times with a time zone, not {times.dtype}")
    utc = times.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray(utc.to_numpy("datetime64[ms]"), "datetime64[ms]").view("int64")


def duration_milliseconds(durations: pd.Series) -> Integers:
    """Return durations in ms, `NOT_A_TIME` where missing.

    Raises
    ------
    CommandError
        When the column does not hold durations.
    """
    if durations.dtype.kind != "m":
        raise CommandError(f"{durations.name} must hold durations, not {durations.dtype}")
    return durations.to_numpy("timedelta64[ms]").view("int64")


def positive_counts(frame: pd.DataFrame, name: str) -> Floats:
    """Return a column of counts, NaN where a count is missing or 0, and all NaN if the frame lacks the column."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return _positive(frame[name].to_numpy("float64", na_value=np.nan))


def positive_by_id(clusters: pd.DataFrame, other: pd.DataFrame, name: str) -> Floats:
    """Return a column of `other`, one entry per row of `clusters`, matched by id.

    Parameters
    ----------
    clusters
        The frame whose rows the result follows.
    other
        A frame of details or a history, with a column `id`.
    name
        A column of `other` with counts, or with durations, which are returned in ms.

    Returns
    -------
    ndarray of float64
        NaN where the value is missing or 0 and where `other` lacks the cluster; all NaN if `other` lacks the column.

    Raises
    ------
    CommandError
        When `other` has no column `id`.
    """
    check_columns(other, ("id",))
    if name not in other:
        return np.full(len(clusters), np.nan)
    column = other[name]
    if column.dtype.kind == "m":
        milliseconds = duration_milliseconds(column)
        values = np.where(milliseconds == NOT_A_TIME, np.nan, milliseconds.astype("float64"))
    else:
        values = column.to_numpy("float64", na_value=np.nan)
    return np.asarray(match_by_id(clusters, other, _positive(values)), "float64")


def match_by_id(clusters: pd.DataFrame, other: pd.DataFrame, values: NDArray[Any]) -> pd.Series:
    """Return `values`, one per row of `other`, matched by id to `clusters`; the last one counts where ids repeat."""
    by_id = pd.Series(values, index=other["id"].astype(object))
    by_id = by_id[~by_id.index.duplicated(keep="last")]
    return by_id.reindex(clusters["id"].astype(object)).reset_index(drop=True)


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values, np.nan)
