"""Measure what fleet analysis costs, as ratios within one run: `python tests/benchmarks/fleet.py`.

It compares `usage` by owner and day with a plain pandas groupby over the same rows, already clipped.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.fleet import usage
from heco_jupyter.fleet.periods import find_overlaps, periods_of
from heco_jupyter.fleet.spans import find_spans

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = 86_400_000  # ms
BEGIN = 1_780_272_000_000
ROUNDS = 7
OWNERS = 200


def clusters(count: int, seed: int = 1) -> pd.DataFrame:
    """Return clusters of 90 days that ran for minutes to days, about 70 % of them terminated."""
    rng = np.random.default_rng(seed)
    start = BEGIN + rng.integers(0, 90 * DAY, count)
    elapsed = rng.exponential(0.6 * DAY, count).astype("int64")
    terminated = rng.random(count) < 0.7
    nodes = np.where(terminated, 0, rng.integers(2, 40, count))
    text = lambda values: pd.array(values, dtype="string")  # noqa: E731
    times = lambda values: pd.DatetimeIndex(values.view("datetime64[ms]")).tz_localize("UTC")  # noqa: E731
    return pd.DataFrame(
        {
            "id": text([f"{number:032x}" for number in rng.permutation(count)]),
            "name": text([f"job-{number}" for number in rng.integers(0, count // 20 + 1, count)]),
            "status": text(np.where(terminated, "Terminated(User)", "Running")),
            "owner": text([f"user-{number:03d}@example.com" for number in rng.integers(0, OWNERS, count)]),
            "clusterType": text(rng.choice(["hadoop", "trino", "hbase"], count)),
            "clusterVersion": text(["hde-2.0.1"] * count),
            "isScalable": pd.array(~terminated, dtype="boolean"),
            "apiKeyStatus": text(["impossible"] * count),
            "masterCnt": pd.array(np.minimum(nodes, 1), dtype="Int64"),
            "workerCnt": pd.array(np.maximum(nodes - 1, 0), dtype="Int64"),
            "nodeCnt": pd.array(nodes, dtype="Int64"),
            "createdAt": times(start - 60_000),
            "runningAt": times(start),
            "elapsedTime": elapsed.view("timedelta64[ms]"),
        }
    )


def clip(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cluster and day, as `usage` has them before it adds them up."""
    spans = find_spans(frame)
    periods = periods_of(spans, "UTC", None, None, "D")
    overlaps = find_overlaps(spans.starts, spans.ends, periods.edges)
    nodes = spans.nodes[overlaps.span]
    return pd.DataFrame(
        {
            "owner": frame["owner"].array[overlaps.span],
            "period": periods.labels[overlaps.period],
            "uptime": overlaps.milliseconds,
            "knownUptime": np.where(np.isnan(nodes), 0, overlaps.milliseconds),
            "nodeTime": np.where(np.isnan(nodes), 0.0, overlaps.milliseconds * nodes),
            "clusters": 1,
        }
    )


def sum_with_pandas(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up clipped rows with pandas alone."""
    return rows.groupby(["owner", "period"], sort=True).sum().reset_index()


def median_seconds(*functions: Callable[[], Any]) -> list[float]:
    """Return the median seconds that each function takes; the functions take turns."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(ROUNDS):
        for function, seconds in zip(functions, times, strict=True):
            started = time.perf_counter()
            function()
            seconds.append(time.perf_counter() - started)
    return [statistics.median(seconds) for seconds in times]


def peak_bytes(function: Callable[[], Any]) -> int:
    """Return the most bytes that a function has allocated at once."""
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def measure_usage() -> None:
    """Print the time and memory of `usage` against the plain groupby, and how they grow."""
    print("clusters   rows/day  usage/groupby  peak/peak   us a cluster  bytes a cluster")
    for count in (10_000, 100_000, 1_000_000):
        frame = clusters(count)
        rows = clip(frame)
        ours, theirs = median_seconds(lambda f=frame: usage(f, freq="D"), lambda r=rows: sum_with_pandas(r))
        memory = peak_bytes(lambda f=frame: usage(f, freq="D"))
        their_memory = peak_bytes(lambda r=rows: sum_with_pandas(r))
        ratios = f"{ours / theirs:13.2f}  {memory / their_memory:9.2f}"
        print(f"{count:9,}  {len(rows):8,}  {ratios}  {1e6 * ours / count:13.2f}  {memory / count:15.0f}")


if __name__ == "__main__":
    measure_usage()
