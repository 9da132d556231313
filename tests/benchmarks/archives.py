"""Measure the history of a large fleet: `python tests/benchmarks/archives.py [--clusters N] [--days N]`.

It writes the daily files of an archive with a snapshot every 10 minutes, and computes runs and last rows from them with
`history` and with SQL in DuckDB, each in a process of its own, for their time and the most memory that they held. It
then prints what archives cost in disk.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from heco_jupyter.fleet import compact, history, snapshot
from heco_jupyter.fleet.days import day_of
from heco_jupyter.fleet.folders import DAILY, DAY_FILE
from heco_jupyter.fleet.parquet import SNAPSHOT_AT, Shot, snapshot_frame, snapshot_schema, write_rows

DAY, STEP = 86_400_000, 600_000  # ms
BEGIN = 1_780_272_000_000  # 2026-06-01
SNAPSHOTS = DAY // STEP
FLAVORS = np.array(["m2a.large", "m2a.xlarge", "m2a.2xlarge", "r2a.2xlarge"])
PRICES = np.array([0.125, 0.25, 0.5, 0.75])

SQL = """
with seen as (
    select id, snapshotAt, masterCnt, workerCnt, nodeCnt, masterPricePerHour, workerPricePerHour,
        lag(row(masterCnt, workerCnt, nodeCnt, masterPricePerHour, workerPricePerHour)) over by_time as before,
        lag(snapshotAt) over by_time as lastAt
    from '{files}' where not starts_with(status, 'Terminated')
    window by_time as (partition by id order by snapshotAt)
), numbered as (
    select *, count(*) filter (
        before is distinct from row(masterCnt, workerCnt, nodeCnt, masterPricePerHour, workerPricePerHour)
        or snapshotAt - lastAt > interval 20 minutes
    ) over (partition by id order by snapshotAt) as run from seen
)
select id, run, min(snapshotAt), max(snapshotAt), any_value(masterCnt), any_value(workerCnt), any_value(nodeCnt),
    any_value(masterPricePerHour), any_value(workerPricePerHour) from numbered group by id, run
