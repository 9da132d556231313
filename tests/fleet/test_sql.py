"""The SQL that computes usage: on DuckDB and on Spark, it makes the table that `usage` makes."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pandas as pd
import pytest
from fleets import make_fleet, make_row
from hypothesis import given, settings
from hypothesis import strategies as st
from stories import write_archive

from heco_jupyter.errors import CommandError
from heco_jupyter.fleet import compact, history, snapshot, usage, usage_sql

QUESTIONS = (
    {},
    {"by": None},
    {"by": ["clusterType", "owner"], "freq": "D"},
    {"by": ["nodeCnt", "masterFlavorName"], "freq": "W"},
    {"by": "id", "since": "2026-03-28", "until": "2026-03-30", "freq": "6h"},
    {"by": None, "until": "2026-03-29T12:00", "freq": "M"},
    {"since": "2026-03-28T03:00", "freq": "D"},
    {"by": "name", "since": "2026-03-28"},
    {"by": None, "until": "2025-01-01"},
)
JULY = 1_782_864_000_000  # 2026-07-01T00:00Z
ODD_NAME = 'it\'s "odd" `x` [a]{b,c} 100%25 *?'


def run(sql):
    """Return what DuckDB computes, without any extension but those in its wheel."""
    with duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    ) as connection:
        return connection.sql(sql).df()


def assert_same(table, expected):
    by, freq = expected.attrs["by"], expected.attrs["freq"]
    if "cost" not in expected and "cost" in table:  # the only clusters with a price never ran
        assert table["cost"].isna().all()
        table = table.drop(columns=["cost", "costKnown"])
    assert list(table.columns) == list(expected.columns)
    assert len(table) == len(expected)
    for name in expected:
        if name == "period" and freq is not None:
            assert list(table[name].astype("datetime64[ms, UTC]")) == list(expected[name].dt.tz_convert("UTC"))
        elif name in by:
            assert table[name].astype(object).fillna("").tolist() == expected[name].astype(object).fillna("").tolist()
        else:
            mine, theirs = (
                frame[name].astype("Float64").to_numpy("float64", na_value=np.nan) for frame in (table, expected)
            )
            np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-9, err_msg=name)


def check(folder, timezone="UTC", **question):
    expected = usage(history(folder, timezone=timezone), **question)
    assert_same(run(usage_sql(folder, **question, timezone=timezone)), expected)
    return expected


@settings(max_examples=8)
@given(
    st.integers(0, 10**9),
    st.booleans(),
    st.sampled_from(["UTC", "Asia/Seoul", "Europe/Berlin", "Asia/Kolkata"]),
    st.sets(st.sampled_from(range(len(QUESTIONS))), min_size=2, max_size=3),
)
def test_duckdb_computes_the_table_that_usage_makes(seed, with_prices, timezone, questions):
    with TemporaryDirectory() as folder:
        write_archive(random.Random(seed), Path(folder), with_prices=with_prices)
        for number in questions:
            check(folder, timezone, **QUESTIONS[number])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return an archive of a cluster that grew from 3 to 23 nodes, and of one that was forgotten."""
    folder = tmp_path_factory.mktemp("archive") / ODD_NAME
    for hour in range(6):
        lived = {"runningAt": JULY, "elapsedTime": hour * 3_600_000}
        rows = [make_row(1, 3 if hour < 4 else 23, owner="kim", **lived)]
        rows += [make_row(2, 5, owner="lee", **lived)] if hour < 2 else []
        snapshot(make_fleet(*rows, at=f"2026-07-01T{hour:02d}:00:00+00:00"), folder)
    compact(folder)
    return folder


@pytest.fixture
def archive(written, tmp_path):
    """Return a copy of that archive, for a test to change."""
    return Path(shutil.copytree(written, tmp_path / ODD_NAME))


def test_what_was_measured_and_what_lies_between_two_counts_is_told_apart(archive):
    table = run(usage_sql(archive)).set_index("owner")
    grown, forgotten = table.loc["kim"], table.loc["lee"]
    assert (grown["nodeHours"], grown["nodeHoursLow"], grown["nodeHoursHigh"]) == (3 * 3 + 13 + 23, 35, 55)
    assert grown["nodeHoursKnown"] == pytest.approx(4 / 5)
    assert (forgotten["uptimeHours"], forgotten["nodeHours"]) == (2, 5 + 2.5)
    assert (forgotten["nodeHoursLow"], forgotten["nodeHoursHigh"]) == (5, 10)
    check(archive)


def test_a_day_of_a_clock_change_has_its_own_length(archive):
    for month, zone in (("03-29", "Europe/Berlin"), ("10-25", "Europe/Berlin"), ("07-01", "Asia/Seoul")):
        began = int(pd.Timestamp(f"2026-{month}", tz="UTC").timestamp() * 1000) - 86_400_000
        row = make_row(3, 2, runningAt=began, elapsedTime=3 * 86_400_000)
        snapshot(make_fleet(row, at=f"2026-{month}T12:00:00+00:00"), archive)
        compact(archive)
        expected = check(archive, zone, by="id", since=f"2026-{month}", until="2026-12-01", freq="D")
        assert expected["period"].dt.hour.eq(0).all()


