"""Periods of time: from when to when, in which parts, and what of many lives falls into each part."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import plain
from heco_jupyter.errors import CommandError

if TYPE_CHECKING:
    from datetime import date, datetime

    from heco_jupyter.fleet.spans import Integers

    Time = str | date | datetime | pd.Timestamp

# Parts begin where a calendar has them begin, whatever the alias says of their ends.
_BEGINNINGS = {"W": "W-MON", "M": "MS", "ME": "MS", "Q": "QS", "QE": "QS", "Y": "YS", "YE": "YS", "H": "h", "d": "D"}
_MOST_PARTS = 100_000


@dataclass(frozen=True)
class Periods:
    """A stretch of time and its parts.

    Parameters
    ----------
    labels
        When each part begins by the calendar, in the time zone asked for.
    edges
        Where each part begins, and where the last one ends, clipped to the whole, in Unix time in ms.
    """

    labels: pd.DatetimeIndex
    edges: Integers


@dataclass(frozen=True)
class Overlaps:
    """What of many lives falls into each part: one entry a life and part that meet.

    Parameters
    ----------
    life, part
        Positions among the lives and the parts.
    lasted
        For how long, in ms; above 0.
    """

    life: Integers
    part: Integers
    lasted: Integers


def moment(time: Time, timezone: str, name: str) -> pd.Timestamp:
    """Return a time that was written as a date or a time; without a zone of its own it is in `timezone`.

    Raises
    ------
    CommandError
    """
    stamp = None
    with suppress(ValueError, TypeError, OverflowError):
        stamp = pd.Timestamp(time)
    if stamp is None or pd.isna(stamp):
        shown = plain(repr(time), 40)
        raise CommandError(f"{name} is {shown}, not a date or a time: write 2026-01-31 or 2026-01-31T09:00")
    if stamp.tzinfo is None:
        return stamp.tz_localize(timezone, ambiguous=True, nonexistent="shift_forward")
    return stamp.tz_convert(timezone)


def periods(since: pd.Timestamp, until: pd.Timestamp, freq: str | None) -> Periods:
    """Cut the time from `since` to `until` into parts by the calendar.

    Parameters
    ----------
    since, until
        In one time zone, which is the calendar's.
    freq
        A pandas alias: h, D, W (from Monday), M, Q, Y, or a multiple such as 6h; None for one part.

    Raises
    ------
    CommandError
        When there is no time between them, or too many parts, or no such frequency.
    """
    if not since < until:
        raise CommandError(f"since {since} is not before until {until}: there is no time between them")
    if freq is None:
        return Periods(pd.DatetimeIndex([since]), _unix(pd.DatetimeIndex([since, until])))
    offset = None
    with suppress(ValueError):
        offset = pd.tseries.frequencies.to_offset(_BEGINNINGS.get(freq, freq))
    if offset is None or offset.n < 1:
        raise CommandError(f"freq is {plain(repr(freq), 40)}, it must be h, D, W, M, Q, Y or such as 6h")
    if (until - since) / _shortest(offset) > _MOST_PARTS:
        raise CommandError(
            f"freq {plain(freq, 20)} makes more than {_MOST_PARTS} parts of that time: take a longer one"
        )
    begins = pd.date_range(offset.rollback(since.normalize()), until, freq=offset)
    begins = begins[begins < until]
    begins = begins[max(0, begins.searchsorted(since, side="right") - 1) :]
    edges = _unix(pd.DatetimeIndex([*begins, until]))
    edges[0] = max(edges[0], _unix(pd.DatetimeIndex([since]))[0])
    return Periods(begins, edges)


def overlaps(starts: Integers, ends: Integers, edges: Integers) -> Overlaps:
    """Clip lives to each part between `edges`; what the parts hold adds up to what the whole holds, exactly."""
    starts, ends = np.maximum(starts, edges[0]), np.minimum(ends, edges[-1])
    living = np.flatnonzero(starts < ends)
    first = np.searchsorted(edges, starts[living], side="right") - 1
    count = np.searchsorted(edges, ends[living], side="left") - first
    life = np.repeat(living, count)
    part = np.arange(len(life)) - np.repeat(np.cumsum(count) - count - first, count)
    lasted = np.minimum(ends[life], edges[part + 1]) - np.maximum(starts[life], edges[part])
    return Overlaps(life, part, lasted)


def _unix(times: pd.DatetimeIndex) -> Integers:
    return np.array(times.tz_convert("UTC").tz_localize(None).to_numpy("datetime64[ms]").view("int64"))


def _shortest(offset: pd.tseries.offsets.BaseOffset) -> pd.Timedelta:
    """Return about how long a part is, or less."""
    somewhen = pd.Timestamp("2026-02-01")
    return somewhen + offset - somewhen
