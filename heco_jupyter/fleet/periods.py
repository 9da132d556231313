"""Periods of the calendar: which ones a stretch of time has, and for how long each span falls into each period."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.checks import check_type
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.fleet.clocks import as_milliseconds, moment_of, wall_time, zone_named
from heco_jupyter.fleet.times import parse_time

if TYPE_CHECKING:
    from datetime import tzinfo

    from heco_jupyter.fleet.columns import Integers
    from heco_jupyter.fleet.lives import Lives
    from heco_jupyter.fleet.times import Time

_FIRST_YEAR = 2000
_FIRST_MONDAY = datetime(2000, 1, 3)  # noqa: DTZ001 (a calendar has no zone)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_FREQ = re.compile(r"(\d{0,6})([A-Za-z]+(?:-[A-Za-z]{3})?)", re.ASCII)
# With the aliases of pandas that mean the same periods, whichever end they label.
_MONTHS = {
    **dict.fromkeys(("M", "MS", "ME"), 1),
    **dict.fromkeys(("Q", "QS", "QE", "Q-DEC", "QS-JAN", "QE-DEC"), 3),
    **dict.fromkeys(("Y", "YS", "YE", "Y-DEC", "YS-JAN", "YE-DEC"), 12),
}
_TIMES = {"S": timedelta(seconds=1), "MIN": timedelta(minutes=1), "H": _HOUR, "D": _DAY} | dict.fromkeys(
    ("W", "W-SUN"), 7 * _DAY
)
_CASE_MATTERS = ("M", "MS", "ME")  # m could be a minute, ms a thousandth of a second
_AS_FREQ = "h, D, W (from Monday), M, Q, Y, or a multiple such as 6h or 15min"
_MOST_PERIODS = 100_000


@dataclass(frozen=True)
class Periods:
    """A stretch of time, cut into periods.

    Parameters
    ----------
    labels
        When each period begins by the calendar, in the calendar's time zone.
    edges
        Unix time in ms: when each period begins and when the last one ends, clipped to the stretch. One entry more than
        `labels`.
    """

    labels: pd.DatetimeIndex
    edges: Integers


@dataclass(frozen=True)
class Overlaps:
    """Overlaps of spans and periods: arrays with one entry per span and period that meet.

    Parameters
    ----------
    span, period
        Positions of the span and of the period.
    milliseconds
        How long the two overlap; above 0.
    """

    span: Integers
    period: Integers
    milliseconds: Integers


@dataclass(frozen=True)
class Step:
    """The length of a period of the calendar: so many months, or a time by the clock.

    Periods are counted from January 2000 and from Monday, 3 January 2000, so that where they begin does not depend on
    the time that is looked at.

    Parameters
    ----------
    months
        How many months; 0 for a time by the clock.
    time
        How long by the clock, if not in months.
    """

    months: int
    time: timedelta = timedelta(0)

    def index(self, wall: datetime) -> int:
        """Return the number of the period that holds a time of the calendar."""
        if self.months:
            return ((wall.year - _FIRST_YEAR) * 12 + wall.month - 1) // self.months
        return (wall - _FIRST_MONDAY) // self.time

    def begin(self, index: int) -> datetime:
        """Return when a period begins by the calendar."""
        if self.months:
            years, months = divmod(index * self.months, 12)
            return datetime(_FIRST_YEAR + years, months + 1, 1)  # noqa: DTZ001 (a calendar has no zone)
        return _FIRST_MONDAY + index * self.time

    def begins(self, since: datetime, until: datetime, zone: tzinfo) -> list[datetime]:
        """Return when the periods begin that hold a time from `since` to `until`, in order, in UTC.

        A period begins at the first moment at which the clock shows its beginning or later. Up to an hour, periods also
        begin at the second such moment, so that each of two hours of the same name is one. A period that the clock
        skips is left out.
        """
        last = wall_time(until, zone) + _DAY  # a clock is put back by a day at most
        walls = [self.begin(index) for index in range(self.index(wall_time(since, zone)), self.index(last) + 1)]
        moments = {moment_of(wall, zone) for wall in walls}
        if not self.months and self.time <= _HOUR:
            moments |= {moment_of(wall.replace(fold=1), zone) for wall in walls}
        begins = sorted(moments)
        first = max(0, bisect_right(begins, since) - 1)
        return begins[first : bisect_left(begins, until)]

    def follows(self, begin: datetime, zone: tzinfo) -> datetime:
        """Return when the period begins that follows the one that begins at `begin`, in UTC."""
        longest = 31 * self.months * _DAY + self.time + 2 * _DAY
        return self.begins(begin, begin + longest, zone)[1]


def parse_freq(freq: str) -> Step:
    """Return the length of the periods that `freq` names.

    Parameters
    ----------
    freq
        h, D, W (from Monday), M, Q, Y, min or s, or a multiple such as 6h. Aliases of pandas that label a period by its
        end mean the same periods.

    Raises
    ------
    CommandError
        When it is none of these, or could be two.
    """
    check_type(freq, str, "freq", _AS_FREQ)
    match = _FREQ.fullmatch(freq.strip())
    count, unit = (int(match[1] or 1), match[2]) if match else (0, "")
    key = unit if unit.upper() in _CASE_MATTERS else unit.upper()
    if count and key in _MONTHS:
        return Step(months=count * _MONTHS[key])
    if count and key in _TIMES:
        return Step(0, count * _TIMES[key])
    doubt = f": {count}min is minutes, {count}M is months" if unit == "m" else ""
    raise CommandError(f"freq is {plain(repr(freq), 40)}, it must be {_AS_FREQ}{doubt}")


def _begins(since: datetime, until: datetime, freq: str) -> list[datetime]:
    """Return when the periods begin that have a part from `since` to `until`."""
    step, zone = parse_freq(freq), zone_named(str(since.tzinfo))
    if step.index(wall_time(until, zone)) - step.index(wall_time(since, zone)) > _MOST_PERIODS:
        raise CommandError(
            f"freq {plain(freq, 20)} splits that time into more than {_MOST_PERIODS} periods: use a longer one"
        )
    with suppress(OverflowError, ValueError):
        return step.begins(since, until, zone)
    raise CommandError(f"freq {plain(freq, 20)} makes periods that begin or end outside of the years 1 to 9999")


def split_into_periods(since: pd.Timestamp, until: pd.Timestamp, freq: str | None) -> Periods:
    """Cut the time from `since` to `until` into periods of the calendar.

    Parameters
    ----------
    since, until
        Timestamps in the calendar's time zone.
    freq
        As for `parse_freq`; None for a single period.

    Raises
    ------
    CommandError
        When `since` is not before `until`, or `freq` is unknown or makes too many periods.
    """
    if not since < until:
        raise CommandError(
            f"since {since} is not before until {until}: there is no time between them",
            hint="until is exclusive: October is since 2026-10 until 2026-11",
        )
    first, last = (time.to_pydatetime(warn=False) for time in (since, until))
    begins = [first] if freq is None else _begins(first, last, freq)
    edges = np.array([as_milliseconds(time) for time in (*begins, last)], "int64")
    labels = pd.DatetimeIndex(edges[:-1].view("datetime64[ms]")).tz_localize("UTC").tz_convert(since.tz)
    edges[0] = max(edges[0], as_milliseconds(first))
    return Periods(labels, edges)


def periods_of(spans: Lives, timezone: str, since: Time | None, until: Time | None, freq: str | None) -> Periods:
    """Return the periods to measure spans by.

    Parameters
    ----------
    spans
        The spans; they set the limits that `since` and `until` leave open.
    timezone
        IANA name of the calendar's time zone.
    since, until
        A date or a time, or None.
    freq
        As for `parse_freq`; None for a single period.

    Raises
    ------
    CommandError
        When a time or `freq` is invalid.
    """
    ran = spans.starts < spans.ends
    first = int(spans.starts[ran].min()) if ran.any() else 0
    last = int(spans.ends[ran].max()) if ran.any() else 1
    begin = pd.Timestamp(first, unit="ms", tz=timezone) if since is None else parse_time(since, timezone, "since")
    end = pd.Timestamp(last, unit="ms", tz=timezone) if until is None else parse_time(until, timezone, "until")
    if since is None and begin >= end:  # every span is after `until`
        begin = end - pd.Timedelta(1, "ms")
    if until is None and begin >= end:  # every span is before `since`
        end = begin + pd.Timedelta(1, "ms")
    return split_into_periods(begin, end, freq)


def find_overlaps(starts: Integers, ends: Integers, edges: Integers) -> Overlaps:
    """Clip spans to each period between `edges`. The overlaps of a span add up exactly to the span clipped once."""
    starts, ends = np.maximum(starts, edges[0]), np.minimum(ends, edges[-1])
    present = np.flatnonzero(starts < ends)
    first = np.searchsorted(edges, starts[present], side="right") - 1
    count = np.searchsorted(edges, ends[present], side="left") - first
    span = np.repeat(present, count)
    period = np.arange(len(span)) - np.repeat(np.cumsum(count) - count - first, count)
    milliseconds = np.minimum(ends[span], edges[period + 1]) - np.maximum(starts[span], edges[period])
    return Overlaps(span, period, milliseconds)
