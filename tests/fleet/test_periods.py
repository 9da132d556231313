"""Periods of the calendar: where they begin, whatever stretch is looked at and whatever the clocks of a zone do."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pandas as pd
import pytest

from heco_jupyter.errors import CommandError
from heco_jupyter.fleet.periods import split_into_periods

# HECO_EVERY_ZONE=1 tries every zone of the tz database, from 1850 on: ten minutes and more.
EVERY_ZONE = bool(os.environ.get("HECO_EVERY_ZONE"))
ODD_ZONES = [
    "Africa/Cairo",  # skips midnight
    "Africa/Casablanca",
    "America/Asuncion",  # puts the clock back at midnight
    "America/Havana",  # has midnight twice
    "America/St_Johns",  # has had midnight twice, a minute after the first
    "Antarctica/Troll",  # two hours
    "Asia/Manila",
    "Asia/Seoul",
    "Australia/Lord_Howe",  # half an hour
    "Europe/Berlin",
    "Pacific/Apia",  # has skipped a whole day
]
ZONES = sorted(available_timezones()) if EVERY_ZONE else ODD_ZONES
FIRST, LAST = datetime(1850 if EVERY_ZONE else 2005, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def periods_between(since, until, freq, zone):
    return split_into_periods(pd.Timestamp(since).tz_convert(zone), pd.Timestamp(until).tz_convert(zone), freq)


def begins_of(since, until, freq, zone="UTC"):
    """Return the beginnings of the periods of a stretch of time, as text."""
    periods = split_into_periods(pd.Timestamp(since, tz=zone), pd.Timestamp(until, tz=zone), freq)
    return [label.isoformat()[:16] for label in periods.labels]


def wall(moment, zone):
    return moment.astimezone(zone).replace(tzinfo=None)


def clock_changes(zone):
    """Return the moments at which a zone's clock is changed: one of each size and time of day, the latest."""
    changes = {}
    moment = FIRST
    while moment < LAST:
        after = moment + 6 * HOUR
        if after.astimezone(zone).utcoffset() != moment.astimezone(zone).utcoffset():
            low, high = moment, after
            while high - low > SECOND:
                middle = low + (high - low) // SECOND // 2 * SECOND
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            changes[wall(high, zone) - wall(low, zone), wall(high, zone).time()] = high
        moment = after
    return list(changes.values())


@pytest.mark.parametrize("name", ZONES)
def test_days_begin_at_their_first_moment_whatever_the_clocks_of_the_zone_do(name):
    zone = ZoneInfo(name)
    for change in clock_changes(zone):
        since, until = change - 2 * DAY, change + 2 * DAY
        moments = [*(since + n * MINUTE for n in range(4 * 1440)), until - SECOND]
        shown = [wall(moment, zone) for moment in moments]
        labels = [label.to_pydatetime() for label in periods_between(since, until, "D", name).labels]
        days = [label.date() for label in labels]
        assert days == sorted(set(days))
        assert {time.date() for time in shown} == set(days)  # a day that no clock shows has no period, the others do
        for label in labels[1:]:
            midnight = datetime.combine(label.date(), datetime.min.time())
            assert wall(label.astimezone(UTC), zone) >= midnight > wall(label.astimezone(UTC) - SECOND, zone)
            assert all(time < midnight for moment, time in zip(moments, shown, strict=True) if moment < label)


@pytest.mark.parametrize("name", ZONES)
def test_periods_follow_each_other_whatever_the_clocks_of_the_zone_do(name):
    for change in clock_changes(ZoneInfo(name)):
        for freq, length in (("15min", HOUR), ("h", 5 * HOUR), ("6h", DAY), ("2D", 6 * DAY), ("W", DAY), ("3M", DAY)):
            for since in (change - length, change, change + MINUTE):
                edges = periods_between(since, change + length + MINUTE, freq, name).edges
                assert (edges[1:] > edges[:-1]).all()
                assert pd.Timestamp(edges[0], unit="ms", tz="UTC") == since
                assert pd.Timestamp(edges[-1], unit="ms", tz="UTC") == change + length + MINUTE


