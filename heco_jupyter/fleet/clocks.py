"""Clocks on the wall: which moment they mean in a time zone, also where a clock change skips or doubles the time."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError

if TYPE_CHECKING:
    from datetime import tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_ZONE = (KeyError, ValueError, OSError, TypeError, OverflowError)  # what names of no zone raise
_MILLISECOND = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)


def zone_named(name: str) -> tzinfo:
    """Return a time zone by the name that pandas has for it: of the tz database, or such as UTC+09:00.

    Raises
    ------
    CommandError
        When there is none of that name.
    """
    with suppress(*_NO_ZONE):
        return ZoneInfo(name)
    with suppress(*_NO_ZONE):
        zone: tzinfo = pd.DatetimeTZDtype(tz=name).tz
        return zone
    raise CommandError(f"there is no time zone {plain(repr(name), 40)}: use an IANA name such as UTC or Asia/Seoul")


def wall_time(moment: datetime, zone: tzinfo) -> datetime:
    """Return what a clock in `zone` shows at a moment, without a zone."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def moment_of(wall: datetime, zone: tzinfo) -> datetime:
    """Return the first moment at which a clock in `zone` shows `wall` or later.

    Parameters
    ----------
    wall
        What the clock shows; with a fold of 1, the second time that it does.
    zone
        The time zone.

    Returns
    -------
    datetime
        In UTC. For a time that a clock change skips, the moment of the change.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return second if wall.fold else first
    wall = wall.replace(microsecond=0)
    before, after = (time.replace(microsecond=0) for time in (second, first))
    # The clock is put forward between these two, at a whole second.
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if wall_time(middle, zone) >= wall:
            after = middle
        else:
            before = middle
    return after


def as_milliseconds(moment: datetime) -> int:
    """Return a moment as Unix time in ms."""
    return (moment - _EPOCH) // _MILLISECOND


def from_milliseconds(time: int) -> datetime:
    """Return Unix time in ms as a moment in UTC."""
    return _EPOCH + time * _MILLISECOND
