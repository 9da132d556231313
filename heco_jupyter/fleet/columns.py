"""Columns of frames of clusters as NumPy arrays, checked so that any other frame fails with a clear message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.api.model.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        When `frame` is not a DataFrame, lacks a column, or has a column that no list of clusters has.
    """
    if not isinstance(frame, pd.DataFrame):
        raise CommandError(f"expected a DataFrame, not {plain(type(frame).__name__)}: pass {expected}")
    if not frame.columns.is_unique or isinstance(frame.columns, pd.MultiIndex):
        raise CommandError(f"the frame has columns of the same name, or of several levels: pass {expected}")
    if missing := [name for name in needed if name not in frame]:
        raise CommandError(
            f"the frame has no column {', '.join(missing)}: pass {expected}",
            hint=f"it has {plain(', '.join(map(str, frame.columns)), 200)}",
        )
    _check_cells(frame, needed)


def check_chosen(frame: pd.DataFrame, names: Iterable[object], purpose: str) -> None:
    """Check that `frame` has the columns that the user chose.

    Parameters
    ----------
    frame
        The frame that the user passed.
    names
        Names of columns.
    purpose
        What they are for, to follow "there is no column X".

    Raises
    ------
    CommandError
        When the frame lacks one; it lists those that there are.
    """
    columns = [str(name) for name in frame]
    for name in names:
        if not isinstance(name, str) or name not in columns:
            raise CommandError(
                f"there is no column {plain(repr(name), 40)} {purpose}{did_you_mean(str(name), columns)}",
                hint=f"the columns are {plain(', '.join(columns), 300)}",
            )
        _check_cells(frame, [name])


def _check_cells(frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Check that columns that may hold anything hold what can be compared, and text that can be written."""
    for name in names:
        if frame[name].dtype != object:
            continue
        cells = frame[name].tolist()
        try:
            set(cells)
            "\n".join(cell for cell in cells if isinstance(cell, str)).encode()
        except TypeError:
            problem = "lists, mappings or other values that cannot be compared"
        except UnicodeEncodeError:
            problem = "half a character"
        else:
            continue
        raise CommandError(f"the column {plain(name, 40)} holds {problem}")


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


def terminated_rows(statuses: pd.Series) -> Flags:
    """Return which statuses mean terminated; each distinct status is parsed once."""
    codes, texts = pd.factorize(statuses)
    terminated = np.array([*(Status(str(text)).is_terminated for text in texts), False])  # a missing status is code -1
    return terminated[codes]


def positive_counts(frame: pd.DataFrame, name: str) -> Floats:
    """Return a column of counts, NaN where a count is missing or 0, and all NaN if the frame lacks the column."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return _positive(_numbers(frame[name]))


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
        values = _numbers(column)
    return np.asarray(match_by_id(clusters, other, _positive(values)), "float64")


def match_by_id(clusters: pd.DataFrame, other: pd.DataFrame, values: NDArray[Any]) -> pd.Series:
    """Return `values`, one per row of `other`, matched by id to `clusters`; the last one counts where ids repeat."""
    by_id = pd.Series(values, index=other["id"].astype(object))
    by_id = by_id[~by_id.index.duplicated(keep="last")]
    return by_id.reindex(clusters["id"].astype(object)).reset_index(drop=True)


def _numbers(column: pd.Series) -> Floats:
    try:
        return column.to_numpy("float64", na_value=np.nan)
    except (TypeError, ValueError):
        problem = f"{column.name} must hold numbers, not {plain(column.dtype, 40)}"
    raise CommandError(problem)


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values, np.nan)
