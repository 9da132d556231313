"""Files that lie about in an archive: left alone, named once, and no obstacle to the rest."""

from __future__ import annotations

import json
import os
import warnings
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fleets import make_fleet, make_row

from heco_jupyter.fleet import compact, history, snapshot, snapshots
from heco_jupyter.fleet.archive import last_moment
from heco_jupyter.fleet.checking import check
from heco_jupyter.fleet.parquet import snapshot_schema

DAY = "2026-07-01"


def add(folder, minute, *rows, **attrs):
    clusters = make_fleet(*rows or [make_row(1, 4)], at=f"{DAY}T00:{minute:02d}:00+00:00")
    clusters.attrs |= attrs
    return snapshot(clusters, folder)


def with_row(path, **cells):
    """Return the table of a snapshot whose first row is another."""
    table = pq.read_table(path)
    row = table.slice(0, 1).to_pylist()[0] | cells
    return pa.concat_tables([pa.Table.from_pylist([row], table.schema), table.slice(1)])


def with_bytes(path, name):
    """Return the table of a snapshot with a text that is none."""
    table = pq.read_table(path)
    text = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")])
    place, columns = table.schema.get_field_index(name), pa.chunked_array([text] * table.num_rows)
    return table.set_column(place, table.schema.field(name), columns)


def with_shot(path, **cells):
    """Return the table of a snapshot of which its metadata tell something else."""
    table = pq.read_table(path)
    metadata = dict(table.schema.metadata)
    shots = json.loads(metadata[b"heco_snapshots"])
    return table.replace_schema_metadata(metadata | {b"heco_snapshots": json.dumps([shots[0] | cells])})


def damage(content):
    return content[:10] + b"\0" * 300 + content[310:]


LIES = {
    "._snapshot-1.parquet": lambda path: path.read_bytes(),
    "_snapshot-1.parquet": lambda path: path.read_bytes(),
    "notes.txt": lambda path: b"hello",
    "snapshot-1.parquet.part": lambda path: path.read_bytes(),
    "snapshot-empty.parquet": lambda path: b"",
    "snapshot-cut.parquet": lambda path: path.read_bytes()[:-20],
    "snapshot-half.parquet": lambda path: damage(path.read_bytes()),
    "snapshot-foreign.parquet": lambda path: pa.table({"id": ["a"]}),
    "snapshot-newer.parquet": lambda path: pq.read_table(path).replace_schema_metadata({"heco_schema": "3"}),
    "snapshot-columns.parquet": lambda path: pq.read_table(path).drop_columns(["owner"]),
    "snapshot-metadata.parquet": lambda path: pq.read_table(path).replace_schema_metadata({"heco_schema": "2"}),
    "snapshot-revived.parquet": lambda path: with_shot(path, revived=5),
    "snapshot-bytes.parquet": lambda path: with_bytes(path, "id"),
    "snapshot-owner-bytes.parquet": lambda path: with_bytes(path, "owner"),
    "snapshot-no-time.parquet": lambda path: with_row(path, snapshotAt=None),
    "snapshot-other-time.parquet": lambda path: with_row(path, snapshotAt=pd.Timestamp("9999-01-01", tz="UTC")),
    "snapshot-no-id.parquet": lambda path: with_row(path, id=None),
    "snapshot-empty-id.parquet": lambda path: with_row(path, id=""),
}


def lay(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content) if isinstance(content, bytes) else pq.write_table(content, path)


@pytest.mark.parametrize("name", LIES)
def test_what_is_not_ours_is_named_once_and_locks_nothing(tmp_path, name):
    for minute in (0, 10):
        path = add(tmp_path, minute)
    before = history(tmp_path)
    lie = path.with_name(name)
    lay(lie, LIES[name](path))
    content = lie.read_bytes()
    for read in (history, snapshots):
        with pytest.warns(UserWarning, match="left alone in") as told:
            ignored = read(tmp_path).attrs["ignored"]
        assert len(told) == len(ignored) == 1
        assert f"raw/date={DAY}/{name}: " in ignored[0]
    with pytest.warns(UserWarning, match=name):
        assert len(compact(tmp_path)) == 1
    assert lie.read_bytes() == content
    assert pq.read_metadata(tmp_path / "daily" / f"date={DAY}" / "fleet.parquet").num_rows == 2
    with pytest.warns(UserWarning, match=name):
        pd.testing.assert_frame_equal(history(tmp_path).drop(columns="runs"), before.drop(columns="runs"))
    with pytest.warns(UserWarning, match=name):
        assert compact(tmp_path) == []


@pytest.mark.parametrize("name", ["snapshot-cut.parquet", "snapshot-newer.parquet"])
def test_a_daily_file_that_is_not_ours_is_kept_and_the_day_is_read_from_its_snapshots(tmp_path, name):
    path = add(tmp_path, 0)
    lie = tmp_path / "daily" / f"date={DAY}" / "fleet.parquet"
    lay(lie, LIES[name](path))
    content = lie.read_bytes()
    with pytest.warns(UserWarning, match="fleet.parquet"):
        assert compact(tmp_path) == []
    assert lie.read_bytes() == content
    with pytest.warns(UserWarning, match="fleet.parquet"):
        assert len(history(tmp_path)) == 1


