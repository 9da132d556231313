"""One thread that takes a snapshot of the fleet again and again, in a kernel or in a service of its own.

An API that fails costs the snapshots of that time and nothing else: the thread goes on trying. It ends when it is
stopped, when its time is over, and where it cannot write. It never prints: listeners are given each new `Recording`.
"""

from __future__ import annotations

import random
import threading
import uuid
import warnings
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from heco_jupyter import fleet
from heco_jupyter.api.display.masking import mask
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import (
    ApiError,
    AuthenticationError,
    CommandError,
    ForbiddenError,
    HecoError,
    TransportError,
)
from heco_jupyter.api.model.paths import local_path
from heco_jupyter.api.wire.forks import renew_after_fork
from heco_jupyter.fleet.archive import last_moment
from heco_jupyter.live.clock import Clock
from heco_jupyter.live.recording import AGAIN, Grid, Recording, is_compaction_due
from heco_jupyter.live.snapshots import take_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    import pandas as pd

    from heco_jupyter.api.client import Client
    from heco_jupyter.live.snapshots import Taken

# What this thread reads warns of lists and files. It must not print, into whatever cell ran last: `Recording` tells of
# lists, and `%heco history DIR --check` of files.
warnings.filterwarnings("ignore", module=r"heco_jupyter\.live\.")

SHORTEST = timedelta(milliseconds=100)
"""The least distance between snapshots."""

_GLANCE = 30.0  # seconds after which the clock is looked at again: a machine may have slept, or its clock been set
_MOST_LAG = timedelta(seconds=5)
_AFTER_MIDNIGHT = timedelta(minutes=10)  # at least, and less than twice as long


