"""How a table of usage shows: numbers rounded, shares as per cent, periods in words, and a row of totals.

The totals are those that `usage` noted in `attrs`, where a cluster that ran in several periods counts once. They show
only while the rows still add up to them: a table that was filtered or changed shows without.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from heco_jupyter.api.display.amounts import amounts, share
from heco_jupyter.api.display.grid import Column, as_html, fitting, lined_up
from heco_jupyter.api.display.text import cut, plain
from heco_jupyter.fleet.periods import parse_freq
from heco_jupyter.magics.lists import column_of, shown_rows, size_of, with_gap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heco_jupyter.fleet.periods import Step

_AMOUNTS = ("uptimeHours", "nodeHours", "nodeHoursLow", "nodeHoursHigh", "cost")
_SHARES = ("nodeHoursKnown", "nodeHoursInferred", "costKnown")
_MEASURES = ("clusters", *_AMOUNTS, *_SHARES)
_BOUNDS = ("nodeHoursLow", "nodeHoursHigh")
_FIRST = ("nodeHours", "cost", "clusters")  # after what the rows are of
_DAY = timedelta(days=1)
_PARTS = {"day": 0, "month": 1, "year": 2}  # of a date, from where on they name a period of that unit
_NO_TOTAL = "no total: some rows are left out or changed"


def usage_as_text(frame: pd.DataFrame, most: int) -> list[str] | None:
    """Return a table of usage as lines of text of at most `most` terminal columns, or None where it is none.

    Parameters
    ----------
    frame
        Any DataFrame.
    most
        The width of the terminal. The columns that matter least are left out.
    """
    if not _is_usage(frame):
        return None
    columns = fitting(_columns(frame), most, first=(*_keys(frame), *_FIRST))
    return [*lined_up(columns), "", cut(f"[{_foot(frame, 'x')}]", most)]


def usage_as_html(frame: pd.DataFrame) -> str | None:
    """Return a table of usage as HTML, or None where it is none."""
    return as_html("Usage", _columns(frame), _foot(frame, "×")) if _is_usage(frame) else None


def _is_usage(frame: pd.DataFrame) -> bool:
    """Return whether a frame has all that `usage` returned, in its order; further columns may follow."""
    by, total = frame.attrs.get("by"), frame.attrs.get("total")
    if frame.attrs.get("kind") != "usage" or not isinstance(by, list) or not isinstance(total, dict):
        return False
    wanted = [*_keys(frame), *total]
    if (
        not frame.columns.is_unique
        or list(frame.columns[: len(wanted)]) != wanted
        or frame.index.dtype.kind not in "iu"
    ):
        return False
    kinds = {name: "M" if name == "period" else "iuf" for name in wanted[len(by) :]}
    return all(frame[name].dtype.kind in kind for name, kind in kinds.items())


def _keys(frame: pd.DataFrame) -> list[str]:
    return [*frame.attrs["by"], *(["period"] if frame.attrs.get("freq") is not None else [])]


def _totals(frame: pd.DataFrame) -> Mapping[str, float | None]:
    """Return the totals where the rows add up to them; none for a single row, which is its own."""
    totals: Mapping[str, float | None] = frame.attrs["total"]
    return totals if len(frame) > 1 and _adds_up(frame) else {}


def _adds_up(frame: pd.DataFrame) -> bool:
    """Return whether the amounts of the rows add up to the totals."""
    totals = frame.attrs["total"]
    return all(
        math.isclose(frame[name].sum(), totals[name] or 0.0, rel_tol=1e-9, abs_tol=1e-9)
        for name in _AMOUNTS
        if name in totals
    )


def _foot(frame: pd.DataFrame, times: str) -> str:
    size = size_of(frame, times)
    return size if len(frame) < 2 or _adds_up(frame) else f"{size}; {_NO_TOTAL}"  # noqa: PLR2004 (one needs no total)


def _columns(frame: pd.DataFrame) -> list[Column]:
    """Return what shows of a table, from left to right; bounds only where they tell more than the amount."""
    head, tail = shown_rows(len(frame))
    part = frame.iloc[[*head, *tail]]
    totals = _totals(frame)
    is_exact = all(name in frame and frame[name].equals(frame["nodeHours"]) for name in _BOUNDS)
    columns = [
        _column(part, index, totals) for index, name in enumerate(frame.columns) if not (is_exact and name in _BOUNDS)
    ]
    if totals:
        columns[0] = replace(columns[0], total="total")
    return columns if not tail else [with_gap(column, len(head)) for column in columns]


def _column(frame: pd.DataFrame, index: int, totals: Mapping[str, float | None]) -> Column:
    """Return a column as a table shows it."""
    name = str(frame.columns[index])
    column = frame.iloc[:, index]
    if name == "period" and "period" in _keys(frame):
        return Column(name, [_period_name(begin, parse_freq(frame.attrs["freq"])) for begin in column])
    if name not in frame.attrs["total"]:
        return column_of(frame, index)
    values = [None if pd.isna(value) else float(value) for value in (*column, totals.get(name, pd.NA))]
    cells = [*map(share, values)] if name in _SHARES else amounts(values)
    return Column(plain(name, 80), cells[:-1], is_number=True, total=cells[-1])


def _period_name(begin: Any, step: Step) -> str:
    """Return what a period is called, as charts name it: `Sep 2026`, `5-11 Oct 2026`, `5 Oct 2026 14:00`, `2026 Q3`."""
    if pd.isna(begin):
        return ""
    if step.months == 3:  # noqa: PLR2004 (a quarter)
        return f"{begin.year} Q{begin.quarter}"
    if not step.months and step.time % _DAY:
        return f"{begin.day} {begin.month_name()[:3]} {begin:%Y %H:%M}"
    unit = "year" if step.months and step.months % 12 == 0 else "month" if step.months else "day"
    start = begin.tz_localize(None)
    last = start + (pd.DateOffset(months=step.months - 1) if step.months else step.time - _DAY)
    first, final = ([str(time.day), time.month_name()[:3], str(time.year)][_PARTS[unit] :] for time in (start, last))
    if first == final:
        return " ".join(final)
    same = next(count for count in range(len(first)) if first[-1 - count] != final[-1 - count])
    return f"{' '.join(first[: len(first) - same])}-{' '.join(final)}"
