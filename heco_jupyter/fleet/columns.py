"""Columns of frames of clusters as NumPy arrays, checked so that any other frame fails with a clear message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.api.model.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

NOT_A_TIME = np.iinfo("int64").min
"""NumPy's not-a-time, as an integer."""
_LARGEST_COUNT = 2**53


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


def check_times(frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Check that columns hold times with a time zone: without one, nobody knows which moments they are.

    Raises
    ------
    CommandError
        When one does not.
    """
    for name in names:
        if not isinstance(frame[name].dtype, pd.DatetimeTZDtype):
            raise CommandError(
                f"{name} must hold times with a time zone, not {frame[name].dtype}",
                hint=f"frame[{name!r}].dt.tz_localize('Asia/Seoul') gives it one",
            )


def unix_milliseconds(times: pd.Series) -> Integers:
    """Return times as Unix time in ms, `NOT_A_TIME` where missing.

    Raises
    ------
    CommandError
        When the column does not hold times with a time zone.
    """
    check_times(times.to_frame(), [str(times.name)])
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


def are(statuses: pd.Series, is_so: Callable[[Status], bool]) -> Flags:
    """Return of which statuses something is so, of no missing one; each distinct status is read once."""
    codes, texts = pd.factorize(statuses)
    return np.array([*(is_so(Status(str(text))) for text in texts), False])[codes]  # a missing status is code -1


def terminated_rows(statuses: pd.Series) -> Flags:
    """Return which statuses mean terminated."""
    return are(statuses, lambda status: status.is_terminated)


def positive_numbers(frame: pd.DataFrame, name: str) -> Floats:
    """Return a column of counts, or of durations in ms: NaN where missing or 0, all NaN if the frame lacks the column.

    Raises
    ------
    CommandError
        When it holds neither.
    """
    if name not in frame:
        return np.full(len(frame), np.nan)
    column = frame[name]
    if column.dtype.kind == "m":
        milliseconds = duration_milliseconds(column)
        values = np.where(milliseconds == NOT_A_TIME, np.nan, milliseconds.astype("float64"))
    else:
        values = _numbers(column)
    return np.where(values > 0, values, np.nan)


def whole_counts(values: Floats, name: str) -> pd.Series:
    """Return counts as whole numbers (Int64), missing where NaN.

    Raises
    ------
    CommandError
        When one is no whole number, or a larger one than any count.
    """
    if not np.isnan(values[~((values == np.rint(values)) & (values < _LARGEST_COUNT))]).all():
        raise CommandError(f"{name} must hold whole numbers")
    return pd.Series(values).astype("Int64")


def positions_by_id(clusters: pd.DataFrame, other: pd.DataFrame, expected: str) -> Integers:
    """Return where `other` has each cluster, one entry per row of `clusters`: the last row with its id, -1 for none.

    Parameters
    ----------
    clusters
        The frame whose rows the result follows.
    other
        A frame with a column `id`.
    expected
        What `other` should hold, for the message.

    Raises
    ------
    CommandError
        When `other` has no column `id`.
    """
    check_columns(other, ("id",), expected)
    ids = pd.Index(other["id"].astype(object))
    last = np.flatnonzero(~ids.duplicated(keep="last"))
    found = ids[last].get_indexer(pd.Index(clusters["id"].astype(object)))
    positions: Integers = np.append(last, -1)[found]
    return positions


def taken(values: NDArray[Any], positions: Integers) -> NDArray[Any]:
    """Return the values at these positions, missing where the position is -1."""
    missing = np.nan if values.dtype.kind == "f" else None if values.dtype == object else NOT_A_TIME
    return np.append(values, np.array([missing], values.dtype))[positions]


def _numbers(column: pd.Series) -> Floats:
    try:
        return column.to_numpy("float64", na_value=np.nan)
    except (TypeError, ValueError):
        problem = f"{column.name} must hold numbers, not {plain(column.dtype, 40)}"
    raise CommandError(problem)
