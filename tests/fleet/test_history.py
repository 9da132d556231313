"""Archives of snapshots: what is written is read back, and nothing is lost or read twice."""

from __future__ import annotations

import multiprocessing
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fleets import make_fleet, make_row
from hypothesis import given, settings
from hypothesis import strategies as st
from support import cluster_row

from heco_jupyter.api.model.columns import CLUSTER_COLUMNS
from heco_jupyter.errors import CommandError
from heco_jupyter.fleet import compact, history, snapshot, snapshots, usage

NIGHT = ["2026-07-01T23:50:00+00:00", "2026-07-02T00:00:00+00:00", "2026-07-02T00:10:00+00:00"]


def file_names(directory):
    return sorted(str(path.relative_to(directory)) for path in Path(directory).rglob("*") if path.is_file())


def test_a_snapshot_is_read_back_cell_by_cell(tmp_path):
    clusters = make_fleet(make_row(1, 4), make_row(2, 0, owner=None, runningAt=None, elapsedTime=None), at=NIGHT[0])
    path = snapshot(clusters, tmp_path)
    assert path.parent.name == "date=2026-07-01"
    rows = snapshots(tmp_path)
    assert list(rows.columns) == ["snapshotAt", *CLUSTER_COLUMNS]
    pd.testing.assert_frame_equal(
        rows.drop(columns="snapshotAt").sort_values("id", ignore_index=True),
        clusters.sort_values("id", ignore_index=True),
    )
    assert set(rows["snapshotAt"]) == {pd.Timestamp(NIGHT[0])}


def test_times_are_the_same_whatever_the_time_zone_of_the_frame(tmp_path):
    snapshot(make_fleet(make_row(1, 4), timezone="Asia/Seoul"), tmp_path / "a")
    snapshot(make_fleet(make_row(1, 4)), tmp_path / "b")
    pd.testing.assert_frame_equal(snapshots(tmp_path / "a"), snapshots(tmp_path / "b"))


def test_a_history_has_the_last_known_counts_and_every_change(tmp_path):
    for at, nodes, others in ((NIGHT[0], 4, [make_row(2, 3)]), (NIGHT[1], 6, []), (NIGHT[2], 0, [make_row(3, 2)])):
        snapshot(make_fleet(make_row(1, nodes), *others, at=at), tmp_path)
    seen = history(tmp_path).set_index("id")
    one, two, three = (seen.loc[str(cluster_row(n)["id"])] for n in (1, 2, 3))
    assert (one["status"], one["masterCnt"], one["workerCnt"], one["nodeCnt"]) == ("Terminated(User)", 1, 5, 6)
    assert one["nodeCnts"] == [(pd.Timestamp(NIGHT[0]), 4), (pd.Timestamp(NIGHT[1]), 6)]
    assert (one["firstSeen"], one["lastSeen"]) == (pd.Timestamp(NIGHT[0]), pd.Timestamp(NIGHT[2]))
    assert (two["nodeCnt"], two["lastSeen"]) == (3, pd.Timestamp(NIGHT[0]))
    assert three["firstSeen"] == pd.Timestamp(NIGHT[2])


def test_a_history_gives_usage_the_counts_that_the_api_forgets(tmp_path):
    snapshot(make_fleet(make_row(1, 4), at=NIGHT[0]), tmp_path)
    now = make_fleet(make_row(1, 0, elapsedTime=2 * 3_600_000), at=NIGHT[1])
    assert usage(now)["nodeHours"].isna().all()
    assert usage(now, history=history(tmp_path))["nodeHours"].item() == 8.0
    assert usage(history(tmp_path), history=history(tmp_path))["clusters"].item() == 1


def test_only_the_requested_days_and_columns_are_read(tmp_path):
    for at in NIGHT:
        snapshot(make_fleet(make_row(1, 4), at=at), tmp_path)
    part = snapshots(tmp_path, since="2026-07-02", until="2026-07-02T00:10", columns=["nodeCnt"])
    assert list(part.columns) == ["snapshotAt", "id", "nodeCnt"]
    assert list(part["snapshotAt"]) == [pd.Timestamp(NIGHT[1])]
    shutil.rmtree(tmp_path / "date=2026-07-01")
    (tmp_path / "date=2026-07-01").mkdir()
    (tmp_path / "date=2026-07-01" / "broken.parquet").write_bytes(b"not parquet")
    assert len(snapshots(tmp_path, since="2026-07-02")) == 2


