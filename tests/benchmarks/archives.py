"""Measure the history of a large fleet: `python tests/benchmarks/archives.py [--clusters N] [--days N]`.

It writes the daily files of an archive with a snapshot every 10 minutes, and computes the usage by owner and day from
them: with `history` and `usage`, and with the statement of `usage_sql` in DuckDB, each in a process of its own, for
their time and the most memory that they held. It then prints what archives cost in disk.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from heco_jupyter.fleet import history, snapshot, usage, usage_sql
from heco_jupyter.fleet.days import day_of
from heco_jupyter.fleet.folders import DAILY, DAY_FILE
from heco_jupyter.fleet.parquet import SNAPSHOT_AT, Shot, snapshot_frame, snapshot_schema, write_rows

DAY, STEP = 86_400_000, 600_000  # ms
BEGIN = 1_780_272_000_000  # 2026-06-01
SNAPSHOTS = DAY // STEP
FLAVORS = np.array(["m2a.large", "m2a.xlarge", "m2a.2xlarge", "r2a.2xlarge"])
PRICES = np.array([0.125, 0.25, 0.5, 0.75])


class Fleet:
    """A fleet of which about a third of the clusters scale on a day, and one in fifty is replaced."""

    def __init__(self, count: int) -> None:
        self.rng = np.random.default_rng(1)
        self.made = 0
        self.ids = np.empty(count, "object")
        self.fields = {name: np.zeros(count, "int64") for name in ("start", "owner", "flavor", "nodes")}
        self.renew(np.arange(count), np.full(count, BEGIN - DAY))

    def renew(self, places: np.ndarray, at: np.ndarray) -> None:
        """Put new clusters in some places."""
        for place in places:
            self.made += 1
            self.ids[place] = f"{self.made * 2654435761 % 2**32:08x}-8b1c-4c5e-9d2f-{self.made:012x}"
        for name, low, high in (("owner", 0, 200), ("flavor", 0, 4), ("nodes", 3, 40)):
            self.fields[name][places] = self.rng.integers(low, high, len(places))
        self.fields["start"][places] = at - self.rng.integers(0, DAY, len(places))

    def rows(self, midnight: int) -> tuple[pa.Table, pa.Table]:
        """Let a day pass; return its rows, by cluster and moment, and those of the clusters that terminated."""
        count, rng = len(self.ids), self.rng
        at = midnight + np.arange(SNAPSHOTS) * STEP
        changes = np.where(rng.random(count) < 1 / 3, rng.integers(1, SNAPSHOTS, count), SNAPSHOTS)
        ends = np.where(rng.random(count) < 1 / 50, rng.integers(1, SNAPSHOTS, count), SNAPSHOTS)
        late = rng.integers(0, 2_000, SNAPSHOTS)  # how long after the request the API looked
        old = {"ids": self.ids.copy(), **{name: values.copy() for name, values in self.fields.items()}}
        scaled = np.where(changes < SNAPSHOTS, rng.integers(3, 40, count), old["nodes"])
        replaced = np.flatnonzero(ends < SNAPSHOTS)
        self.fields["nodes"] = scaled.copy()
        self.renew(replaced, at[ends[replaced]])
        step = np.arange(SNAPSHOTS)
        nodes = np.where(step < changes[:, None], old["nodes"][:, None], scaled[:, None])
        rows, steps = np.nonzero(step < ends[:, None])
        before = table(old, rows, at=at[steps], late=late[steps], nodes=nodes[rows, steps], status="Running")
        new = {"ids": self.ids, **self.fields}
        rows, steps = np.nonzero(step >= ends[replaced][:, None])
        rows = replaced[rows]
        after = table(new, rows, at=at[steps], late=late[steps], nodes=new["nodes"][rows], status="Running")
        steps = ends[replaced]
        none = np.zeros(len(replaced), "int64")
        gone = table(old, replaced, at=at[steps], late=late[steps], nodes=none, status="Terminated(User)")
        return pa.concat_tables([before, after]), gone


def table(
    fields: dict[str, np.ndarray],
    places: np.ndarray,
    *,
    at: np.ndarray,
    late: np.ndarray,
    nodes: np.ndarray,
    status: str,
) -> pa.Table:
    """Return rows of clusters at moments."""
    schema, count = snapshot_schema(), len(places)
    unique, rows = np.unique(places, return_inverse=True)

    def text(values: Any, codes: np.ndarray = rows) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(values, pa.string()))

    same = lambda value: text([value], np.zeros(count, "int64"))  # noqa: E731
    start, flavor = fields["start"][places], fields["flavor"]
    columns = {
        SNAPSHOT_AT: at,
        "id": text(fields["ids"][unique]),
        "name": text([f"job-{number % 997}" for number in unique]),
        "status": same(status),
        "owner": text([f"user-{number:03d}@example.com" for number in fields["owner"][unique]]),
        "clusterType": same("hadoop"),
        "clusterVersion": same("hde-2.0.1"),
        "isScalable": np.ones(count, "bool"),
        "apiKeyStatus": same("impossible"),
        "masterCnt": np.minimum(nodes, 1),
        "workerCnt": np.maximum(nodes - 1, 0),
        "nodeCnt": nodes,
        "createdAt": start - 60_000,
        "runningAt": start,
        "elapsedTime": at + late - start,
        "masterFlavorName": text(FLAVORS[flavor[unique]]),
        "workerFlavorName": text(FLAVORS[flavor[unique]]),
        "masterVolumeSize": np.full(count, 50),
        "workerVolumeSize": np.full(count, 100),
        "masterPricePerHour": PRICES[flavor[places]],
        "workerPricePerHour": PRICES[flavor[places]],
    }
    arrays = {
        name: pa.array(values).cast(schema.field(name).type) if isinstance(values, np.ndarray) else values
        for name, values in columns.items()
    }
    return pa.table(arrays)


def write_archive(folder: Path, count: int, days: int) -> None:
    """Write the daily files of an archive."""
    fleet = Fleet(count)
    for number in range(days):
        midnight = BEGIN + number * DAY
        live, ended = fleet.rows(midnight)
        shots = [
            Shot(f"snapshot-{at}.parquet", at, count, complete=True) for at in range(midnight, midnight + DAY, STEP)
        ]
        path = folder / DAILY / f"date={day_of(midnight)}" / DAY_FILE
        path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            write_rows(file, live, ended, shots)


def run_history(folder: str) -> int:
    """Read a history; return how many runs there are."""
    return sum(map(len, history(folder)["runs"]))


def run_usage(folder: str) -> int:
    """Compute usage by owner and day from a history; return how many rows it has."""
    return len(usage(history(folder), freq="D"))


def run_duckdb(folder: str) -> int:
    """Compute usage by owner and day with DuckDB; return how many rows it has."""
    import duckdb  # noqa: PLC0415

    connection = duckdb.connect(config={"temp_directory": f"{folder}/duckdb"})
    return len(connection.sql(usage_sql(folder, freq="D")).df())


CONTENDERS = {"history": run_history, "usage": run_usage, "duckdb": run_duckdb}


def measure(contender: str, folder: str) -> None:
    """Run one contender, and print as JSON: seconds, seconds of CPU, the most memory in MiB, how many rows it made."""
    began = time.perf_counter()
    runs = CONTENDERS[contender](folder)
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, runs]))


def measured(contender: str, folder: str) -> tuple[float, float, float, int]:
    """Run one contender in a process of its own."""
    command = [sys.executable, __file__, "--measure", contender, folder]
    return tuple(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))


def measure_all(folder: str, days: int) -> None:
    """Run the contenders; print a row per contender."""
    for contender in CONTENDERS:
        seconds, busy, memory, rows = measured(contender, folder)
        print(f"{days:4}  {contender:9}  {seconds:7.1f}  {busy:5.1f}  {memory:5.0f}  {rows:8,}")


def measure_disk(counts: list[int]) -> None:
    """Print what snapshots and days cost in disk."""
    print("\nclusters   a snapshot   a day of them   a day compacted   30 days compacted")
    prices = dict(zip(FLAVORS, PRICES, strict=True))
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            write_archive(Path(folder), count, 1)
            day = next(Path(folder).rglob(DAY_FILE)).stat().st_size
            rows, _ = Fleet(count).rows(BEGIN)
            first = snapshot_frame(rows.filter(pa.compute.equal(rows[SNAPSHOT_AT].cast(pa.int64()), BEGIN)))
            raw = (
                snapshot(first, Path(folder, "other"), first[SNAPSHOT_AT][0], details=first, prices=prices)
                .stat()
                .st_size
            )
        sizes = (raw / 1e3, SNAPSHOTS * raw / 1e6, day / 1e6, 30 * day / 1e6)
        print("{:8,}  {:8.1f} kB  {:11.1f} MB  {:13.2f} MB  {:15.1f} MB".format(count, *sizes))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clusters", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--disk", action="store_true", help="only what archives cost in disk")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(*options.measure)
        return
    if not options.disk:
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            write_archive(Path(folder), options.clusters, options.days)
            size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))
            print(f"written in {time.perf_counter() - began:.0f} s, {size / 1e6:.0f} MB")
            print("days  contender  seconds    CPU    MiB      rows")
            measure_all(folder, options.days)
            for path in sorted(Path(folder, DAILY).iterdir())[: -options.days // 5]:
                shutil.rmtree(path)
            measure_all(folder, options.days // 5)
    measure_disk([50, 1_000, 10_000])


if __name__ == "__main__":
    main()
