"""Archives of snapshots: what is written is read back, and nothing is lost or read twice."""

from __future__ import annotations

import multiprocessing
import os
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
from heco_jupyter.fleet.archive import _known_details
from heco_jupyter.fleet.folders import existing_archive
from heco_jupyter.fleet.observations import history_around

NIGHT = ["2026-07-01T23:50:00+00:00", "2026-07-02T00:00:00+00:00", "2026-07-02T00:10:00+00:00"]


KEPT = (
    *("masterFlavorName", "workerFlavorName", "masterVolumeSize", "workerVolumeSize"),
    *("masterPricePerHour", "workerPricePerHour"),
)


def file_names(directory):
    return sorted(str(path.relative_to(directory)) for path in Path(directory).rglob("*") if path.is_file())


def test_a_snapshot_is_read_back_cell_by_cell(tmp_path):
    clusters = make_fleet(make_row(1, 4), make_row(2, 0, owner=None, runningAt=None, elapsedTime=None), at=NIGHT[0])
    path = snapshot(clusters, tmp_path)
    assert path.parent == tmp_path / "raw" / "date=2026-07-01"
    rows = snapshots(tmp_path)
    assert list(rows.columns) == ["snapshotAt", *CLUSTER_COLUMNS, *KEPT]
    pd.testing.assert_frame_equal(
        rows[[*CLUSTER_COLUMNS]].sort_values("id", ignore_index=True),
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
    next((tmp_path / "raw" / "date=2026-07-01").iterdir()).write_bytes(b"not parquet")
    part = snapshots(tmp_path, since="2026-07-02")
    assert (len(part), part.attrs["ignored"]) == (2, [])  # that day was not even looked at


def test_a_half_written_file_is_never_read(tmp_path, monkeypatch):
    snapshot(make_fleet(make_row(1, 4), at=NIGHT[0]), tmp_path)

    def crash(handle):
        os.truncate(handle, 16)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", crash)
    monkeypatch.setattr(Path, "unlink", lambda self: None)  # as when the machine loses power
    with pytest.raises(KeyboardInterrupt):
        snapshot(make_fleet(make_row(1, 5), at=NIGHT[0]), tmp_path)
    assert len(file_names(tmp_path)) == 2
    assert list(snapshots(tmp_path)["nodeCnt"]) == [4]
    assert duckdb.sql(f"select count(*) from '{tmp_path}/raw/*/*.parquet'").fetchall() == [(1,)]


def write_snapshots(directory, number):
    for minute in range(5):
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
    assert len(snapshots(tmp_path)) == 30


series_of_snapshots = st.lists(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 9)), max_size=5, unique_by=lambda row: row[0]),
    min_size=1,
    max_size=6,
)


@settings(max_examples=15)
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


def add(folder, at, *rows, **attrs):
    clusters = make_fleet(*rows, at=at)
    clusters.attrs |= attrs
    return snapshot(clusters, folder)


def id_of(number):
    return cluster_row(number)["id"]


def at(minute):
    return f"2026-07-01T00:{minute:02d}:00+00:00"


def runs_of(seen, number):
    runs = seen.set_index("id").loc[id_of(number), "runs"]
    start = pd.Timestamp("2026-07-01", tz="UTC").timestamp() * 1000
    return [((run["since"] - start) / 60_000, (run["until"] - start) / 60_000, run["nodes"]) for run in runs]


