"""Compacting: `daily/` is whole and without doubles at every moment, and nothing is lost, whatever is interrupted."""

from __future__ import annotations

import os
import time
from contextlib import suppress

import killing
import pandas as pd
import pyarrow.parquet as pq
import pytest
from fleets import make_fleet, make_row

from heco_jupyter.errors import CommandError
from heco_jupyter.fleet import compact, compacting, snapshot, snapshots
from heco_jupyter.fleet.folders import Archive

DAY = "2026-07-01"


def add(folder, minute, *rows):
    return snapshot(make_fleet(*rows or [make_row(1, 4)], at=f"{DAY}T00:{minute:02d}:00+00:00"), folder)


def daily_of(folder):
    return folder / "daily" / f"date={DAY}" / "fleet.parquet"


def raw_of(folder):
    return sorted((folder / "raw").glob("*/*.parquet"))


def age(path, seconds):
    os.utime(path, (time.time() - seconds,) * 2)


def test_a_past_day_becomes_one_file_and_raw_files_go_a_day_later(tmp_path):
    for minute in (0, 10, 20):
        add(tmp_path, minute, make_row(1, 4), make_row(2, 3))
    before = snapshots(tmp_path)
    assert compact(tmp_path) == [daily_of(tmp_path)]
    assert compact(tmp_path) == []
    assert len(raw_of(tmp_path)) == 3
    assert pq.read_metadata(daily_of(tmp_path)).num_rows == 6
    pd.testing.assert_frame_equal(snapshots(tmp_path), before)
    age(daily_of(tmp_path), 90_000)
    compact(tmp_path)
    assert not (tmp_path / "raw" / f"date={DAY}").exists()
    pd.testing.assert_frame_equal(snapshots(tmp_path), before)


def test_a_day_is_written_again_when_more_of_it_came(tmp_path):
    add(tmp_path, 0)
    compact(tmp_path)
    age(daily_of(tmp_path), 90_000)
    compact(tmp_path)
    late = add(tmp_path, 10)
    assert len(snapshots(tmp_path)) == 2
    assert compact(tmp_path) == [daily_of(tmp_path)]
    assert raw_of(tmp_path) == [late]
    assert pq.read_metadata(daily_of(tmp_path)).num_rows == len(snapshots(tmp_path)) == 2


def test_today_is_never_compacted(tmp_path):
    snapshot(make_fleet(make_row(1, 4), at=pd.Timestamp.now("UTC").isoformat()), tmp_path)
    assert compact(tmp_path) == []
    assert compact(tmp_path, f"{pd.Timestamp.now('UTC'):%Y-%m-%d}") == []
    assert not (tmp_path / "daily").exists()
    with pytest.raises(CommandError, match="it must be a day"):
        compact(tmp_path, "2026-02-30")


def test_the_same_moment_from_two_recorders_counts_once(tmp_path):
    for nodes in (4, 5, 4):
        add(tmp_path, 0, make_row(1, nodes))
    before = snapshots(tmp_path)
    assert list(before["nodeCnt"]) == [5]
    compact(tmp_path)
    pd.testing.assert_frame_equal(snapshots(tmp_path), before)
    assert pq.read_metadata(daily_of(tmp_path)).num_rows == 1


@pytest.mark.parametrize("step", ["fsync", "utime", "replace"])
def test_a_crash_at_any_step_loses_and_doubles_nothing(tmp_path, monkeypatch, step):
    for minute in (0, 10):
        add(tmp_path, minute)
    before = snapshots(tmp_path)

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, step, crash)
        patch.setattr("pathlib.Path.unlink", lambda *_, **__: None)  # a killed process cleans nothing
        with pytest.raises(KeyboardInterrupt):
            compact(tmp_path)
    leftovers = list(tmp_path.rglob("*.tmp"))
    assert len(leftovers) == 1
    pd.testing.assert_frame_equal(snapshots(tmp_path), before)
    assert compact(tmp_path) == [daily_of(tmp_path)]
    assert leftovers[0].exists()  # it may be somebody's who is still at work
    age(leftovers[0], 4_000)
    compact(tmp_path)
    assert not leftovers[0].exists()
    pd.testing.assert_frame_equal(snapshots(tmp_path), before)


def test_raw_files_stay_while_another_compactor_may_be_at_work(tmp_path):
    add(tmp_path, 0)
    compact(tmp_path)
    age(daily_of(tmp_path), 90_000)
    other = daily_of(tmp_path).with_name("_fleet-0123456789ab.tmp")
    other.touch()
    compact(tmp_path)
    assert len(raw_of(tmp_path)) == 1
    age(other, 4_000)
    compact(tmp_path)
    assert raw_of(tmp_path) == []


def test_a_compactor_that_slept_for_days_replaces_nothing_that_it_has_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(compacting, "_LONGEST_WAIT", 0)
    add(tmp_path, 0)
    asleep, write = [True], compacting.write_rows

    def sleep_before_writing(*arguments):
        if asleep.pop() if asleep else False:
            add(tmp_path, 10)
            compact(tmp_path)  # another compactor, which writes both
            for path in (daily_of(tmp_path), *tmp_path.rglob("*.tmp")):
                age(path, 90_000)
            compact(tmp_path)  # and removes the raw files, and what it takes for a leftover
            assert raw_of(tmp_path) == []
        write(*arguments)

    monkeypatch.setattr(compacting, "write_rows", sleep_before_writing)
    compact(tmp_path)
    assert len(snapshots(tmp_path)) == 2


def test_a_reader_never_misses_a_file_that_a_compactor_removes(tmp_path, monkeypatch):
    for minute in (0, 10):
        add(tmp_path, minute)
    open_file, removed = Archive.open, []

    def remove_and_open(self, path):
        if "raw" in path.parts and not removed:
            removed.append(path)
            monkeypatch.setattr(Archive, "open", open_file)
            compact(tmp_path)
            age(daily_of(tmp_path), 90_000)
            compact(tmp_path)
        return open_file(self, path)

    monkeypatch.setattr(Archive, "open", remove_and_open)
    assert len(snapshots(tmp_path)) == 2
    assert removed
    assert raw_of(tmp_path) == []


def test_a_lock_that_somebody_holds_is_only_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(compacting, "_LONGEST_WAIT", 0.2)
    add(tmp_path, 0)
    with compacting._lock(tmp_path):
        assert compact(tmp_path) == [daily_of(tmp_path)]


@pytest.mark.slow
def test_killed_writers_and_compactors_lose_and_double_nothing(tmp_path):
    """The long form, of 30 seconds and more: `python tests/fleet/killing.py --seconds 60`."""
    rows, readings, kills = killing.run(tmp_path, 4)
    assert min(rows, readings, kills) > 0
    with suppress(FileNotFoundError):
        assert not list((tmp_path / "archive").rglob("*.tmp"))
