"""Times as people write them: what each means, and what is refused because it could mean two things."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heco_jupyter.errors import CommandError
from heco_jupyter.fleet.times import parse_time

NOW = datetime(2026, 10, 5, 14, 30, tzinfo=UTC)  # 23:30 on Monday in Seoul, 07:30 in Los Angeles


def meant(time, zone="Asia/Seoul", now=NOW):
    return parse_time(time, zone, "since", now).isoformat()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("today", "2026-10-05T00:00:00+09:00"),
        ("Today", "2026-10-05T00:00:00+09:00"),
        ("yesterday", "2026-10-04T00:00:00+09:00"),
        ("now", "2026-10-05T23:30:00+09:00"),
        ("7d", "2026-09-28T23:30:00+09:00"),
        ("7D", "2026-09-28T23:30:00+09:00"),
        ("12h", "2026-10-05T11:30:00+09:00"),
        ("30m", "2026-10-05T23:00:00+09:00"),
        ("90s", "2026-10-05T23:28:30+09:00"),
        ("2w", "2026-09-21T23:30:00+09:00"),
        ("this week", "2026-10-05T00:00:00+09:00"),
        ("last week", "2026-09-28T00:00:00+09:00"),
        ("this month", "2026-10-01T00:00:00+09:00"),
        ("last month", "2026-09-01T00:00:00+09:00"),
        ("LAST-MONTH", "2026-09-01T00:00:00+09:00"),
        ("last_month", "2026-09-01T00:00:00+09:00"),
        ("this quarter", "2026-10-01T00:00:00+09:00"),
        ("last quarter", "2026-07-01T00:00:00+09:00"),
        ("this year", "2026-01-01T00:00:00+09:00"),
        ("last year", "2025-01-01T00:00:00+09:00"),
        ("2026-10", "2026-10-01T00:00:00+09:00"),
        ("2026-10-05", "2026-10-05T00:00:00+09:00"),
        (" 2026-10-05 09:15 ", "2026-10-05T09:15:00+09:00"),
        ("2026-10-05T09:15:30", "2026-10-05T09:15:30+09:00"),
        ("2026-10-05T09:15Z", "2026-10-05T18:15:00+09:00"),
        ("2026-10-05 09:15:00+02:00", "2026-10-05T16:15:00+09:00"),
        (date(2026, 10, 5), "2026-10-05T00:00:00+09:00"),
        (datetime(2026, 10, 5, 9), "2026-10-05T09:00:00+09:00"),  # noqa: DTZ001 (in the frame's zone)
        (datetime(2026, 10, 5, 9, tzinfo=UTC), "2026-10-05T18:00:00+09:00"),
        (pd.Timestamp("2026-10-05T09:00", tz="Europe/Berlin"), "2026-10-05T16:00:00+09:00"),
        (np.datetime64("2026-10-05"), "2026-10-05T00:00:00+09:00"),
    ],
)
def test_a_time_in_words_or_figures_is_a_moment_in_the_zone(words, expected):
    assert meant(words) == expected


def test_days_of_words_are_those_of_the_zone():
    assert meant("today", "America/Los_Angeles") == "2026-10-05T00:00:00-07:00"
    late = NOW + timedelta(hours=10)
    assert [meant("today", zone, late)[:10] for zone in ("Asia/Seoul", "UTC")] == ["2026-10-06", "2026-10-06"]
    assert meant("today", "America/Los_Angeles", late)[:10] == "2026-10-05"
    assert meant("last month", "America/Los_Angeles", datetime(2026, 10, 1, 5, tzinfo=UTC))[:10] == "2026-08-01"


def test_7d_is_168_hours_and_yesterday_a_midnight_also_when_the_clock_changes():
    now = datetime(2026, 10, 26, 11, tzinfo=UTC)  # noon in Berlin, a day after the clock was put back
    assert meant("1d", "Europe/Berlin", now) == "2026-10-25T12:00:00+01:00"
    assert meant("2d", "Europe/Berlin", now) == "2026-10-24T13:00:00+02:00"
    assert meant("yesterday", "Europe/Berlin", now) == "2026-10-25T00:00:00+02:00"


@pytest.mark.parametrize(
    ("time", "zone", "expected"),
    [
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T01:00:00-02:00"),  # midnight is skipped
        ("2018-11-04T00:30", "America/Sao_Paulo", "2018-11-04T01:00:00-02:00"),
        ("2026-11-01", "America/Havana", "2026-11-01T00:00:00-04:00"),  # midnight comes twice
        ("2011-12-30", "Pacific/Apia", "2011-12-31T00:00:00+14:00"),  # the day is skipped
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T02:30:00+02:00"),
        (datetime(2026, 10, 25, 2, 30, fold=1), "Europe/Berlin", "2026-10-25T02:30:00+01:00"),  # noqa: DTZ001
    ],
)
def test_a_time_that_a_clock_change_skips_or_doubles_is_its_first_moment(time, zone, expected):
    assert meant(time, zone) == expected


@pytest.mark.parametrize(
    "time",
    [
        *(
            "01.10.2026",
            "10/01/2026",
            "1/10/26",
            "2026/10/01",
            "2026-1-5",
            "Oct 2026",
            "1 Oct",
            "20261001",
            "2026",
            "12",
        ),
        *("1.5", "-7d", "7", "3M", "7 days", "1d12h", "last", "last day", "next month", "someday", "", " ", "10:00"),
        *("2026-13", "2026-02-30", "2026-10-05T25:00", "2026-W40", "２０２６-10-01", "9999-12-31T23:00-12:00"),
        *("0001-01-01", "0001-01", "9999-12-31", datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)),
        *("99999999999d", "9" * 5000 + "d", 20261001, 0, 1.5, float("nan"), True, None, pd.NaT, np.int64(5), [], b"7d"),
    ],
)
def test_what_is_no_time_or_could_be_two_is_refused_with_what_to_write(time):
    with pytest.raises(CommandError, match=r"since is .*, not a date or a time: write 2026-01-31") as caught:
        meant(time)
    assert len(caught.value.lines()) <= 3


@settings(max_examples=30)
@given(st.text(max_size=20) | st.from_regex(r"[0-9./: TZdhmwWM+-]{1,16}", fullmatch=True))
def test_any_text_is_a_time_or_is_refused(text):
    with suppress(CommandError):
        assert parse_time(text, "Europe/Berlin", "until", NOW).tzinfo is not None


def test_a_zone_may_be_an_offset_and_one_that_is_none_is_refused():
    assert meant("today", "UTC+09:00") == "2026-10-05T00:00:00+09:00"
    assert meant(datetime(2026, 10, 5, tzinfo=timezone(timedelta(hours=9))), "UTC") == "2026-10-04T15:00:00+00:00"
    with pytest.raises(CommandError, match="no time zone 'Asia/Soul': use an IANA name"):
        meant("today", "Asia/Soul")


def test_words_count_from_the_clock_of_the_machine():
    before = pd.Timestamp.now("UTC")
    assert before <= parse_time("now", "UTC", "since") <= pd.Timestamp.now("UTC")
