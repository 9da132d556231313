"""When each cluster ran, and with how many nodes: what a frame of clusters says, and what it leaves unsaid.

A cluster runs from `runningAt` for `elapsedTime`. The API sets a terminated cluster's counts to 0, so how many nodes it
had is known only from its detail (`totalVmUptime`) or from a history. What is not known is missing here, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.status import Status
from heco_jupyter.errors import CommandError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_NEEDED = ("id", "status", "nodeCnt", "runningAt", "elapsedTime")
_MISSING = np.iinfo("int64").min  # what numpy reads as not-a-time


@dataclass(frozen=True)
class Lives:
    """The lives of clusters, as columns of equal length.

    Parameters
    ----------
    starts, ends
        Unix time in ms, the end exclusive; 0 and 0 where it never ran, or when is not known.
    nodes
        Nodes on average while it ran, NaN where that is not known.
    masters
        Masters among them, NaN where that is not known.
    unknown
        Whether it ran, but for how long is not known.
    """

    starts: Integers
    ends: Integers
    nodes: Floats
    masters: Floats
    unknown: Flags


def lives(clusters: pd.DataFrame, details: pd.DataFrame | None = None, history: pd.DataFrame | None = None) -> Lives:
    """Work out when clusters ran and with how many nodes.

    Parameters
    ----------
    clusters
        As `Client.list_clusters` returns them.
    details
        As `Client.list_details` returns them. `totalVmUptime` is taken to be in ms, as `elapsedTime` is, and to be the
        sum over all VMs; it comes first, since it accounts for scaling.
    history
        As `history` returns it; its last known counts are used for clusters that are gone.

    Raises
    ------
    CommandError
        When a column is missing, or of another kind than in such frames.
    """
    check_columns(clusters, _NEEDED)
    starts = _milliseconds(clusters["runningAt"])
    elapsed = _durations(clusters["elapsedTime"])
    ran = starts != _MISSING
    known = ran & (elapsed != _MISSING)
    starts = np.where(known, starts, 0)
    ends = np.where(known, starts + np.where(known, elapsed, 0), 0)

    gone = _terminated(clusters["status"])
    nodes = np.where(gone, np.nan, _counts(clusters, "nodeCnt"))
    masters = np.where(gone, np.nan, _counts(clusters, "masterCnt"))
    if history is not None:
        nodes = np.where(np.isnan(nodes), _looked_up(clusters, history, "nodeCnt"), nodes)
        masters = np.where(np.isnan(masters), _looked_up(clusters, history, "masterCnt"), masters)
    if details is not None:
        uptime = _looked_up(clusters, details, "totalVmUptime")
        lasted = (ends - starts).astype("float64")
        average = np.divide(uptime, lasted, out=np.full(len(uptime), np.nan), where=lasted > 0)
        nodes = np.where(np.isnan(average), nodes, average)
        masters = np.where(np.isnan(masters), _looked_up(clusters, details, "masterCnt"), masters)
    return Lives(starts, ends, nodes, masters, ran & ~known)


def check_columns(frame: pd.DataFrame, needed: tuple[str, ...]) -> None:
    """Check that a frame has some columns.

    Raises
    ------
    CommandError
    """
    if not isinstance(frame, pd.DataFrame):
        raise CommandError(
            f"this needs a DataFrame of clusters, not {plain(type(frame).__name__)}: %heco list gives one"
        )
    if missing := [name for name in needed if name not in frame]:
        raise CommandError(
            f"the frame has no column {', '.join(missing)}: this needs clusters as %heco list gives them",
            hint=f"it has {plain(', '.join(map(str, frame.columns)), 200)}",
        )


def _milliseconds(times: pd.Series) -> Integers:
    """Return times as Unix time in ms, not-a-time where missing."""
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        raise CommandError(f"{times.name} is not of times with a time zone, but {times.dtype}")
    utc = times.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray(utc.to_numpy("datetime64[ms]"), "datetime64[ms]").view("int64")


def _durations(durations: pd.Series) -> Integers:
    if durations.dtype.kind != "m":
        raise CommandError(f"{durations.name} is not of durations, but {durations.dtype}")
    return durations.to_numpy("timedelta64[ms]").view("int64")


def _terminated(statuses: pd.Series) -> Flags:
    """Return which clusters are gone, judging each status once."""
    codes, words = pd.factorize(statuses)
    gone = np.array([*(Status(str(word)).is_terminated for word in words), False])
    return gone[codes]


def _counts(frame: pd.DataFrame, name: str) -> Floats:
    """Return counts as floats, NaN where there is none or, which is the same, where it is 0."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    counts = frame[name].to_numpy("float64", na_value=np.nan)
    return np.where(counts > 0, counts, np.nan)


def _looked_up(clusters: pd.DataFrame, other: pd.DataFrame, name: str) -> Floats:
    """Return a column of another frame of clusters, by id, durations in ms; NaN where there is none."""
    check_columns(other, ("id",))
    if name not in other:
        return np.full(len(clusters), np.nan)
    column = other[name]
    if column.dtype.kind == "m":
        milliseconds = _durations(column)
        values = np.where(milliseconds == _MISSING, np.nan, milliseconds.astype("float64"))
    else:
        values = column.to_numpy("float64", na_value=np.nan)
    by_id = pd.Series(np.where(values > 0, values, np.nan), index=other["id"].astype(object))
    by_id = by_id[~by_id.index.duplicated(keep="last")]
    return np.asarray(by_id.reindex(clusters["id"].astype(object)), "float64")