@pytest.mark.parametrize(
    "freq", ["15min", "h", "2h", "6h", "7h", "D", "2D", "W", "2W", "M", "3M", "5M", "Q", "Y", "5Y"]
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Africa/Cairo"])
def test_periods_begin_at_the_same_times_wherever_the_stretch_begins(freq, zone):
    until = pd.Timestamp("2026-11-01", tz=zone)
    whole = split_into_periods(until - pd.Timedelta(days=20), until, freq).labels
    for hours in (1, 30, 100, 200, 400):
        part = split_into_periods(until - pd.Timedelta(hours=hours), until, freq).labels
        assert list(part) == list(whole[-len(part) :])


@pytest.mark.parametrize("freq", ["W", "1W", "w", "W-SUN", "2W", "2w", "3W"])
def test_weeks_begin_on_monday(freq):
    labels = periods_between("2026-01-01T00:00Z", "2026-12-31T00:00Z", freq, "Asia/Seoul").labels
    assert {label.day_name() for label in labels} == {"Monday"}


@pytest.mark.parametrize(
    ("freq", "expected"),
    [
        ("M", ["2026-08-01T00:00", "2026-09-01T00:00", "2026-10-01T00:00"]),
        ("3M", ["2026-07-01T00:00", "2026-10-01T00:00"]),
        ("6M", ["2026-07-01T00:00"]),
        ("2Q", ["2026-07-01T00:00"]),
        ("4M", ["2026-05-01T00:00", "2026-09-01T00:00"]),
        ("Y", ["2026-01-01T00:00"]),
        ("10Y", ["2020-01-01T00:00"]),
    ],
)
def test_months_are_counted_from_january(freq, expected):
    assert begins_of("2026-08-20", "2026-10-05", freq) == expected


def test_hours_are_counted_from_midnight_by_the_clock():
    for day in ("2026-10-24", "2026-10-25", "2026-03-29"):  # 24, 25 and 23 hours
        until = (pd.Timestamp(day) + pd.Timedelta(days=1)).isoformat()
        assert begins_of(day, until, "6h", "Europe/Berlin") == [f"{day}T{hour}:00" for hour in ("00", "06", "12", "18")]


@pytest.mark.parametrize(("day", "hours"), [("2026-10-24", 24), ("2026-10-25", 25), ("2026-03-29", 23)])
def test_each_hour_of_a_day_is_one_period(day, hours):
    until = (pd.Timestamp(day) + pd.Timedelta(days=1)).isoformat()
    assert len(begins_of(day, until, "h", "Europe/Berlin")) == hours
    assert len(begins_of(day, until, "15min", "Europe/Berlin")) == 4 * hours


@pytest.mark.parametrize(
    ("one", "other"), [("D", "d"), ("h", "H"), ("6h", "6H"), ("Q", "q"), ("Y", "y"), ("15min", "15MIN"), ("1M", "M")]
)
def test_upper_and_lower_case_mean_the_same(one, other):
    assert begins_of("2026-10-05T05:00", "2026-10-06", one) == begins_of("2026-10-05T05:00", "2026-10-06", other)


@pytest.mark.parametrize(("alias", "freq"), [("ME", "M"), ("MS", "M"), ("2ME", "2M"), ("QE", "Q"), ("YE", "Y")])
def test_an_alias_that_pandas_labels_by_the_end_is_labelled_by_the_beginning(alias, freq):
    assert begins_of("2026-05-15", "2027-02-03", alias) == begins_of("2026-05-15", "2027-02-03", freq)


@pytest.mark.parametrize(
    ("freq", "words"),
    [
        ("m", "1min is minutes, 1M is months"),
        ("3m", "3min is minutes, 3M is months"),
        ("ms", "it must be h, D, W"),
        ("W-MON", "W .from Monday."),
        ("B", "it must be h"),
        ("0D", "it must be h"),
        ("-1D", "it must be h"),
        ("1D12h", "it must be h"),
        ("1.5h", "it must be h"),
        ("", "it must be h"),
        (7, "it must be h"),
        ("999999W", "outside of the years"),
        ("s", "more than 100000 periods"),
    ],
)
def test_a_freq_that_is_none_or_could_be_two_is_refused_with_what_to_write(freq, words):
    with pytest.raises(CommandError, match=words):
        split_into_periods(pd.Timestamp("1990-01-01", tz="UTC"), pd.Timestamp("2026-01-01", tz="UTC"), freq)


def test_no_time_between_says_that_until_is_exclusive():
    with pytest.raises(CommandError, match="no time between") as caught:
        begins_of("2026-10-01", "2026-10-01", "D")
    assert "exclusive" in caught.value.hint