class Recorder:
    """Records a fleet until it is stopped. Safe to use from several threads.

    Parameters
    ----------
    client
        The connection to read through: the recording stays with it whatever else is connected to later.
    directory
        The archive's directory; made if it does not exist.
    every
        The distance between snapshots.
    lasting
        How long to record; by default until it is stopped.
    prices
        Path of a price table, read before each snapshot and kept with it.

    Raises
    ------
    CommandError
        When the directory cannot be written to, the price table cannot be read, or `every` is too short.
    """

    clock = Clock()

    def __init__(
        self,
        client: Client,
        directory: str | Path,
        every: timedelta,
        *,
        lasting: timedelta | None = None,
        prices: str | Path | None = None,
    ) -> None:
        if every < SHORTEST:
            raise CommandError(f"every is {every.total_seconds()} s, it must be 0.1 s or more")
        self.client = client
        self.error: HecoError | None = None
        self._directory = local_path(directory, "directory").absolute()
        self._prices_file = local_path(prices, "prices").absolute() if prices else None
        self._prices = fleet.read_prices(self._prices_file) if self._prices_file else None
        check_writable(self._directory)
        self._grid = Grid(every, _part_of(min(_MOST_LAG, every / 50)))
        self._lasting = lasting
        self._details: pd.DataFrame | None = None
        self._compacted_on: date | None = None
        self._after_midnight = _AFTER_MIDNIGHT + _part_of(_AFTER_MIDNIGHT)
        now = self._now()
        self.recording = Recording(self._directory, every, client.endpoint, since=now, next_at=now)
        self._begin()
        renew_after_fork(self)

    def _begin(self) -> None:
        self._listeners: list[Callable[[Recording, Recording], None]] = []
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._tried = threading.Event()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def after_fork(self) -> None:
        """Be over in the child process: the thread, and so the recording, goes on in the parent."""
        self._begin()
        self.recording = replace(self.recording, until=self._now(), next_at=None)
        self._over.set()
        self._tried.set()

    def listen(self, listener: Callable[[Recording, Recording], None]) -> None:
        """Call `listener` with what was known before and what is known now, at each change, in whatever thread."""
        with self._lock:
            self._listeners.append(listener)

    def start(self) -> None:
        """Begin, in a thread that ends with the process."""
        self._thread = threading.Thread(target=self._run, name="heco recorder", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask for the end, after the snapshot under way; return at once."""
        self._stopping.set()

    def wait_for_the_first(self, seconds: float) -> None:
        """Wait until the first snapshot was taken, or has failed, at most so long."""
        self._tried.wait(seconds)

    def wait_for_the_end(self, seconds: float) -> bool:
        """Wait at most so long, and return whether it has ended."""
        return self._over.wait(seconds)

    # The thread

    def _run(self) -> None:
        try:
            while not self._stopping.is_set() and not self._is_time_over():
                now = self._now()
                next_at = self.recording.next_at or now
                if self._grid.is_due(next_at, now):
                    self._attempt(now)
                    self._compact()
                    self._tried.set()
                else:
                    self.clock.wait(self._stopping, min(_GLANCE, self._seconds_until(next_at, now)))
        except HecoError as error:
            self._end(error)
        except Exception as error:  # noqa: BLE001 (no caller is left to raise it to)
            self._end(HecoError(f"the recorder failed: {type(error).__name__}: {error}"))
        else:
            self._end()

    def _is_time_over(self) -> bool:
        return self._lasting is not None and self._now() - self.recording.since >= self._lasting

    def _seconds_until(self, next_at: datetime, now: datetime) -> float:
        ends = [next_at] if self._lasting is None else [next_at, self.recording.since + self._lasting]
        return max(0.0, (min(ends) - now).total_seconds())

    def _attempt(self, now: datetime) -> None:
        """Take the snapshot that is due, if no other recorder has."""
        last = last_moment(self._directory)
        if last is not None and self._grid.cell(last) == self._grid.cell(now):
            self._update(last_at=last.astimezone(now.tzinfo), clusters=None, next_at=self._grid.after(now))
            return
        last_error = self._read_prices()
        try:
            taken = take_snapshot(
                self.client, self._directory, details=self._details, prices=self._prices, now=self._now
            )
        except (AuthenticationError, ForbiddenError) as error:
            if not self._tried.is_set():
                raise  # wrong from the start: whoever has started this can put it right
            self._fail(_words(error))
        except (ApiError, TransportError) as error:
            self._fail(_words(error))
        except HecoError:
            raise  # nothing can be saved
        except Exception as error:  # noqa: BLE001 (the next attempt may succeed)
            self._fail(plain(mask(f"a snapshot failed: {type(error).__name__}: {error}")))
        else:
            self._record(taken, last_error or taken.last_error)

    def _read_prices(self) -> str | None:
        """Read the price table anew; return why it cannot be read, when the one before still holds."""
        if self._prices_file is None:
            return None
        try:
            self._prices = fleet.read_prices(self._prices_file)
        except HecoError as error:
            return error.what
        return None

    def _fail(self, words: str) -> None:
        now = self._now()
        next_at = min(now + AGAIN, self._grid.after(now))
        since = self.recording.failing_since or now
        self._update(last_error=words, failing_since=since, next_at=next_at)

    def _record(self, taken: Taken, last_error: str | None) -> None:
        now, before, self._details = self._now(), self.recording, taken.details
        self._update(
            snapshots=before.snapshots + 1,
            incomplete=before.incomplete + (not taken.complete),
            clusters=taken.clusters,
            last_at=taken.at,
            next_at=self._grid.after(taken.at),
            last_error=last_error,
            failing_since=(before.failing_since or now) if last_error else None,
        )

    def _compact(self) -> None:
        """Compact the days before today, once a day."""
        now, is_empty = self.clock.now(), self.recording.last_at is None
        if is_empty or self._stopping.is_set():
            return
        if not is_compaction_due(now, self._compacted_on, self._after_midnight):
            return
        self._compacted_on = now.date()
        problem = None
        try:
            fleet.compact(self._directory)
        except HecoError as error:
            problem = error.what
        except Exception as error:  # noqa: BLE001 (the snapshots go on without it)
            problem = plain(mask(f"{type(error).__name__}: {error}"))
        self._update(uncompacted=problem)

    def _end(self, error: HecoError | None = None) -> None:
        self.error = error
        self._update(until=self._now(), next_at=None, problem=error and error.what)
        self._tried.set()
        self._over.set()

    def _update(self, **fields: Any) -> None:
        with self._lock:
            before = self.recording
            self.recording = replace(before, **fields)
            for listener in self._listeners:
                with suppress(Exception):  # whoever listens must not end the recording
                    listener(before, self.recording)

    def _now(self) -> datetime:
        return self.clock.now().astimezone(ZoneInfo(self.client.settings.timezone))


def _part_of(most: timedelta) -> timedelta:
    """Return a random part of a time, by which this recorder differs from others on the same folder."""
    return timedelta(milliseconds=random.randrange(1 + most // timedelta(milliseconds=1)))  # noqa: S311 (no secret)


def _words(error: HecoError) -> str:
    return "; ".join(line for line in (error.what, error.said) if line)


def check_writable(directory: Path) -> None:
    """Check that files can be made in a directory, and make it if it does not exist.

    Raises
    ------
    CommandError
        When they cannot.
    """
    probe = directory / f"_{uuid.uuid4().hex[:12]}.tmp"  # a name that readers skip
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        problem = error.strerror or str(error)
        raise CommandError(
            f"{plain(directory, 200)} cannot be written to: {plain(problem)}", hint="name another directory"
        ) from None


class _Here:
    recorder: Recorder | None = None


def recorder_here() -> Recorder | None:
    """Return the recorder of this kernel, also after its end; None before the first."""
    return _Here.recorder


def record_here(recorder: Recorder) -> None:
    """Start a recorder as this kernel's; one that is at work ends."""
    if _Here.recorder is not None:
        _Here.recorder.stop()
    _Here.recorder = recorder
    recorder.start()
