"""The stretches of time that a report compares: a month as far as it has gone, the month before, the last days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.fleet.times import parse_time

if TYPE_CHECKING:
    from heco_jupyter.fleet.times import Time

RECENT_DAYS = 7
"""How many days tell what goes on: whole weeks, since nights and weekends differ from working days."""

_SOMEWHAT_LONGER, _SHORTER = pd.Timedelta(days=40), pd.Timedelta(days=20)  # than a month


@dataclass(frozen=True)
class Month:
    """A month, as far as it has gone, and what it is compared with. All times are in the calendar's time zone.

    Parameters
    ----------
    since, end
        The first midnight of the month, and that of the next one.
    at
        As of when the month is reported.
    before_since
        The first midnight of the month before, which ends at `since`.
    """

    since: pd.Timestamp
    end: pd.Timestamp
    at: pd.Timestamp
    before_since: pd.Timestamp

    @property
    def is_over(self) -> bool:
        """Whether the month has ended."""
        return bool(self.at >= self.end)

    @property
    def until(self) -> pd.Timestamp:
        """Up to when the month has gone."""
        return min(self.at, self.end)

    @property
    def before_until(self) -> pd.Timestamp:
        """Up to when the month before is compared: to its end, or to the day and hour that this one has reached.

        A shorter month before is compared whole with what is longer than it.
        """
        if self.is_over:
            return self.since
        gone = self.until.tz_localize(None) - self.since.tz_localize(None)
        until = parse_time(self.before_since.tz_localize(None) + gone, str(self.since.tz), "until")
        return min(until, self.since)

    @property
    def recent_since(self) -> pd.Timestamp:
        """Since when what runs is taken to go on."""
        return self.until - pd.Timedelta(days=RECENT_DAYS)

    @property
    def hours_left(self) -> float:
        """Hours from now to the month's end."""
        return (self.end - self.until) / pd.Timedelta(hours=1)

    @property
    def name(self) -> str:
        """The month as it is typed: `2026-10`."""
        return f"{self.since:%Y-%m}"


def month_of(month: Time | None, at: pd.Timestamp) -> Month:
    """Return a month to report.

    Parameters
    ----------
    month
        The month, such as 2026-10 or last month, or any time in it; None for the one that `at` falls into. A midnight
        between two months is the end of the first.
    at
        As of when, in the calendar's time zone.

    Raises
    ------
    CommandError
        When it is not a time, or has not begun.
    """
    timezone = str(at.tz)
    inside = at - pd.Timedelta(1, "ms") if month is None else parse_time(month, timezone, "month", now=at)
    since = parse_time(f"{inside:%Y-%m}", timezone, "month")
    if not since < at:
        raise CommandError(
            f"the month {since:%Y-%m} has not begun: it is {at:%Y-%m-%d %H:%M %Z}",
            hint=f"the running month is {at:%Y-%m}",
        )
    return Month(
        since=since,
        end=parse_time(f"{since + _SOMEWHAT_LONGER:%Y-%m}", timezone, "month"),
        at=at,
        before_since=parse_time(f"{since - _SHORTER:%Y-%m}", timezone, "month"),
    )
