"""Which columns of a list show, and in which order: name first, ids last, as a table in text or in HTML.

The frame itself is left as it is, with all its columns; a table shows some of them, so that it can be read at a glance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from heco_jupyter.api.display.cards import words
from heco_jupyter.api.display.grid import Column, as_html, fitting, lined_up
from heco_jupyter.api.display.text import cut, plain
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS, VM_COLUMNS
from heco_jupyter.api.model.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARK = "endpoint"  # in the attrs of every frame that the client returns
_AGE = "age"
_GAP = "…"
_MOST_ROWS, _FEW_ROWS = 60, 10  # pandas' own numbers, for where its options leave them open
_WHOLE = frozenset({"id", "instanceId", "ip", "floatingIp"})
_MOST_MORE = 10  # columns that are not documented


@dataclass(frozen=True, slots=True)
class _View:
    """How a kind of list shows.

    Parameters
    ----------
    what
        What its rows are.
    columns
        The columns that such a frame begins with.
    shown
        Those that show, the most telling first.
    key
        The id, which shows last.
    """

    what: str
    columns: tuple[str, ...]
    shown: tuple[str, ...]
    key: str


_VM_SHOWN = ("name", "status", "isMaster", "flavorName", "ip", "floatingIp")
_VIEWS = (
    _View("Clusters", (*CLUSTER_COLUMNS,), ("name", "status", "workerCnt", "owner", "clusterType"), "id"),
    _View("VMs", (*VM_COLUMNS,), _VM_SHOWN, "instanceId"),
    _View("VMs", ("clusterId", "clusterName", *VM_COLUMNS), ("name", "clusterName", *_VM_SHOWN[1:]), "instanceId"),
)


def list_as_text(frame: pd.DataFrame, most: int) -> list[str] | None:
    """Return a list as lines of text of at most `most` terminal columns, or None where it is not one of the client's.

    Parameters
    ----------
    frame
        Any DataFrame.
    most
        The width of the terminal. The columns that matter least are left out.
    """
    view = _view_of(frame)
    if view is None:
        return None
    columns = fitting(_columns(frame, view), most, first=("name", "status", view.key))
    return [*lined_up(columns), "", cut(f"[{size_of(frame, 'x')}]", most)]


def list_as_html(frame: pd.DataFrame) -> str | None:
    """Return a list as HTML, or None where it is not one of the client's."""
    view = _view_of(frame)
    return None if view is None else as_html(view.what, _columns(frame, view), size_of(frame, "×"))


def _view_of(frame: pd.DataFrame) -> _View | None:
    if _MARK not in frame.attrs or not frame.columns.is_unique:
        return None
    names = (*frame.columns,)
    return next((view for view in _VIEWS if names[: len(view.columns)] == view.columns), None)


def size_of(frame: pd.DataFrame, times: str) -> str:
    """Return how many rows and columns a frame has, in words."""
    return f"{len(frame)} rows {times} {len(frame.columns)} columns"


def _columns(frame: pd.DataFrame, view: _View) -> list[Column]:
    """Return what shows of a frame, from left to right: what is not documented stands before the id."""
    head, tail = shown_rows(len(frame))
    part = frame.iloc[[*head, *tail]]
    names = [*frame.columns]
    more = range(len(view.columns), min(len(view.columns) + _MOST_MORE, len(names)))
    columns = [column_of(part, names.index(name)) for name in view.shown]
    if _AGE not in names:
        columns.append(Column(_AGE, _ages(part), is_number=True))
    columns += [column_of(part, index) for index in more]
    columns.append(column_of(part, names.index(view.key)))
    return columns if not tail else [with_gap(column, len(head)) for column in columns]


def shown_rows(count: int) -> tuple[range, range]:
    """Return which rows show at the start and at the end, by the options that pandas has for that."""
    most = pd.get_option("display.max_rows")
    if most is None or count <= (most or _MOST_ROWS):
        return range(count), range(0)
    few = min(pd.get_option("display.min_rows") or most, most) or _FEW_ROWS
    half = max(1, few // 2)
    return range(half), range(count - half, count)


def column_of(frame: pd.DataFrame, index: int) -> Column:
    """Return a column of a frame as a table shows it."""
    column = frame.iloc[:, index]
    cells = [_cell(value) for value in column.tolist()]
    name = plain(frame.columns[index], 80)
    marks = [(status.mark, status.tone) for status in map(Status, cells)] if name == "status" else ()
    return Column(name, cells, column.dtype.kind in "iuf", name in _WHOLE, marks)


def with_gap(column: Column, row: int) -> Column:
    """Return a column with a row that says that others are left out."""
    cells = [*column.cells[:row], _GAP, *column.cells[row:]]
    marks = [*column.marks[:row], ("", Status(None).tone), *column.marks[row:]] if column.marks else ()
    return replace(column, cells=cells, marks=marks)


def _ages(frame: pd.DataFrame) -> Sequence[str]:
    """Return how old each row was when the list was read; nothing where `createdAt` is not the client's any more."""
    times = frame["createdAt"]
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        return [""] * len(frame)
    try:
        read_at = datetime.fromisoformat(frame.attrs["fetchedAt"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        read_at = datetime.now(UTC)
    return [_cell(None if pd.isna(time) else read_at - time) for time in times]


def _cell(value: Any) -> str:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    return words(round(value, 6) if isinstance(value, float) else value)