"""
LAST_SQL = "select id, min(snapshotAt), max(snapshotAt), arg_max(t, snapshotAt) from '{files}' as t group by id"


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
        """Let a day pass; return its rows, and those of the clusters that terminated."""
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
        parts = [(old, np.arange(count), step < ends[:, None], np.where(step < changes[:, None], old["nodes"][:, None], scaled[:, None]))]
        new = {"ids": self.ids, **self.fields}
        parts.append((new, replaced, step >= ends[replaced][:, None], np.broadcast_to(new["nodes"][replaced][:, None], (len(replaced), SNAPSHOTS))))
        live = pa.concat_tables([
            self.table(fields, places[rows], at[steps], late[steps], nodes[shown], "Running")
            for fields, places, shown, nodes in parts
            for rows, steps in [np.nonzero(shown)]
        ])
        gone = self.table(old, replaced, at[ends[replaced]], late[ends[replaced]], np.zeros(len(replaced), "int64"), "Terminated(User)")
        return live, gone

    def table(self, fields, places, at, late, nodes, status) -> pa.Table:
        """Return rows of clusters at moments."""
        schema = snapshot_schema()
        count = len(places)
        unique, rows = np.unique(places, return_inverse=True)
        text = lambda values: pa.DictionaryArray.from_arrays(pa.array(rows, pa.int32()), pa.array(values, pa.string()))
        same = lambda value: pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, "int32")), pa.array([value]))
        start, flavor = fields["start"][places], fields["flavor"]
        columns = {
            SNAPSHOT_AT: at, "id": text(fields["ids"][unique]), "name": text([f"job-{n % 997}" for n in unique]),
            "status": same(status), "owner": text([f"user-{n:03d}@example.com" for n in fields["owner"][unique]]),
            "clusterType": same("hadoop"), "clusterVersion": same("hde-2.0.1"), "isScalable": np.ones(count, "bool"),
            "apiKeyStatus": same("impossible"), "masterCnt": np.minimum(nodes, 1), "workerCnt": np.maximum(nodes - 1, 0),
            "nodeCnt": nodes, "createdAt": start - 60_000, "runningAt": start, "elapsedTime": at + late - start,
            "masterFlavorName": text(FLAVORS[flavor[unique]]), "workerFlavorName": text(FLAVORS[flavor[unique]]),
            "masterVolumeSize": np.full(count, 50), "workerVolumeSize": np.full(count, 100),
            "masterPricePerHour": PRICES[flavor[places]], "workerPricePerHour": PRICES[flavor[places]],
        }
        cast = {name: pa.array(values).cast(schema.field(name).type) if isinstance(values, np.ndarray) else values for name, values in columns.items()}
        return pa.table(cast)


def write_archive(folder: Path, count: int, days: int) -> None:
    """Write the daily files of an archive."""
    fleet = Fleet(count)
    for number in range(days):
        midnight = BEGIN + number * DAY
        live, ended = fleet.rows(midnight)
        order = np.lexsort((live[SNAPSHOT_AT].cast(pa.int64()).to_numpy(), live["id"].cast(pa.string()).to_numpy()))
        shots = [Shot(f"snapshot-{at}.parquet", at, count, complete=True) for at in range(midnight, midnight + DAY, STEP)]
        path = folder / DAILY / f"date={day_of(midnight)}" / DAY_FILE
        path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            write_rows(file, live.unify_dictionaries().combine_chunks().take(order), ended, shots)


def run_history(folder: str) -> int:
    """Compute runs and last rows with `history`; return how many runs there are."""
    return sum(map(len, history(folder)["runs"]))


def run_duckdb(folder: str) -> int:
    """Compute runs and last rows with DuckDB; return how many runs there are."""
    import duckdb  # noqa: PLC0415

    files = f"{folder}/{DAILY}/*/*.parquet"
    connection = duckdb.connect(config={"temp_directory": f"{folder}/duckdb"})
    runs = connection.sql(SQL.format(files=files)).to_arrow_table()
    connection.sql(LAST_SQL.format(files=files)).to_arrow_table()
    return runs.num_rows


def measure(contender: str, folder: str) -> None:
    """Run one contender, and print its seconds, its most memory in MiB, and its runs as JSON."""
    began = time.perf_counter()
    runs = {"history": run_history, "duckdb": run_duckdb}[contender](folder)
    seconds = time.perf_counter() - began
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, runs]))


def measured(contender: str, folder: str) -> tuple[float, float, int]:
    """Run one contender in a process of its own."""
    command = [sys.executable, __file__, "--measure", contender, folder]
    return tuple(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))


def measure_disk(counts: list[int]) -> None:
    """Print what a snapshot and a day cost in disk."""
    print("\nclusters   a snapshot   a day raw    a day after compact   a month")
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            live, _ = Fleet(count).rows(BEGIN)
            frame = snapshot_frame(live)
            for at, rows in frame.groupby(SNAPSHOT_AT):
                snapshot(rows.reset_index(drop=True), folder, at, details=rows, prices=dict(zip(FLAVORS, PRICES, strict=True)))
            raw = [path.stat().st_size for path in Path(folder).rglob("snapshot-*.parquet")]
            compact(folder)
            day = next(Path(folder).rglob(DAY_FILE)).stat().st_size
            print(f"{count:8,}  {np.mean(raw) / 1e3:8.1f} kB  {sum(raw) / 1e6:7.1f} MB  {day / 1e6:14.2f} MB  {30 * day / 1e6:10.1f} MB")


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
            print("days  contender  seconds    MiB      runs")
            for days in (options.days // 5, options.days):
                for number, path in enumerate(sorted(Path(folder, DAILY).iterdir(), reverse=True)):
                    hidden = path / f"_{DAY_FILE}"
                    shown = path / DAY_FILE
                    if number < options.days - days:
                        shown.rename(hidden) if shown.exists() else None
                    elif hidden.exists():
                        hidden.rename(shown)
                for contender in ("history", "duckdb"):
                    seconds, memory, runs = measured(contender, folder)
                    print(f"{days:4}  {contender:9}  {seconds:7.1f}  {memory:5.0f}  {runs:8,}")
    measure_disk([50, 1_000, 10_000])


if __name__ == "__main__":
    main()
