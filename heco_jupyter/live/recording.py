"""What a recorder knows of itself, and what it decides: when the next snapshot is due, what to say. Pure functions.

`recorder.py` has the thread that carries this out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.cards import Card, CardRow, ShownAsCard, count_of, duration_words, words
from heco_jupyter.api.display.markup import Tone
from heco_jupyter.api.display.text import plain

if TYPE_CHECKING:
    from pathlib import Path

AGAIN = timedelta(minutes=1)
"""How long after a failure the next attempt is made, if no other moment of the grid comes first."""

_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grid:
    """Moments at regular distances, which every recorder counts alike: from the beginning of 1970.

    So a recorder that is started again goes on as before, and two of them agree on what a moment's snapshot is.

    Parameters
    ----------
    every
        The distance.
    lag
        How long after each moment this recorder acts, so that two recorders do not do so at once.
    """

    every: timedelta
    lag: timedelta = timedelta()

    def cell(self, moment: datetime) -> int:
        """Return which cell of the grid a moment lies in."""
        return (moment - _EPOCH) // self.every

    def after(self, moment: datetime) -> datetime:
        """Return when this recorder acts next after a moment, in its time zone. What was slept through is left out."""
        return (_EPOCH + (self.cell(moment) + 1) * self.every + self.lag).astimezone(moment.tzinfo)

    def is_due(self, next_at: datetime, now: datetime) -> bool:
        """Return whether the time for what was to be done at `next_at` has come, or the clock was set back."""
        return now >= next_at or next_at - now > self.every + self.lag


def is_compaction_due(now: datetime, compacted_on: date | None, after_midnight: timedelta) -> bool:
    """Return whether the days before today are to be compacted.

    Parameters
    ----------
    now
        In UTC, as the archive's days are.
    compacted_on
        The day on which this was done last; None before the first time, when it is due at once.
    after_midnight
        How long after midnight it is done, so that two recorders do not do so at once.
    """
    if compacted_on is None:
        return True
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return compacted_on != now.date() and now - midnight >= after_midnight


@dataclass(frozen=True, slots=True, repr=False)
class Recording(ShownAsCard):
    """What is known of a recording at one moment.

    Parameters
    ----------
    directory
        The archive's directory.
    every
        The distance between snapshots.
    endpoint
        Where the fleet is read.
    since
        When it began, aware.
    next_at
        When the next snapshot is due; None once it has ended.
    until
        When it ended; None while it goes on.
    snapshots
        How many snapshots it has taken.
    incomplete
        How many of them are of a list that may not have been whole.
    clusters
        How many clusters the last one has; None where another recorder took it.
    last_at
        The moment of the last snapshot of the archive that it knows of.
    last_error
        What keeps failing, in words; None while all is well.
    failing_since
        Since when.
    uncompacted
        Why the days before today were not compacted, in words; the next day tries again.
    problem
        Why it ended by itself, in words.
    """

    directory: Path
    every: timedelta
    endpoint: str
    since: datetime
    next_at: datetime | None
    until: datetime | None = None
    snapshots: int = 0
    incomplete: int = 0
    clusters: int | None = None
    last_at: datetime | None = None
    last_error: str | None = None
    failing_since: datetime | None = None
    uncompacted: str | None = None
    problem: str | None = None

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self.until is None

    def data(self) -> dict[str, Any]:
        """Return it as names and values."""
        return {
            "directory": str(self.directory),
            "every": self.every,
            "endpoint": self.endpoint,
            "since": self.since,
            "until": self.until,
            "snapshots": self.snapshots,
            "incomplete": self.incomplete,
            "clusters": self.clusters,
            "lastSnapshotAt": self.last_at,
            "nextSnapshotAt": self.next_at,
            "lastError": self.last_error or self.problem,
            "failingSince": self.failing_since,
            "uncompacted": self.uncompacted,
        }

    def card(self) -> Card:
        """Return what is told of it."""
        last = f", the last at {words(self.last_at)}" if self.last_at else ""
        size = f" with {count_of(self.clusters, 'cluster')}" if self.last_at and self.clusters is not None else ""
        rows = [
            ("every", duration_words(self.every)),
            ("of", plain(self.endpoint, 200)),
            ("since", words(self.since)),
            ("until", words(self.until) if self.until else ""),
            ("snapshots", f"{self.snapshots}{last}{size}"),
            ("incomplete", f"{self.incomplete} of them" if self.incomplete else ""),
            ("next", words(self.next_at) if self.next_at else ""),
            ("failing since", words(self.failing_since) if self.failing_since else ""),
            ("because", plain(self.last_error or self.problem or "")),
            ("not compacted", plain(self.uncompacted or "")),
        ]
        status, mark, tone = self._state()
        shown = tuple(CardRow(label, value) for label, value in rows if value)
        return Card(f"{plain(self.directory, 200)}", status, mark, tone, shown)

    def _state(self) -> tuple[str, str, Tone]:
        if self.problem:
            return "recording ended", "✕", Tone.BAD
        if not self.is_running:
            return "recording ended", "○", Tone.QUIET
        return ("recording, failing", "▲", Tone.WARNING) if self.last_error else ("recording", "●", Tone.GOOD)


class NotRecording:
    """What there is to tell where nothing is recorded."""

    def __repr__(self) -> str:
        return "nothing is being recorded: %heco record DIR --every 10m begins"


def opening(before: Recording, now: Recording) -> str | None:
    """Return what to say once the first snapshot is there, or None."""
    if before.last_at or not now.last_at or now.next_at is None:
        return None
    found = f"{count_of(now.clusters, 'cluster')} at" if now.snapshots else "another recorder's snapshot of"
    every = duration_words(now.every)
    times = f"{words(now.last_at)}, the next at {words(now.next_at)}"
    return f"recording every {every} to {plain(now.directory, 200)}: {found} {times}"


def news(before: Recording, now: Recording) -> str | None:
    """Return what to say of a change: that something fails, that it works again, that the recording has ended."""
    if now.problem and not before.problem:
        return f"the recording to {plain(now.directory, 200)} has ended: {now.problem}"
    if now.last_error and not before.last_error:
        since = f", the last snapshot is of {words(now.last_at)}" if now.last_at else ""
        return f"{now.last_error}{since}; the recording goes on trying"
    if before.last_error and not now.last_error and now.is_running and before.failing_since:
        ended = now.last_at or before.failing_since
        lasted = f"{duration_words(ended - before.failing_since)}, since {words(before.failing_since)}"
        return f"the recording works again: it failed for {lasted}{_missing(before, ended)}"
    if now.uncompacted and not before.uncompacted:
        return f"the days before today were not compacted: {now.uncompacted}"
    return None


def _missing(before: Recording, healed: datetime) -> str:
    """Return how many snapshots a failure has cost, in words."""
    grid = Grid(before.every)
    missing = grid.cell(healed) - grid.cell(before.last_at or before.since) - (1 if before.last_at else 0)
    return f", and {count_of(missing, 'snapshot')} could not be taken" if missing > 0 else ""
