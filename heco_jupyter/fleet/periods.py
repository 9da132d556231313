"""Periods of the calendar: which ones a stretch of time has, and for how long each span falls into each period."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.checks import check_type
from heco_jupyter.api.model.errors import CommandError

if TYPE_CHECKING:
    from datetime import date, datetime

    from heco_jupyter.fleet.columns import Integers
    from heco_jupyter.fleet.lives import Lives

    Time = str | date | datetime | pd.Timestamp

# Periods are labelled by their beginning, also for aliases that label by the end.
_ALIASES = {"W": "W-MON", "M": "MS", "ME": "MS", "Q": "QS", "QE": "QS", "Y": "YS", "YE": "YS", "H": "h", "d": "D"}
_AS_FREQ = "h, D, W, M, Q, Y or a multiple such as 6h"
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


def parse_time(time: Time, timezone: str, name: str) -> pd.Timestamp:
    """Return a date or a time as a timestamp in `timezone`.

    Parameters
    ----------
    time
        A date or a time; without a time zone it is in `timezone`.
    timezone
        IANA name of a time zone.
    name
        What the parameter is called, for the message.

    Raises
    ------
    CommandError
        When `time` is not a date or a time.
    """
    timestamp = None
    with suppress(ValueError, TypeError, OverflowError):
        # Of a number, pandas would make nanoseconds.
        timestamp = None if isinstance(time, Real) else pd.Timestamp(time)  # type: ignore[unreachable]
    if timestamp is None or pd.isna(timestamp):
        shown = plain(repr(time), 40)
        raise CommandError(f"{name} is {shown}, not a date or a time: write 2026-01-31 or 2026-01-31T09:00")
    if timestamp.tzinfo is None:
        return timestamp.tz_localize(timezone, ambiguous=True, nonexistent="shift_forward")
    return timestamp.tz_convert(timezone)


def split_into_periods(since: pd.Timestamp, until: pd.Timestamp, freq: str | None) -> Periods:
    """Cut the time from `since` to `until` into periods of the calendar.

    Parameters
    ----------
    since, until
        Timestamps in the calendar's time zone.
    freq
        A pandas alias: h, D, W (from Monday), M, Q, Y, or a multiple such as 6h; None for a single period.

    Raises
    ------
    CommandError
        When `since` is not before `until`, or `freq` is unknown or makes too many periods.
    """
    if not since < until:
        raise CommandError(f"since {since} is not before until {until}: there is no time between them")
    if freq is None:
        return Periods(pd.DatetimeIndex([since]), _unix_milliseconds(pd.DatetimeIndex([since, until])))
    check_type(freq, str, "freq", _AS_FREQ)
    offset = None
    with suppress(ValueError):
        offset = pd.tseries.frequencies.to_offset(_ALIASES.get(freq, freq))
    if offset is None or offset.n < 1:
        raise CommandError(f"freq is {plain(repr(freq), 40)}, it must be {_AS_FREQ}")
    if (until - since) / _minimum_length(offset) > _MOST_PERIODS:
        raise CommandError(
            f"freq {plain(freq, 20)} splits that time into more than {_MOST_PERIODS} periods: use a longer one"
        )
    labels = pd.date_range(offset.rollback(since.normalize()), until, freq=offset)
    labels = labels[labels < until]
    labels = labels[max(0, labels.searchsorted(since, side="right") - 1) :]
    edges = _unix_milliseconds(pd.DatetimeIndex([*labels, until]))
    edges[0] = max(edges[0], _unix_milliseconds(pd.DatetimeIndex([since]))[0])
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
        As for `split_into_periods`.

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


def _unix_milliseconds(times: pd.DatetimeIndex) -> Integers:
    return np.array(times.tz_convert("UTC").tz_localize(None).to_numpy("datetime64[ms]").view("int64"))


def _minimum_length(offset: pd.tseries.offsets.BaseOffset) -> pd.Timedelta:
    """Return a lower bound for the length of a period."""
    start = pd.Timestamp("2026-02-01")  # February is the shortest month
    return start + offset - start
