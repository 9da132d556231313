"""What fleet analysis costs, as ratios within one run: `python tests/benchmarks/fleet.py`.

`usage` by owner and day, against the plain pandas groupby over the same rows already clipped; and a history as it
would be after 90 days of 10,000 clusters every 10 minutes, measured on a tenth of a month.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.fleet import compact, snapshot, snapshots, usage
from heco_jupyter.fleet.periods import overlaps, periods
from heco_jupyter.fleet.spans import lives

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = 86_400_000  # ms
BEGIN = 1_780_272_000_000
ROUNDS = 7
OWNERS = 200


def clusters(count: int, seed: int = 1) -> pd.DataFrame:
    """Return clusters of 90 days that lived for minutes or weeks."""
    rng = np.random.default_rng(seed)
    start = BEGIN + rng.integers(0, 90 * DAY, count)
    lasted = rng.exponential(0.6 * DAY, count).astype("int64")
    gone = rng.random(count) < 0.7
    nodes = np.where(gone, 0, rng.integers(2, 40, count))
    text = lambda values: pd.array(values, dtype="string")  # noqa: E731
    times = lambda values: pd.DatetimeIndex(values.view("datetime64[ms]")).tz_localize("UTC")  # noqa: E731
    return pd.DataFrame(
        {
            "id": text([f"{number:032x}" for number in rng.permutation(count)]),
            "name": text([f"job-{number}" for number in rng.integers(0, count // 20 + 1, count)]),
            "status": text(np.where(gone, "Terminated(User)", "Running")),
            "owner": text([f"user-{number:03d}@example.com" for number in rng.integers(0, OWNERS, count)]),
            "clusterType": text(rng.choice(["hadoop", "trino", "hbase"], count)),
            "clusterVersion": text(["hde-2.0.1"] * count),
            "isScalable": pd.array(~gone, dtype="boolean"),
            "apiKeyStatus": text(["impossible"] * count),
            "masterCnt": pd.array(np.minimum(nodes, 1), dtype="Int64"),
            "workerCnt": pd.array(np.maximum(nodes - 1, 0), dtype="Int64"),
            "nodeCnt": pd.array(nodes, dtype="Int64"),
            "createdAt": times(start - 60_000),
            "runningAt": times(start),
            "elapsedTime": lasted.view("timedelta64[ms]"),
        }
    )


def clipped(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row a cluster and day, as `usage` has them before it adds up."""
    known = lives(frame)
    first = pd.Timestamp(int(known.starts.min()), unit="ms", tz="UTC")
    last = pd.Timestamp(int(known.ends.max()), unit="ms", tz="UTC")
    parts = periods(first, last, "D")
    found = overlaps(known.starts, known.ends, parts.edges)
    nodes = known.nodes[found.life]
    return pd.DataFrame(
        {
            "owner": frame["owner"].array[found.life],
            "period": parts.labels[found.part],
            "lasted": found.lasted,
            "counted": np.where(np.isnan(nodes), 0, found.lasted),
            "nodes": np.where(np.isnan(nodes), 0.0, found.lasted * nodes),
            "clusters": 1,
        }
    )


def plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up with pandas alone."""
    return rows.groupby(["owner", "period"], sort=True).sum().reset_index()


def timed(*works: Callable[[], Any]) -> list[float]:
    """Return median seconds of each, alternating."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, taken in zip(works, times, strict=True):
            started = time.perf_counter()
            work()
            taken.append(time.perf_counter() - started)
    return [statistics.median(taken) for taken in times]


def peak(work: Callable[[], Any]) -> int:
    """Return the bytes that a piece of work needs at its worst, beyond what was there."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def measure_usage() -> None:
    """Print time and memory of `usage` against the plain groupby, and how they grow."""
    print("clusters   rows/day  usage/groupby  peak/peak   us a cluster  bytes a cluster")
    for count in (10_000, 100_000, 1_000_000):
        frame = clusters(count)
        rows = clipped(frame)
        ours, theirs = timed(lambda f=frame: usage(f, freq="D"), lambda r=rows: plain(r))
        memory, their_memory = peak(lambda f=frame: usage(f, freq="D")), peak(lambda r=rows: plain(r))
        ratios = f"{ours / theirs:13.2f}  {memory / their_memory:9.2f}"
        print(f"{count:9,}  {len(rows):8,}  {ratios}  {1e6 * ours / count:13.2f}  {memory / count:15.0f}")


def measure_history() -> None:
    """Print what a history weighs, and what a month of it costs to read."""
    with tempfile.TemporaryDirectory() as folder:
        fleet = clusters(10_000)
        at = pd.date_range("2026-06-01", periods=30 * 144 // 10, freq="100min", tz="UTC")
        other = pd.date_range("2026-07-01", periods=432, freq="100min", tz="UTC")
        started = time.perf_counter()
        for moment in at.append(other):
            snapshot(fleet, folder, moment)
        wrote = (time.perf_counter() - started) / 864
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))
        each = size / 864 / 10_000
        whole = 90 * 144 * 10_000
        print(f"\nhistory: {each:.1f} bytes a row; 90 days of 10,000 clusters every 10 min: {whole:,} rows,")
        print(f"{each * whole / 1e9:.2f} GB in 12,960 files before compact; {1000 * wrote:.0f} ms a snapshot")
        started = time.perf_counter()
        month = snapshots(folder, "2026-06-01", "2026-07-01", ["owner", "nodeCnt"])
        taken = time.perf_counter() - started
        print(f"a month on a tenth: {len(month):,} rows, two columns, in {taken:.1f} s")
        compact(folder)
        packed = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet")) / 864 / 10_000
        started = time.perf_counter()
        snapshots(folder, "2026-06-01", "2026-07-01", ["owner", "nodeCnt"])
        again = time.perf_counter() - started
        print(f"after compact: {packed:.1f} bytes a row, {packed * whole / 1e9:.2f} GB in 90 files;")
        print(f"the same month in {again / taken:.2f} of the time")


if __name__ == "__main__":
    measure_usage()
    measure_history()