class TestRuns:
    def test_equal_counts_are_one_run_also_over_midnight_and_whoever_compacts(self, tmp_path):
        for time, nodes in zip(NIGHT, (4, 4, 6), strict=True):
            add(tmp_path, time, make_row(1, nodes))
        expected = [(-10, 0, 4), (10, 10, 6)]
        seen = history(tmp_path)
        assert [(since - 1440, until - 1440, nodes) for since, until, nodes in runs_of(seen, 1)] == expected
        compact(tmp_path, "2026-07-02")
        again = history(tmp_path)
        assert runs_of(again, 1) == runs_of(seen, 1)
        pd.testing.assert_frame_equal(again.drop(columns="runs"), seen.drop(columns="runs"))

    def test_a_gap_ends_a_run_and_is_told(self, tmp_path):
        for minute in (0, 10, 20, 50, 59):
            add(tmp_path, at(minute), make_row(1, 4))
        seen = history(tmp_path)
        assert runs_of(seen, 1) == [(0, 20, 4), (50, 59, 4)]
        assert seen.attrs["limit"] == 20 * 60_000
        assert [tuple(map(pd.Timestamp, gap)) for gap in seen.attrs["gaps"]] == [
            (pd.Timestamp(at(20)), pd.Timestamp(at(50)))
        ]

    def test_a_complete_list_without_a_cluster_ends_its_run_and_an_incomplete_one_does_not(self, tmp_path):
        add(tmp_path, at(0), make_row(1, 4), make_row(2, 3))
        add(tmp_path, at(10), make_row(2, 3), complete=False)
        add(tmp_path, at(20), make_row(1, 4), make_row(2, 3))
        add(tmp_path, at(30), make_row(1, 4))
        add(tmp_path, at(40), make_row(1, 4), make_row(2, 3))
        seen = history(tmp_path)
        assert runs_of(seen, 1) == [(0, 40, 4)]
        assert runs_of(seen, 2) == [(0, 20, 3), (40, 40, 3)]
        assert (seen.attrs["snapshots"], seen.attrs["incomplete"]) == (5, 1)

    def test_a_cluster_is_missed_from_the_first_complete_list_without_it(self, tmp_path):
        add(tmp_path, at(0), make_row(1, 4), make_row(2, 3), make_row(3, 3))
        add(tmp_path, at(10), make_row(1, 4), make_row(3, 0), complete=False)
        add(tmp_path, at(20), make_row(1, 4))
        missed = history(tmp_path).set_index("id")["missedAt"]
        assert missed[id_of(2)] == pd.Timestamp(at(20))
        assert missed[[id_of(1), id_of(3)]].isna().all()  # one is there, the other was seen terminated

    def test_two_recorders_that_take_turns_make_no_gaps(self, tmp_path):
        for minute in (0, 1, 10, 11, 20, 21, 30):
            add(tmp_path, at(minute), make_row(1, 4))
        seen = history(tmp_path)
        assert seen.attrs["gaps"] == []
        assert runs_of(seen, 1) == [(0, 30, 4)]

    def test_nodes_that_are_not_known_are_nan(self, tmp_path):
        add(tmp_path, at(0), cluster_row(1, nodeCnt=None, workerCnt=0))
        (run,) = history(tmp_path)["runs"].item()
        assert (run["masters"], str(run["workers"]), str(run["nodes"])) == (1, "nan", "nan")