def test_compact_keeps_every_row_in_one_file_per_day(tmp_path):
    for at in NIGHT:
        snapshot(make_fleet(make_row(1, 4), make_row(2, 3), at=at), tmp_path)
    before = snapshots(tmp_path)
    merged = compact(tmp_path)
    assert [path.parent.name for path in merged] == ["date=2026-07-02"]
    assert len(file_names(tmp_path)) == 2
    pd.testing.assert_frame_equal(snapshots(tmp_path), before)
    assert compact(tmp_path) == []


def test_a_crash_while_compacting_loses_and_repeats_nothing(tmp_path, monkeypatch):
    for at in NIGHT:
        snapshot(make_fleet(make_row(1, 4), at=at), tmp_path)
    before = snapshots(tmp_path)

    def crash(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "unlink", crash)
    with pytest.raises(KeyboardInterrupt):
        compact(tmp_path)
    monkeypatch.undo()
    pd.testing.assert_frame_equal(snapshots(tmp_path), before)
    compact(tmp_path)
    pd.testing.assert_frame_equal(snapshots(tmp_path), before)
    assert sum(name.endswith(".parquet") for name in file_names(tmp_path)) == 2


def test_a_half_written_file_is_never_read(tmp_path, monkeypatch):
    snapshot(make_fleet(make_row(1, 4), at=NIGHT[0]), tmp_path)

    def crash(table, file, **_):
        file.write(b"PAR1 half a file")
        file.flush()
        raise KeyboardInterrupt

    monkeypatch.setattr(pq, "write_table", crash)
    monkeypatch.setattr(Path, "unlink", lambda self: None)  # as when the machine loses power
    with pytest.raises(KeyboardInterrupt):
        snapshot(make_fleet(make_row(1, 5), at=NIGHT[0]), tmp_path)
    assert len(file_names(tmp_path)) == 2
    assert list(snapshots(tmp_path)["nodeCnt"]) == [4]
    assert duckdb.sql(f"select count(*) from '{tmp_path}/*/*.parquet'").fetchall() == [(1,)]


def write_snapshots(directory, number):
    for minute in range(10):
        snapshot(make_fleet(make_row(number, 4), at=f"2026-07-01T00:{minute:02d}:{number:02d}+00:00"), directory)


def test_several_writers_at_once_lose_nothing(tmp_path):
    with ThreadPoolExecutor(4) as executor:
        list(executor.map(lambda number: write_snapshots(tmp_path, number), range(1, 5)))
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=write_snapshots, args=(tmp_path, number)) for number in (5, 6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert len(snapshots(tmp_path)) == 60


series_of_snapshots = st.lists(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 9)), max_size=5, unique_by=lambda row: row[0]),
    min_size=1,
    max_size=6,
)


@settings(max_examples=30)
@given(series_of_snapshots)
def test_a_history_matches_any_series_of_snapshots(series):
    with TemporaryDirectory() as folder:
        expected_counts, expected_statuses = {}, {}
        for minute, clusters in enumerate(series):
            rows = [make_row(n, nodes) for n, nodes in clusters]
            snapshot(make_fleet(*rows, at=f"2026-07-01T00:{minute:02d}:00+00:00"), folder)
            for n, nodes in clusters:
                key = str(cluster_row(n)["id"])
                expected_statuses[key] = "Running" if nodes else "Terminated(User)"
                if nodes:
                    changes = expected_counts.setdefault(key, [])
                    changes += [nodes] if not changes or changes[-1] != nodes else []
        seen = history(folder)
        assert dict(zip(seen["id"], seen["status"], strict=True)) == expected_statuses
        assert {
            key: [n for _, n in counts] for key, counts in zip(seen["id"], seen["nodeCnts"], strict=True) if counts
        } == expected_counts
        assert {key: n for key, n in zip(seen["id"], seen["nodeCnt"], strict=True) if n is not pd.NA} == {
            key: changes[-1] for key, changes in expected_counts.items()
        }


