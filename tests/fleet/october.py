"""A fleet in October 2026, of which every figure of a report can be worked out by hand."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from fleets import make_fleet
from support import cluster_row

from heco_jupyter.fleet.runs import RUN

HOUR = 3_600_000
NOW = "2026-10-11T00:00:00+00:00"  # ten of the 31 days of October have gone
PRICES = {"m": 1.0, "w": 0.5}


def ms(text, zone="UTC"):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def row(number, owner, begin, hours, nodes, zone="UTC", **fields):  # noqa: PLR0917 (a line of the table below)
    start = ms(begin, zone)
    terminated = {} if nodes else {"status": "Terminated(User)", "masterCnt": 0, "workerCnt": 0}
    times = {"createdAt": start - 60_000, "runningAt": start, "elapsedTime": round(hours * HOUR)}
    counts = {"nodeCnt": nodes, "masterCnt": 1, "workerCnt": max(0, nodes - 1)}
    return cluster_row(number, owner=owner, **({**counts, **terminated, **times, **fields}))


def detail(number, hours, nodes):
    """Return the detail of a cluster that had this many nodes for this many hours."""
    return {
        "id": cluster_row(number)["id"],
        "masterFlavorName": "m",
        "workerFlavorName": "w",
        "masterCnt": 1,
        "workerCnt": nodes - 1,
        "nodeCnt": nodes,
        "elapsedTime": pd.Timedelta(hours=hours),
        "totalVmUptime": pd.Timedelta(hours=hours * nodes),
    }


def details(*rows):
    frame = pd.DataFrame(rows)
    counts = dict.fromkeys(("masterCnt", "workerCnt", "nodeCnt"), "Int64")
    durations = dict.fromkeys(("elapsedTime", "totalVmUptime"), "timedelta64[ms]")
    return frame.astype(counts | durations)


# kim's cluster of 4 nodes has run since 1 September: 960 node-hours in October, and 960 from 1 to 11 September.
# lee's first ran for two days with 10 nodes, 480; the second has run for three days with 2 nodes, 144.
# park's ran on 5 and 6 September with 5 nodes: 240.
ROWS = [
    row(1, "kim", "2026-09-01T00:00", 40 * 24, 4),
    row(2, "lee", "2026-10-01T00:00", 48, 0),
    row(3, "lee", "2026-10-08T00:00", 72, 2),
    row(4, "park", "2026-09-05T00:00", 48, 0),
]
DETAILS = details(detail(1, 960, 4), detail(2, 48, 10), detail(3, 72, 2), detail(4, 48, 5))


def make_history(*clusters, limit=20 * 60_000, gaps=()):
    """Return a history of rows, each with its runs: since, until, nodes."""
    frame = make_fleet(*(each for each, _ in clusters), at=NOW)
    frame["runs"] = [
        np.array([(ms(since), ms(until), 1, nodes - 1, nodes, np.nan, np.nan) for since, until, nodes in runs], RUN)
        for _, runs in clusters
    ]
    frame["missedAt"] = pd.Series([pd.NaT] * len(frame), dtype="datetime64[ms, UTC]")
    known_from = "2026-09-30T00:00:00+00:00"
    frame.attrs = {"fetchedAt": NOW, "knownFrom": known_from, "limit": limit, "gaps": [*gaps]}
    return frame