class TestRows:
    def test_a_terminated_cluster_is_written_once_also_after_its_day_was_compacted(self, tmp_path):
        add(tmp_path, NIGHT[0], make_row(1, 0), make_row(2, 4))
        compact(tmp_path)
        add(tmp_path, NIGHT[1], make_row(1, 0), make_row(2, 0))
        path = add(tmp_path, NIGHT[2], make_row(1, 0), make_row(2, 0))
        assert pq.read_metadata(path).num_rows == 0
        assert list(snapshots(tmp_path)["status"]) == ["Terminated(User)", "Running", "Terminated(User)"]
        assert history(tmp_path).attrs["snapshots"] == 3  # also the one without rows

    def test_a_filtered_list_is_refused_and_nothing_is_written(self, tmp_path):
        with pytest.raises(CommandError, match="only part of the list"):
            add(tmp_path / "new", at(0), make_row(1, 4), filters={"name": "etl"})
        assert not (tmp_path / "new").exists()
        add(tmp_path, at(0), make_row(1, 4), filters={})

    def test_times_without_a_zone_are_refused(self, tmp_path):
        clusters = make_fleet(make_row(1, 4))
        clusters["runningAt"] = clusters["runningAt"].dt.tz_localize(None)
        with pytest.raises(CommandError, match="runningAt must hold times with a time zone"):
            snapshot(clusters, tmp_path)

    def test_rows_without_an_id_are_left_out_and_make_the_snapshot_incomplete(self, tmp_path):
        add(tmp_path, at(0), make_row(1, 4), make_row(2, 4, id=None), make_row(3, 4, id=""))
        assert len(snapshots(tmp_path)) == 1
        assert history(tmp_path).attrs["incomplete"] == 1

    def test_flavors_are_given_once_and_prices_each_time(self, tmp_path):
        details = pd.DataFrame(
            {"id": [id_of(1)], "masterFlavorName": ["small "], "workerFlavorName": ["large"], "workerVolumeSize": [100]}
        )
        snapshot(make_fleet(make_row(1, 4), at=NIGHT[0]), tmp_path, details=details, prices={"small": 1, "large": 2})
        compact(tmp_path)
        assert _known_details(existing_archive(tmp_path))["workerVolumeSize"].tolist() == [100]
        snapshot(make_fleet(make_row(1, 4), make_row(2, 3), at=NIGHT[1]), tmp_path, prices={"small": 1, "large": 4})
        add(tmp_path, NIGHT[2], make_row(1, 0), make_row(2, 3))
        first, second = history(tmp_path).sort_values("id").to_dict("records")
        assert (first["workerFlavorName"], first["workerVolumeSize"], first["workerPricePerHour"]) == ("large", 100, 4)
        assert [(run["masterPrice"], run["workerPrice"]) for run in first["runs"]] == [(1, 2), (1, 4)]
        assert pd.isna(second["masterFlavorName"])
        assert _known_details(existing_archive(tmp_path / "none")).empty

    def test_times_of_a_history_are_in_the_zone_that_was_asked_for(self, tmp_path):
        for time in NIGHT:
            add(tmp_path, time, make_row(1, 4))
        seen = history(tmp_path, since="2026-07-02T09:00", timezone="Asia/Seoul")
        assert seen["firstSeen"].item().isoformat() == "2026-07-02T09:00:00+09:00"
        assert str(seen["createdAt"].dt.tz) == "Asia/Seoul"
        assert seen.attrs["knownFrom"].startswith("2026-07-02T09:00")

    def test_a_usage_gets_the_snapshots_around_its_time(self, tmp_path):
        for minute in (0, 10, 20, 30, 40):
            add(tmp_path, at(minute), make_row(1, 4))
        assert runs_of(history_around(tmp_path, at(15), at(25)), 1) == [(10, 30, 4)]
        assert runs_of(history_around(tmp_path, at(20), at(30)), 1) == [(10, 30, 4)]
        assert runs_of(history(tmp_path, at(20), at(30)), 1) == [(20, 20, 4)]
        assert len(history_around(tmp_path / "none", at(15), at(25))) == 0

    def test_a_gap_is_one_also_where_only_its_ends_are_asked_for(self, tmp_path):
        for minute in (0, 5, 10, 50, 55):
            add(tmp_path, at(minute), make_row(1, 4))
        seen = history_around(tmp_path, at(20), at(40))
        assert (len(seen.attrs["gaps"]), runs_of(seen, 1)) == (1, [(10, 10, 4), (50, 50, 4)])

    @pytest.mark.parametrize("name", ["none", "empty"])
    def test_a_folder_that_is_missing_or_empty_is_an_empty_history(self, tmp_path, name):
        (tmp_path / "empty").mkdir()
        folder = tmp_path / name
        add(tmp_path / "full", at(0), make_row(1, 4))
        full = history(tmp_path / "full")
        seen = history(folder)
        assert len(seen) == len(snapshots(folder)) == 0
        assert seen.dtypes.to_dict() == full.dtypes.to_dict()
        assert (seen.attrs["limit"], seen.attrs["knownFrom"], compact(folder)) == (None, None, [])
        assert usage(make_fleet(make_row(1, 4)), history=seen)["clusters"].item() == 1
        assert file_names(folder) == []


