"""Counts over time: how many clusters and nodes run at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from heco_jupyter.fleet.lives import find_lives, find_pieces
from heco_jupyter.fleet.periods import periods_of

if TYPE_CHECKING:
    from heco_jupyter.fleet.columns import Floats, Integers
    from heco_jupyter.fleet.pieces import Pieces
    from heco_jupyter.fleet.times import Time


def concurrency(
    clusters: pd.DataFrame,
    freq: str = "h",
    since: Time | None = None,
    until: Time | None = None,
    *,
    details: pd.DataFrame | None = None,
    history: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count the clusters and nodes that run at regular times.

    Parameters
    ----------
    clusters
        Clusters as `Client.list_clusters` returns them. The time zone of `runningAt` is the calendar's.
    freq
        How often to count: h, D, 15min and so on.
    since, until
        A date, a time or words such as 2026-10, today or 7d, in the frame's time zone unless it has its own; `until` is
        exclusive. By default all the time that the clusters cover.
    details, history
        As for `usage`: they give the node counts that the list lacks.

    Returns
    -------
    DataFrame
        One row per time, in order, with these columns:

        - at (datetime64[ms, tz]): when the count is taken
        - clusters (Int64): clusters that run
        - nodes (Float64): nodes of those whose count is known, or estimated as for `usage`, then perhaps fractional
        - unknown (Int64): clusters that run with an unknown node count

    Raises
    ------
    CommandError
        When a column is missing or has the wrong type, or when a time or `freq` is invalid.

    Examples
    --------
    >>> import pandas as pd
    >>> from heco_jupyter import fleet
    >>> clusters = pd.DataFrame(
    ...     {
    ...         "id": ["a", "b"],
    ...         "status": ["Running", "Running"],
    ...         "nodeCnt": [4, 2],
    ...         "runningAt": pd.to_datetime(["2026-07-01T00:00Z", "2026-07-01T12:00Z"]),
    ...         "elapsedTime": pd.to_timedelta([24, 12], unit="h"),
    ...     }
    ... )
    >>> fleet.concurrency(clusters, "8h")
                             at  clusters  nodes  unknown
    0 2026-07-01 00:00:00+00:00         1    4.0        0
    1 2026-07-01 08:00:00+00:00         1    4.0        0
    2 2026-07-01 16:00:00+00:00         2    6.0        0
    """
    lives = find_lives(clusters, details, history)
    pieces, _ = find_pieces(lives)
    periods = periods_of(lives, str(clusters["runningAt"].dt.tz), since, until, freq)
    times = np.maximum(periods.edges[:-1], periods.edges[0])
    known = ~np.isnan(pieces.nodes)
    running = _sum_running(pieces, np.ones(len(known)), times)
    running_known = _sum_running(pieces, known.astype("float64"), times)
    nodes = _sum_running(pieces, np.where(known, pieces.nodes, 0.0), times)
    return pd.DataFrame(
        {
            "at": pd.DatetimeIndex(times.view("datetime64[ms]")).tz_localize("UTC").tz_convert(periods.labels.tz),
            "clusters": pd.array(running.astype("int64"), dtype="Int64"),
            "nodes": pd.array(nodes.round(6), dtype="Float64"),  # averages add up with rounding errors
            "unknown": pd.array((running - running_known).astype("int64"), dtype="Int64"),
        }
    )


def _sum_running(pieces: Pieces, weights: Floats, times: Integers) -> Floats:
    """Return the sum of the weights of the pieces that run, at each time: one for each cluster that runs."""
    sums = []
    for bounds in (pieces.starts, pieces.ends):
        order = np.argsort(bounds, kind="stable")
        cumulative = np.concatenate(([0.0], np.cumsum(weights[order])))
        sums.append(cumulative[np.searchsorted(bounds[order], times, side="right")])
    started, ended = sums
    return started - ended