def test_columns_may_be_any_iterable(tmp_path):
    snapshot(make_fleet(make_row(1, 4)), tmp_path)
    rows = snapshots(tmp_path, columns=(name for name in ("nodeCnt", "owner")))
    assert list(rows.columns) == ["snapshotAt", "id", "owner", "nodeCnt"]


class TestRefusals:
    def test_a_directory_without_snapshots_says_how_to_add_one(self, tmp_path):
        with pytest.raises(CommandError, match="no snapshots"):
            history(tmp_path / "none")

    def test_a_directory_that_cannot_be_written_to_is_named(self, tmp_path):
        (tmp_path / "file").write_text("x")
        with pytest.raises(CommandError, match="cannot be written to"):
            snapshot(make_fleet(make_row(1, 4)), tmp_path / "file")

    def test_a_frame_of_something_else_is_refused(self, tmp_path):
        with pytest.raises(CommandError, match="no column"):
            snapshot(pd.DataFrame({"id": ["a"]}), tmp_path)

    def test_a_newer_schema_is_refused(self, tmp_path):
        path = snapshot(make_fleet(make_row(1, 4)), tmp_path)
        pq.write_table(pq.read_table(path).replace_schema_metadata({"heco_schema": "2"}), path)
        with pytest.raises(CommandError, match="schema 2"):
            history(tmp_path)

    @pytest.mark.parametrize("read", [history, snapshots, compact])
    def test_without_pyarrow_it_says_what_to_install(self, tmp_path, monkeypatch, read):
        snapshot(make_fleet(make_row(1, 4)), tmp_path)
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(CommandError, match="pip install"):
            read(tmp_path)


def test_the_schema_is_the_documented_one(tmp_path):
    path = snapshot(make_fleet(make_row(1, 4)), tmp_path)
    schema = pq.read_schema(path)
    assert schema.metadata[b"heco_schema"] == b"1"
    assert schema.field("snapshotAt").type == pa.timestamp("ms", "UTC")
    assert schema.field("elapsedTime").type == pa.int64()
    assert schema.names == ["snapshotAt", *CLUSTER_COLUMNS]


QUERY = "select cast(date as varchar) as day, count(*) as n, sum(nodeCnt) as nodes from {} group by date order by date"


def test_an_archive_opens_in_duckdb(tmp_path):
    for at in NIGHT:
        snapshot(make_fleet(make_row(1, 4), make_row(2, 3), at=at), tmp_path)
    table = f"read_parquet('{tmp_path}/*/*.parquet', hive_partitioning = true)"
    assert duckdb.sql(QUERY.format(table)).fetchall() == [("2026-07-01", 2, 7), ("2026-07-02", 4, 14)]


SPARK = """
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
spark.conf.set("spark.sql.session.timeZone", "UTC")
spark.read.parquet(sys.argv[1]).createOrReplaceTempView("fleet")
rows = spark.sql(sys.argv[2].replace("varchar", "string")).collect()
print("ROWS", [tuple(row) for row in rows])
print("FIRST", spark.sql("select min(snapshotAt), max(elapsedTime), first(isScalable) from fleet").collect()[0])
"""


@pytest.mark.slow
def test_an_archive_opens_in_spark(tmp_path):
    pytest.importorskip("pyspark", reason="Spark is not installed (pip install pyspark)")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not installed")
    for at in NIGHT:
        snapshot(make_fleet(make_row(1, 4), make_row(2, 3), at=at), tmp_path)
    command = [sys.executable, "-c", SPARK, str(tmp_path), QUERY.format("fleet")]
    process = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert process.returncode == 0, process.stderr[-2000:]
    assert "ROWS [('2026-07-01', 2, 7), ('2026-07-02', 4, 14)]" in process.stdout
    assert "2026, 7, 1, 23, 50" in process.stdout