class TestRefusals:
    def test_a_directory_that_cannot_be_written_to_is_named(self, tmp_path):
        (tmp_path / "file").write_text("x")
        with pytest.raises(CommandError, match="cannot be written to"):
            snapshot(make_fleet(make_row(1, 4)), tmp_path / "file")

    def test_a_frame_of_something_else_is_refused(self, tmp_path):
        with pytest.raises(CommandError, match="no column"):
            snapshot(pd.DataFrame({"id": ["a"]}), tmp_path)

    @pytest.mark.parametrize("read", [history, snapshots, compact])
    def test_without_pyarrow_it_says_what_to_install(self, tmp_path, monkeypatch, read):
        snapshot(make_fleet(make_row(1, 4)), tmp_path)
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(CommandError, match="pip install"):
            read(tmp_path)


def test_the_schema_is_the_documented_one(tmp_path):
    path = snapshot(make_fleet(make_row(1, 4)), tmp_path)
    schema = pq.read_schema(path)
    assert schema.metadata[b"heco_schema"] == b"2"
    assert schema.field("snapshotAt").type == pa.timestamp("ms", "UTC")
    assert schema.field("elapsedTime").type == pa.int64()
    assert schema.names == ["snapshotAt", *CLUSTER_COLUMNS, *KEPT]
    assert schema.field("workerVolumeSize").type == pa.int64()
    assert schema.field("workerPricePerHour").type == pa.float64()


QUERY = "select cast(date as varchar) as day, count(*) as n, sum(nodeCnt) as nodes from {} group by date order by date"


def test_an_archive_opens_in_duckdb(tmp_path):
    for at in NIGHT:
        snapshot(make_fleet(make_row(1, 4), make_row(2, 3), at=at), tmp_path)
    compact(tmp_path)
    table = f"read_parquet('{tmp_path}/daily/*/*.parquet', hive_partitioning = true)"
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
    compact(tmp_path)
    command = [sys.executable, "-c", SPARK, str(tmp_path / "daily"), QUERY.format("fleet")]
    process = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert process.returncode == 0, process.stderr[-2000:]
    assert "ROWS [('2026-07-01', 2, 7), ('2026-07-02', 4, 14)]" in process.stdout
    assert "2026, 7, 1, 23, 50" in process.stdout


@pytest.mark.parametrize("name", ["createdAt", "runningAt"])
def test_a_snapshot_of_times_without_a_zone_is_refused(tmp_path, name):
    frame = make_fleet(make_row(1, 4))
    frame[name] = frame[name].dt.tz_localize(None)
    with pytest.raises(CommandError, match=f"{name} must hold times with a time zone") as caught:
        snapshot(frame, tmp_path)
    assert "tz_localize" in caught.value.hint
    assert not list(tmp_path.rglob("*"))


def test_a_history_is_in_the_time_zone_that_is_asked_for(tmp_path):
    snapshot(make_fleet(make_row(1, 4)), tmp_path, at="2026-07-01T20:00")
    seen = history(tmp_path, since="2026-07-02", timezone="Asia/Seoul")  # 15:00 on the first of July in UTC
    assert str(seen["lastSeen"].item()) == "2026-07-02 05:00:00+09:00"
    assert {str(seen[name].dt.tz) for name in ("createdAt", "runningAt", "firstSeen")} == {"Asia/Seoul"}
    assert history(tmp_path, since="2026-07-02").empty
    with pytest.raises(CommandError, match="no time zone 'Asia/Soul'"):
        history(tmp_path, since="2026-07-02", timezone="Asia/Soul")
