"""What a recorder decides: when a snapshot is due, when days are compacted, what is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heco_jupyter.live.recording import Grid, NotRecording, Recording, is_compaction_due, news, opening

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
TEN = timedelta(minutes=10)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
STEPS = st.timedeltas(timedelta(milliseconds=100), timedelta(days=3))


def minutes(number):
    return timedelta(minutes=number)


def recording(**fields):
    known = {"directory": Path("h"), "every": TEN, "endpoint": "https://a.test", "since": NOON, "next_at": NOON}
    return Recording(**(known | fields))


def test_snapshots_are_due_at_the_moments_of_a_grid_that_all_recorders_share():
    assert Grid(TEN).after(NOON + minutes(3)) == NOON + TEN
    assert Grid(TEN).after(NOON) == NOON + TEN
    assert Grid(TEN, timedelta(seconds=4)).after(NOON + minutes(3)) == NOON + TEN + timedelta(seconds=4)


@given(MOMENTS, STEPS, st.floats(0, 0.02))
def test_the_next_moment_is_that_of_the_next_cell(moment, every, share):
    lag = every * share
    grid = Grid(every, lag)
    next_at = grid.after(moment)
    assert moment < next_at <= moment + every + lag
    assert grid.cell(next_at) == grid.cell(moment) + 1
    assert (next_at - lag - datetime(1970, 1, 1, tzinfo=UTC)) % every == timedelta()
    assert grid.after(next_at) == next_at + every
    seoul = ZoneInfo("Asia/Seoul")
    assert grid.after(moment.astimezone(seoul)).tzinfo is seoul  # as the other times that are shown with it
    assert grid.is_due(next_at, next_at)
    assert not grid.is_due(next_at, moment)


@given(MOMENTS, STEPS, st.integers(1, 1000))
def test_a_machine_that_slept_through_many_moments_takes_one_snapshot_and_goes_on(moment, every, slept):
    grid = Grid(every)
    woken = grid.after(moment) + slept * every
    assert grid.is_due(grid.after(moment), woken)
    assert grid.after(woken) == woken + every


def test_a_clock_that_is_set_back_by_a_year_does_not_end_the_snapshots():
    assert Grid(TEN).is_due(NOON + TEN, NOON - timedelta(days=365))
    assert not Grid(TEN).is_due(NOON + TEN, NOON)


def test_days_are_compacted_at_the_start_and_then_once_a_day_soon_after_midnight():
    midnight, soon = NOON.replace(hour=0), minutes(7)
    assert is_compaction_due(NOON, None, soon)
    assert not is_compaction_due(NOON + TEN, NOON.date(), soon)
    tomorrow = midnight + timedelta(days=1)
    assert not is_compaction_due(tomorrow + minutes(6), NOON.date(), soon)
    assert is_compaction_due(tomorrow + minutes(7), NOON.date(), soon)
    assert is_compaction_due(tomorrow + timedelta(days=5) + soon, NOON.date(), soon)
    assert not is_compaction_due(tomorrow + minutes(8), tomorrow.date(), soon)


def test_the_first_snapshot_is_told_with_the_next():
    before = recording()
    now = replace(before, snapshots=1, clusters=41, last_at=NOON, next_at=NOON + TEN)
    words = "recording every 10 min to h: 41 clusters at 2026-10-05 12:00:00 UTC, the next at 2026-10-05 12:10:00 UTC"
    assert opening(before, now) == words
    assert opening(now, replace(now, snapshots=2)) is None


def test_a_failure_is_told_once_and_so_is_its_end_with_what_was_lost():
    well = recording(snapshots=6, last_at=NOON, clusters=3)
    failing = replace(well, last_error="could not list clusters: 503", failing_since=NOON + TEN)
    still = replace(failing, last_error="no answer")
    healed = replace(well, snapshots=7, last_at=NOON + minutes(190))
    told = "could not list clusters: 503, the last snapshot is of 2026-10-05 12:00:00 UTC; the recording goes on trying"
    assert news(well, failing) == told
    assert news(failing, still) is None
    lasted = "the recording works again: it failed for 3 h, since 2026-10-05 12:10:00 UTC, and 18 snapshots could not"
    assert news(still, healed) == f"{lasted} be taken"
    assert news(well, replace(well, snapshots=7, last_at=NOON + TEN)) is None


def test_a_failure_that_cost_no_snapshot_says_so_by_leaving_it_out():
    failing = recording(last_at=NOON, last_error="the flavors could not be read", failing_since=NOON)
    assert "could not be taken" not in news(failing, recording(last_at=NOON + TEN))
    assert news(failing, replace(failing, until=NOON, last_error=None)) is None


def test_an_end_that_nobody_asked_for_is_told_with_the_reason():
    ended = recording(until=NOON, next_at=None, problem="h cannot be written to: No space left on device")
    assert news(recording(), ended) == "the recording to h has ended: h cannot be written to: No space left on device"
    assert news(recording(), recording(until=NOON, next_at=None)) is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ["● h  recording\n", "every             10 min", "next"]),
        ({"last_error": "503", "failing_since": NOON}, ["▲", "recording, failing", "failing since", "503"]),
        ({"until": NOON, "next_at": None}, ["○", "recording ended", "until"]),
        ({"until": NOON, "next_at": None, "problem": "disk full"}, ["✕", "disk full"]),
        ({"snapshots": 3, "incomplete": 1, "last_at": NOON, "clusters": 1}, ["3, the last at", "1 cluster\n", "1 of"]),
    ],
)
def test_a_recording_tells_its_state_in_text_in_html_and_as_data(fields, words):
    made = recording(**fields)
    for word in words:
        assert word in f"{made!r}\n"
    assert "<b>h</b>" in made._repr_html_()
    assert set(made.data()) >= {"directory", "every", "since", "lastSnapshotAt", "nextSnapshotAt", "lastError"}


def test_markup_in_a_name_shows_as_text():
    made = recording(directory=Path("<b>x</b>"), last_error="<script>", failing_since=NOON)
    assert "<script>" not in made._repr_html_()
    assert "<b>x</b>" not in made._repr_html_()


def test_without_a_recording_it_says_how_to_begin():
    assert repr(NotRecording()) == "nothing is being recorded: %heco record DIR --every 10m begins"