def test_a_snapshot_without_clusters_and_an_incomplete_one_count_for_what_they_show(tmp_path):
    rows = [make_row(1, 4, runningAt=JULY, elapsedTime=1_000)]
    for minute, complete in ((0, True), (10, False), (20, True)):
        frame = make_fleet(*rows, at=f"2026-07-01T00:{minute:02d}:00+00:00")
        frame.attrs["complete"] = complete
        snapshot(frame, tmp_path)
        rows = []
    compact(tmp_path)
    assert check(tmp_path, by=None)["uptimeHours"].item() == pytest.approx(1 / 3)


def test_costs_are_there_when_the_archive_has_prices(archive):
    assert "cost" not in run(usage_sql(archive))
    details = pd.DataFrame({"id": [make_row(1, 3)["id"]], "masterFlavorName": ["a"], "workerFlavorName": ["b"]})
    row = make_row(1, 3, runningAt=JULY, elapsedTime=6 * 3_600_000)
    frame = make_fleet(row, at="2026-07-01T06:00:00+00:00")
    snapshot(frame, archive, details=details, prices={"a": 0.5, "b": 2})
    compact(archive)
    assert check(archive)["cost"].notna().any()


def test_an_archive_elsewhere_is_asked_for_without_being_looked_at(archive):
    question = {"by": "owner", "since": "2026-07-01T00:00", "until": "2026-07-01T05:00", "freq": "h"}
    sql = usage_sql("s3a://bucket/folder/", **question)
    assert "'s3a://bucket/folder/daily/date=*/fleet.parquet'" in sql
    shutil.copytree(archive, archive.parent / "plain")
    table = run(sql.replace("s3a://bucket/folder", str(archive.parent / "plain")))
    assert table.pop("cost").isna().all()
    assert (table.pop("costKnown") == 0).all()
    assert_same(table, usage(history(archive), **question))
    assert "parquet.`hdfs://a/``b``/daily/date=*/fleet.parquet`" in usage_sql("hdfs://a/`b`", engine="spark")


def test_a_file_that_is_not_ours_is_named(archive):
    other = archive / "daily" / "date=2026-07-02" / "fleet.parquet"
    other.parent.mkdir()
    other.write_bytes(b"not parquet")
    with pytest.warns(UserWarning, match="date=2026-07-02"):
        usage_sql(archive)


def test_duckdb_reads_no_folder_with_a_backslash_in_its_name(archive):
    archive = archive.rename(archive.parent / "a\\b")
    with pytest.raises(CommandError, match="rename the folder"):
        usage_sql(archive)
    assert r"a\\b" in usage_sql(archive, engine="spark")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"engine": "hive"}, "duckdb or spark"),
        ({"by": "ownr"}, "did you mean owner"),
        ({"by": "owner; drop table x"}, "no column"),
        ({"by": ["runs"]}, "no column"),
        ({"freq": "fortnight"}, "freq"),
        ({"since": "soon"}, "since"),
        ({"since": "2026-07-02", "until": "2026-07-01"}, "not before"),
        ({"timezone": "Mars"}, "timezone|time zone"),
        ({"folder": "s3a://bucket/folder", "freq": "D", "since": "2026-07-01"}, "since and until"),
        ({"folder": "s3a://bucket/\0"}, "characters that no address has"),
        ({"folder": ""}, "empty"),
        ({"folder": "nowhere"}, "no daily files"),
    ],
)
def test_what_cannot_be_asked_is_refused(written, wrong, words):
    with pytest.raises(CommandError, match=words):
        usage_sql(**({"folder": written} | wrong))


SPARK = """
import json, sys
from pyspark.sql import SparkSession
builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
for name, value in {
    "session.timeZone": "UTC", "shuffle.partitions": "1", "adaptive.enabled": "false", "codegen.wholeStage": "false"
}.items():  # of tables so small, most of the time is spent on planning
    builder = builder.config("spark.sql." + name, value)
spark = builder.getOrCreate()
for sql in json.load(open(sys.argv[1])):
    print("ROWS", json.dumps([row.asDict() for row in spark.sql(sql).collect()], default=str))
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_spark_computes_the_table_that_usage_makes(archive, tmp_path):
    pytest.importorskip("pyspark", reason="Spark is not installed (pip install pyspark)")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not installed")
    write_archive(random.Random(3), tmp_path / "other", with_prices=True)
    asked = [
        (archive, {"since": "2026-07-01", "until": "2026-07-02", "freq": "h"}),
        (tmp_path / "other", {"by": ["owner", "masterFlavorName"]}),
    ]
    statements = [usage_sql(folder, **question, engine="spark") for folder, question in asked]
    (tmp_path / "statements").write_text(json.dumps(statements))
    command = [sys.executable, "-c", SPARK, str(tmp_path / "statements")]
    process = subprocess.run(command, capture_output=True, text=True, check=False, timeout=590)
    assert process.returncode == 0, process.stderr[-2000:]
    tables = [line.removeprefix("ROWS ") for line in process.stdout.splitlines() if line.startswith("ROWS ")]
    for (folder, question), table in zip(asked, tables, strict=True):
        frame = pd.DataFrame(json.loads(table))
        if "period" in frame:
            frame["period"] = pd.to_datetime(frame["period"], utc=True)
        assert_same(frame, usage(history(folder), **question))
