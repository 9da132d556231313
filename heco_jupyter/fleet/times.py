"""Times as people write them: dates, times, and words such as today, 7d or last month."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.fleet.clocks import moment_of, wall_time, zone_named

if TYPE_CHECKING:
    from datetime import tzinfo

    Time = str | date | datetime | pd.Timestamp | np.datetime64

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\S+)?", re.ASCII | re.IGNORECASE)
_MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)
# M is months where time is split into periods, so 3M is not 3 minutes here.
_BACK = re.compile(r"(\d+)([wWdDhHmsS])", re.ASCII)
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_EARLIEST, _LATEST = 1000, 9999  # years, exclusive: next to these, periods begin or end in years that Python has not
_MEANT = "write 2026-01-31 or 2026-01-31T09:00"
_WORDS = "or in words: 2026-01 (its first midnight), today, yesterday, 7d (168 hours back), 'last month'"


def parse_time(time: Time, timezone: str, name: str, now: datetime | None = None) -> pd.Timestamp:
    """Return a date, a time or a time in words as a timestamp in `timezone`.

    Words are `now`; `today` and `yesterday`; `this` or `last` with `week` (from Monday), `month`, `quarter` or `year`,
    joined by a space or a dash; a month, `2026-01`; and so many hours back, `7d` (168 of them), `12h`, `30m`, `2w`.
    Days, weeks and months mean their first moment in `timezone`. What could be read in two ways is refused.

    Parameters
    ----------
    time
        A date, a time or words; without a time zone it is in `timezone`.
    timezone
        Name of a time zone.
    name
        What the parameter is called, for the message.
    now
        The moment that words count from, with a time zone; by default that of this machine's clock.

    Raises
    ------
    CommandError
        When `time` is none of these, or in a year before 1001 or after 9998.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> now = datetime(2026, 10, 5, 14, tzinfo=UTC)
    >>> str(parse_time("yesterday", "Asia/Seoul", "since", now))
    '2026-10-04 00:00:00+09:00'
    >>> str(parse_time("last month", "UTC", "since", now))
    '2026-09-01 00:00:00+00:00'
    """
    zone = zone_named(timezone)
    with suppress(ValueError, OverflowError):  # a 13th month, a year 10,000
        moment = _moment(time, zone, now or datetime.now(UTC))
        if moment is not None and _EARLIEST < moment.year < _LATEST:
            return pd.Timestamp(moment.astimezone(zone)).tz_convert(timezone)
    raise CommandError(f"{name} is {plain(repr(time), 40)}, not a date or a time: {_MEANT}", hint=_WORDS)


def _moment(time: object, zone: tzinfo, now: datetime) -> datetime | None:
    """Return what a time means, or None if it is none."""
    if isinstance(time, str):
        text = " ".join(time.replace("_", " ").split())
        if _ISO.fullmatch(text):
            time = datetime.fromisoformat(text)
        elif _MONTH.fullmatch(text):
            time = datetime.fromisoformat(f"{text}-01")
        elif back := _BACK.fullmatch(text):
            return now - timedelta(**{_UNITS[back[2].lower()]: int(back[1])})
        elif text.lower() == "now":
            return now
        else:
            time = _first_day(text.lower().replace("-", " "), wall_time(now, zone).date())
    if not isinstance(time, date | np.datetime64) or pd.isna(time):  # pandas takes a number for nanoseconds
        return None
    moment: datetime = pd.Timestamp(time).to_pydatetime(warn=False)
    return moment_of(moment, zone) if moment.tzinfo is None else moment


def _first_day(words: str, today: date) -> date | None:
    """Return the first day of what words mean, or None if they mean nothing."""
    if words in ("today", "yesterday"):
        return today if words == "today" else today - timedelta(days=1)
    which, _, unit = words.partition(" ")
    if which not in ("this", "last"):
        return None
    ago = int(which == "last")
    if unit == "week":
        return today - timedelta(days=today.weekday() + 7 * ago)
    if unit not in _MONTHS:
        return None
    length = _MONTHS[unit]
    year, month = divmod(((today.year * 12 + today.month - 1) // length - ago) * length, 12)
    return date(year, month + 1, 1)