def test_snapshots_stay_where_the_daily_file_that_holds_them_is_damaged(tmp_path):
    path = add(tmp_path, 0)
    (daily,) = compact(tmp_path)
    daily.write_bytes(damage(daily.read_bytes()))
    os.utime(daily, (0, 0))
    with pytest.warns(UserWarning, match="fleet.parquet: damaged"):
        compact(tmp_path)
    assert path.exists()
    with pytest.warns(UserWarning, match="fleet.parquet: damaged"):
        assert history(tmp_path).attrs["snapshots"] == 1


def test_a_damaged_file_takes_its_moments_with_it(tmp_path):
    paths = [add(tmp_path, minute) for minute in (0, 10, 20, 30)]
    paths[-1].write_bytes(damage(paths[-1].read_bytes()))
    with pytest.warns(UserWarning, match="damaged"):
        seen = history(tmp_path)
    assert seen.attrs["snapshots"] == 3
    assert seen["missedAt"].isna().all()


def test_folders_and_links_among_the_files_are_left_alone(tmp_path):
    path = add(tmp_path, 0)
    path.with_name("snapshot-folder.parquet").mkdir()
    path.with_name("snapshot-link.parquet").symlink_to("nowhere")
    (tmp_path / "raw" / "date=2026-13-45").mkdir()
    (tmp_path / "daily" / "date=today").mkdir(parents=True)
    (tmp_path / "papers.txt").write_text("beside the archive")
    with pytest.warns(UserWarning, match="and 1 more"):
        ignored = history(tmp_path).attrs["ignored"]
    assert len(ignored) == 4
    assert not [line for line in ignored if "papers" in line]


def test_a_history_without_strange_files_says_nothing(tmp_path):
    add(tmp_path, 0)
    compact(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert history(tmp_path).attrs["ignored"] == []


def test_folders_of_the_first_version_are_read_and_never_changed(tmp_path):
    new = add(tmp_path / "new", 0, make_row(1, 4), make_row(2, 0))
    schema = snapshot_schema("1").with_metadata({"heco_schema": "1"})
    old = tmp_path / f"date={DAY}" / "compacted-1.parquet"
    table = pq.read_table(new).select(schema.names)
    later = table.set_column(0, "snapshotAt", pa.array([pd.Timestamp(f"{DAY}T00:10Z")] * 2, schema.field(0).type))
    lay(old, pa.concat_tables([table, later]).cast(schema))
    content = old.read_bytes()
    seen = history(tmp_path).set_index("id")
    assert seen["lastSeen"].tolist() == [pd.Timestamp(f"{DAY}T00:10Z")] * 2
    assert [len(runs) for runs in seen["runs"]] == [1, 0]  # the other was terminated in both
    assert seen["masterFlavorName"].isna().all()
    assert compact(tmp_path) == []
    add(tmp_path, 10, make_row(1, 4), make_row(2, 0))
    add(tmp_path, 20, make_row(1, 6), make_row(2, 0))
    assert history(tmp_path).attrs["snapshots"] == 3
    rows = snapshots(tmp_path)
    assert not rows.duplicated(["snapshotAt", "id"]).any()
    assert rows.groupby("snapshotAt").size().tolist() == [2, 2, 1]
    compact(tmp_path)
    pd.testing.assert_frame_equal(snapshots(tmp_path), rows)
    assert old.read_bytes() == content


def test_a_check_tells_gaps_the_last_snapshot_and_what_is_not_ours(tmp_path):
    assert check(tmp_path / "none").snapshots == 0
    for minute in (0, 10, 20, 50):
        path = add(tmp_path, minute, complete=minute != 10)
    damaged = path.with_name("snapshot-half.parquet")
    damaged.write_bytes(damage(path.read_bytes()))
    found = check(tmp_path, timezone="Asia/Seoul")
    assert (found.snapshots, found.files, found.limit) == (4, 4, 20 * 60_000)
    assert found.last == "2026-07-01T09:50:00.000+09:00"
    assert found.gaps == [("2026-07-01T09:20:00.000+09:00", found.last)]
    assert found.incomplete == ["2026-07-01T09:10:00.000+09:00"]
    assert found.ignored == [f"raw/date={DAY}/snapshot-half.parquet: damaged"]
    assert found.size == sum(file.stat().st_size for file in tmp_path.rglob("*.parquet") if file != damaged)


def test_a_time_that_no_cluster_ran_for_is_shown_as_it_is_written(tmp_path):
    path = add(tmp_path, 0)
    table = pq.read_table(path)
    place = table.schema.get_field_index("elapsedTime")
    pq.write_table(table.set_column(place, table.schema.field(place), pa.array([2**62])), path)
    assert snapshots(tmp_path)["elapsedTime"].astype("int64").tolist() == [2**62]


@pytest.mark.parametrize("name", ["snapshot-20261399T999999999-a.parquet", "snapshot-20991231T000000000-a.parquet"])
@pytest.mark.parametrize("content", [b"", b"PAR1"])
def test_a_snapshot_that_cannot_be_read_is_not_the_last_one(tmp_path, name, content):
    path = add(tmp_path, 10)
    path.with_name(name).write_bytes(content)
    assert last_moment(tmp_path) == datetime(2026, 7, 1, 0, 10, tzinfo=UTC)
