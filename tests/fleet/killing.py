"""Kill writers and compactors of an archive while others read it: `python tests/fleet/killing.py --seconds 30`.

Two of each run at once, without a lock, remove raw files at once, and are killed with SIGKILL again and again. All the
while, this package, DuckDB and pyarrow read: each snapshot whose writer was told of it must be there, and no row twice.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext, suppress
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.dataset

from heco_jupyter.api.lists.frames import to_frame
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS
from heco_jupyter.fleet import compact, compacting, snapshot, snapshots

DAY = 1_782_864_000_000  # 2026-07-01 in Unix ms
CLUSTERS = 3
KEPT, LEFT_OVER = 0.1, 1.5  # s
WRITTEN = "written"


def add(archive: Path, moment: int) -> None:
    """Add a snapshot."""
    rows = [{"id": f"{number}", "status": "Running", "nodeCnt": 3} for number in range(CLUSTERS)]
    snapshot(to_frame(rows, CLUSTER_COLUMNS, "UTC"), archive, pd.Timestamp(moment, unit="ms", tz="UTC"))


def write(folder: Path, slot: int, began: float) -> None:
    """Add snapshots for ever; note each once it is there."""
    with (folder / WRITTEN).open("ab", buffering=0) as written:
        while True:
            moment = DAY + 4 * int(1000 * (time.time() - began)) + slot
            add(folder / "archive", moment)
            written.write(f"{moment}\n".encode())


def compact_always(folder: Path) -> None:
    """Compact for ever."""
    while True:
        compact(folder / "archive")


def torment(folder: Path, seconds: float, seed: int) -> None:
    """Run two writers and two compactors; kill and replace one at a time. This process itself starts no thread."""
    compacting._KEPT, compacting._LEFT_OVER = KEPT, LEFT_OVER
    compacting._lock = lambda root: nullcontext()
    with tempfile.TemporaryDirectory() as other:  # what is loaded at the first use is loaded once
        add(Path(other), DAY)
        compact(other)
    chance, began, slots = random.Random(seed), time.time(), {}
    kills = 0
    while time.time() - began < seconds:
        for slot in set(range(4)) - {*slots.values()}:
            child = os.fork()
            if not child:
                write(folder, slot, began) if slot < 2 else compact_always(folder)
            slots[child] = slot
        time.sleep(chance.uniform(0.1, 1))
        victim = chance.choice([*slots])
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        del slots[victim]
        kills += 1
    for child in slots:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    print(kills)  # noqa: T201


def written_so_far(folder: Path) -> set[int]:
    """Return the moments of all snapshots whose writers were told that they are there."""
    path = folder / WRITTEN
    return {int(line) for line in path.read_text().split("\n")[:-1]} if path.exists() else set()


def look(folder: Path) -> int:
    """Read an archive in three ways, and hold what they find against what must be there; return how many rows."""
    known = written_so_far(folder)
    rows = snapshots(folder / "archive", columns=[])
    assert not rows.duplicated().any(), "a row twice, for us"
    counts = rows.groupby("snapshotAt").size()
    moments = {int(at) for at in counts.index.tz_localize(None).to_numpy("datetime64[ms]").view("int64")}
    assert known <= moments, f"lost: {sorted(known - moments)[:5]}"
    assert (counts == CLUSTERS).all()
    files = f"{folder}/archive/daily/*/*.parquet"
    if (folder / "archive" / "daily" / "date=2026-07-01" / "fleet.parquet").exists():
        rows_of, distinct = ask_duckdb(f"select count(*), count(distinct (snapshotAt, id)) from '{files}'")
        assert rows_of == distinct, "a row twice in daily/, for DuckDB"
        table = pyarrow.dataset.dataset(f"{folder}/archive/daily").to_table(["snapshotAt", "id"])
        assert table.group_by(["snapshotAt", "id"]).aggregate([]).num_rows == table.num_rows, "a row twice, for pyarrow"
    return len(rows)


def ask_duckdb(query: str) -> tuple[int, int]:
    """Return the one row of a query.

    DuckDB opens a file some moments after it has noted its size. If the file is replaced between these, as it is here
    many times a second, the query fails.
    """
    for _ in range(20):
        with suppress(duckdb.Error):
            return duckdb.sql(query).fetchall()[0]
    return duckdb.sql(query).fetchall()[0]


def run(folder: Path, seconds: float, seed: int = 1) -> tuple[int, int, int]:
    """Torment an archive and read it meanwhile; return how many rows, readings and kills there were."""
    command = [sys.executable, __file__, "--torment", str(folder), "--seconds", str(seconds), "--seed", str(seed)]
    readings = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            look(folder)
            readings += 1
            time.sleep(0.1)
        kills = int(process.stdout.read())
    rows = look(folder)
    time.sleep(LEFT_OVER)
    compacting._KEPT, kept = 0, compacting._KEPT
    compacting._LEFT_OVER, left_over = 0, compacting._LEFT_OVER
    try:
        compact(folder / "archive")
    finally:
        compacting._KEPT, compacting._LEFT_OVER = kept, left_over
    assert look(folder) == rows
    leftovers = [
        path for path in (folder / "archive").rglob("*.*") if path.name not in ("fleet.parquet", "_compact.lock")
    ]
    assert not leftovers
    return rows, readings, kills


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--torment", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.torment:
        torment(options.torment, options.seconds, options.seed)
    else:
        with tempfile.TemporaryDirectory() as made:
            rows, readings, kills = run(Path(made), options.seconds, options.seed)
            print(f"{rows // CLUSTERS:,} snapshots, {readings} readings, {kills} kills: none lost, none twice")  # noqa: T201
