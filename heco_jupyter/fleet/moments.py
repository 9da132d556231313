"""The moments of an archive's snapshots: how far apart they usually are, and where they have gaps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from heco_jupyter.fleet.clocks import as_milliseconds, zone_named
from heco_jupyter.fleet.days import ALWAYS, Span, read_files
from heco_jupyter.fleet.parquet import SNAPSHOT_AT, VERSION, import_pyarrow, milliseconds_of
from heco_jupyter.fleet.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heco_jupyter.fleet.columns import Flags, Integers
    from heco_jupyter.fleet.folders import Archive, OpenFile
    from heco_jupyter.fleet.times import Time

# The median, or where two recorders take turns and so every other distance is short, the longer one.
USUAL = 0.6


@dataclass(frozen=True)
class Moments:
    """When snapshots were taken.

    Parameters
    ----------
    times
        Unix time in ms, in order, each once.
    complete
        Which of them show all clusters that there were.
    limit
        The longest distance, in ms, that is no gap: twice the usual one; None with fewer than 2 moments.
    """

    times: Integers = field(default_factory=lambda: np.empty(0, "int64"))
    complete: Flags = field(default_factory=lambda: np.empty(0, "bool"))
    limit: int | None = None

    def within(self, span: Span) -> Moments:
        """Return those in a stretch of time, with the limit of all: a few of them may not show what is usual."""
        chosen = (self.times >= span.since) & (self.times < span.until)
        return Moments(self.times[chosen], self.complete[chosen], self.limit)

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """Pairs of moments, one after the other, that are further apart than the limit."""
        places = np.flatnonzero(np.diff(self.times) > (self.limit or 0))
        return [(int(self.times[place]), int(self.times[place + 1])) for place in places]

    def rank(self, moments: Integers) -> Integers:
        """Return the position of each of some moments, or that of the next one."""
        return np.searchsorted(self.times, moments)

    def next_complete(self, moments: Integers) -> Integers:
        """Return the first complete one after each of some moments, 2**62 where there is none."""
        complete = np.append(self.times[self.complete], 2**62)
        return np.asarray(complete[np.searchsorted(complete[:-1], moments, side="right")])

    def joins(self, earlier: Integers, later: Integers) -> Flags:
        """Return whether a cluster seen at two moments was seen all the time: no gap, no complete list without it."""
        distances = later - earlier
        near = np.asarray(distances <= (self.limit or 0))
        # Shorter than any two steps, it holds no other moment: true of nearly all, and quick to find out.
        doubtful = np.flatnonzero(near & (distances >= np.min(self.times[2:] - self.times[:-2], initial=2**62)))
        near[doubtful] = self.next_complete(earlier[doubtful]) >= later[doubtful]
        return near


def find_moments(archive: Archive, days: Iterable[str]) -> Moments:
    """Return the moments of an archive on some days."""
    found: dict[int, bool] = {}
    for day in days:
        part = ALWAYS.of_day(day)
        for seen in read_files(archive, day, lambda opened: _moments_of(archive, opened)):
            for at, complete in seen:
                if part.since <= at < part.until:
                    found[at] = complete or found.get(at, False)
    times = sorted(found)
    distances = np.diff(times)
    limit = 2 * int(np.quantile(distances, USUAL, method="nearest")) if len(distances) else None
    return Moments(np.array(times, "int64"), np.array([found[at] for at in times], "bool"), limit)


def _moments_of(archive: Archive, opened: OpenFile) -> list[tuple[int, bool]]:
    """Return the moments in a file, and whether the list was complete and all of its rows are used."""
    whole = archive.name(opened.path) not in archive.ignored.rows
    if opened.facts.version == VERSION:
        return [(shot.at, shot.complete and whole) for shot in opened.facts.shots]
    moments = import_pyarrow().compute.unique(opened.file.read([SNAPSHOT_AT])[SNAPSHOT_AT].drop_null())
    return [(at, whole) for at in milliseconds_of(moments).tolist()]


def asked_for(since: Time | None, until: Time | None, timezone: str) -> Span:
    """Return the stretch of time that is asked for.

    Raises
    ------
    CommandError
        When a time or the time zone is invalid.
    """
    zone_named(timezone)
    times = [
        limit if time is None else as_milliseconds(parse_time(time, timezone, name))
        for time, name, limit in ((since, "since", ALWAYS.since), (until, "until", ALWAYS.until))
    ]
    return Span(*times)


def iso(milliseconds: int, timezone: str = "UTC") -> str:
    """Return a moment as ISO text."""
    return pd.Timestamp(milliseconds, unit="ms", tz="UTC").tz_convert(timezone).isoformat(timespec="milliseconds")
