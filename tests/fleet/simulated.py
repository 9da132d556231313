"""Fleets whose truth is known: clusters that were scaled at known times, and what snapshots saw of them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from fleets import make_fleet
from support import cluster_row

from heco_jupyter.fleet.runs import RUN

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BEGIN = 1_780_272_000_000  # 1 June 2026
FLAVORS = ("m2a.xlarge", "r2a.2xlarge")
PRICES = dict(zip(FLAVORS, (0.25, 0.5), strict=True))


@dataclass
class Life:
    """What one cluster really did: workers from each of `times` on, running from the first to `end`."""

    number: int
    times: list[int]
    workers: list[int]
    end: int
    is_ended: bool = True
    is_forgotten: bool = False
    masters: int = 1

    @property
    def id(self):
        return str(cluster_row(self.number)["id"])

    def workers_at(self, at):
        return self.workers[max(0, bisect_right(self.times, at) - 1)]

    def row(self, at):
        """Return the cluster as a list shows it at a time, None if it did not run yet."""
        if at < self.times[0]:
            return None
        is_gone = self.is_ended and at >= self.end
        workers = 0 if is_gone else self.workers_at(at)
        masters = 0 if is_gone else self.masters
        ran = {"runningAt": self.times[0], "elapsedTime": min(at, self.end) - self.times[0]}
        counts = {"masterCnt": masters, "workerCnt": workers, "nodeCnt": masters + workers}
        status = "Terminated(User)" if is_gone else "Running"
        return cluster_row(self.number, status=status, owner=f"owner-{self.number % 3}", **counts, **ran)

    def used(self, since, until):
        """Return the node-hours and the cost of a stretch of time."""
        nodes = cost = 0.0
        for begin, end, workers in zip(self.times, [*self.times[1:], self.end], self.workers, strict=True):
            hours = max(0, min(end, until, self.end) - max(begin, since)) / HOUR
            nodes += hours * (self.masters + workers)
            cost += hours * (self.masters * PRICES[FLAVORS[0]] + workers * PRICES[FLAVORS[1]])
        return nodes, cost


def simulated(seed, days=4, many=8):
    """Return lives of clusters that were scaled at random, and the moments of snapshots every 10 minutes with gaps."""
    rng = np.random.default_rng(seed)
    lives = []
    for number in range(many):
        begin = BEGIN + int(rng.integers(0, int(0.7 * days * DAY)))
        end = min(BEGIN + days * DAY, begin + int(rng.exponential(days * DAY / 2)) + HOUR)
        times = [begin]
        while times[-1] < end:  # a cluster takes its time to scale
            times.append(times[-1] + 15 * MINUTE + int(rng.exponential(8 * HOUR)))
        times = times[:-1]
        is_ended = end < BEGIN + days * DAY
        is_forgotten = bool(rng.random() < 0.3)
        workers = [int(count) for count in rng.integers(2, 40, len(times))]
        lives.append(Life(number, times, workers, end, is_ended, is_forgotten, int(rng.choice([1, 3]))))
    moments = np.arange(BEGIN + int(rng.integers(0, 10 * MINUTE)), BEGIN + days * DAY, 10 * MINUTE)
    for _ in range(3):
        begin = BEGIN + int(rng.integers(0, days * DAY))
        gap = int(rng.integers(30 * MINUTE, 15 * HOUR))
        moments = moments[(moments < begin) | (moments > begin + gap)]
    return lives, [int(moment) for moment in moments]


def list_of(lives, at):
    """Return what the API lists at a time: not what it forgot."""
    rows = [life.row(at) for life in lives if not life.is_forgotten]
    return make_fleet(*(row for row in rows if row), at=iso(at))


def details_of(lives, at, unit=1):
    """Return details as read at a time, with `totalVmUptime` in another unit if asked for."""
    shown = [(life, life.row(at)) for life in lives if not life.is_forgotten and life.row(at)]
    return pd.DataFrame(
        {
            "id": [life.id for life, _ in shown],
            "masterFlavorName": FLAVORS[0],
            "workerFlavorName": FLAVORS[1],
            "masterCnt": [life.masters for life, _ in shown],
            "nodeCnt": [row["nodeCnt"] for _, row in shown],
            "elapsedTime": pd.to_timedelta([row["elapsedTime"] for _, row in shown], unit="ms"),
            "totalVmUptime": pd.to_timedelta(
                [unit * HOUR * life.used(0, at)[0] for life, _ in shown], unit="ms"
            ).as_unit("ms"),
        }
    )


def history_of(lives, moments, limit=20 * MINUTE):
    """Return the history of snapshots at these moments, which saw the forgotten clusters for as long as they ran."""
    rows, remembered = [], []
    for life in lives:
        seen = [
            moment for moment in moments if moment >= life.times[0] and not (life.is_forgotten and moment >= life.end)
        ]
        if not seen:
            continue
        last = life.row(seen[-1])
        alive = [moment for moment in seen if not life.is_ended or moment < life.end]
        missed = [moment for moment in moments if moment > seen[-1]]
        rows.append(
            last | {name: life.row((alive or seen)[-1])[name] for name in ("masterCnt", "workerCnt", "nodeCnt")}
        )
        remembered.append(
            {
                "masterFlavorName": FLAVORS[0],
                "workerFlavorName": FLAVORS[1],
                "masterPricePerHour": PRICES[FLAVORS[0]],
                "workerPricePerHour": PRICES[FLAVORS[1]],
                "firstSeen": seen[0],
                "lastSeen": seen[-1],
                "missedAt": missed[0] if missed and len(alive) == len(seen) else None,
                "runs": runs_of(life, alive, limit),
            }
        )
    frame = make_fleet(*rows)
    for name in ("masterFlavorName", "workerFlavorName", "masterPricePerHour", "workerPricePerHour", "runs"):
        frame[name] = pd.Series([row[name] for row in remembered], dtype=object if name == "runs" else None)
    for name in ("firstSeen", "lastSeen", "missedAt"):
        times = pd.to_datetime(pd.Series([row[name] for row in remembered], dtype="Int64"), unit="ms", utc=True)
        frame[name] = times.astype("datetime64[ms, UTC]")
    gaps = [(iso(one), iso(two)) for one, two in pairwise(moments) if two - one > limit]
    frame.attrs = {"fetchedAt": iso(moments[-1]), "knownFrom": iso(moments[0]), "gaps": gaps, "limit": limit}
    return frame


def runs_of(life, moments, limit):
    """Return the runs of snapshots that saw the same counts, no two of them in a row further apart than the limit."""
    runs = []
    for moment in moments:
        seen = (life.masters, life.workers_at(moment), life.masters + life.workers_at(moment))
        if runs and moment - runs[-1][1] <= limit and runs[-1][2:5] == seen:
            runs[-1] = (runs[-1][0], moment, *runs[-1][2:])
        else:
            runs.append((moment, moment, *seen, PRICES[FLAVORS[0]], PRICES[FLAVORS[1]]))
    return np.array(runs, RUN)


def iso(at):
    return pd.Timestamp(at, unit="ms", tz="UTC").isoformat()
