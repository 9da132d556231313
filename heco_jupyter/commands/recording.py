"""The commands that keep what the API forgets: snapshot, record, compact."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from heco_jupyter import fleet
from heco_jupyter.api.connection import current
from heco_jupyter.api.display.cards import count_of, words
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import HecoError
from heco_jupyter.live.recorder import Recorder, record_here, recorder_here
from heco_jupyter.live.recording import NotRecording, news, opening
from heco_jupyter.live.snapshots import take_snapshot

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from heco_jupyter.commands.context import CommandContext
    from heco_jupyter.live.recording import Recording

_EVERY = 600.0
_FIRST = 5.0  # seconds that a cell waits for the first snapshot, so that it can show it
_PATIENCE = 80.0  # seconds for the snapshot under way at the end: service managers kill after 90
_LITTLE_PATIENCE = 5.0  # the same while the API fails, when there is hardly one under way


def snapshot(context: CommandContext, options: Namespace) -> Path:
    """Add the fleet as it is now to an archive, and return the new file."""
    prices = options.prices or context.prices
    with context.progress() as report:
        table = fleet.read_prices(prices) if prices else None
        taken = take_snapshot(current(), options.dir, prices=table, report=report)
    whole = "" if taken.complete else ", which may not be all"
    failed = f"; {taken.last_error}" if taken.last_error else ""
    context.notice(f"{count_of(taken.clusters, 'cluster')}{whole}, as of {words(taken.at)}{failed}")
    return taken.path


def compact(context: CommandContext, options: Namespace) -> list[Path]:
    """Merge the snapshots of each day before today, and return the files of whole days that were written."""
    written = fleet.compact(options.dir)
    context.notice(f"{count_of(len(written), 'day')} compacted" if written else "there was nothing to compact")
    return written


def record(context: CommandContext, options: Namespace) -> Recording | NotRecording:
    """Begin to record in the background, tell how it goes, or end it."""
    if options.dir:
        return _begin(context, options)
    recorder = recorder_here()
    if recorder is None:
        return NotRecording()
    if options.stop:
        recorder.stop()
        if not recorder.wait_for_the_end(_patience(recorder)):
            context.notice("the recording ends after the snapshot under way")
    return recorder.recording


def _begin(context: CommandContext, options: Namespace) -> Recording:
    recorder, before = _recorder(context, options), recorder_here()
    if (
        before is not None
        and before.recording.is_running
        and before.recording.directory != recorder.recording.directory
    ):
        context.notice(f"the recording to {plain(before.recording.directory, 200)} ends")
    record_here(recorder)
    recorder.wait_for_the_first(_FIRST)
    if recorder.error is not None:
        raise recorder.error
    recorder.listen(_telling(context.lasting_notice(), news))
    return recorder.recording


def serve(context: CommandContext, options: Namespace) -> Recording:
    """Record until the time is over or a signal asks for the end, and return how it went."""
    recorder = _recorder(context, options)
    recorder.listen(_telling(context.notice, opening, lambda before, now: None if now.problem else news(before, now)))
    with _stopped_by_signals(recorder) as asked:
        recorder.start()
        _stay(recorder, asked)
    if recorder.error is not None:
        raise recorder.error
    recording = recorder.recording
    if not asked.is_set() and not recording.last_at:
        raise HecoError(f"no snapshot was taken: {recording.last_error or 'there was no time for one'}")
    return recording


def _recorder(context: CommandContext, options: Namespace) -> Recorder:
    lasting = vars(options)["for"]
    return Recorder(
        current(),
        options.dir,
        timedelta(seconds=options.every or _EVERY),
        lasting=timedelta(seconds=lasting) if lasting else None,
        prices=options.prices or context.prices or None,
    )


def _telling(
    say: Callable[[str], None], *tellers: Callable[[Recording, Recording], str | None]
) -> Callable[[Recording, Recording], None]:
    """Return a listener that says what any of the tellers has to say."""

    def listener(before: Recording, now: Recording) -> None:
        for line in filter(None, (tell(before, now) for tell in tellers)):
            say(line)

    return listener


def _stay(recorder: Recorder, asked: threading.Event) -> None:
    """Stay until the recorder has ended, or does not end although it was asked to."""
    asked_at = None
    while not recorder.wait_for_the_end(1.0):  # in slices, between which Windows sees Ctrl-C
        if asked.is_set():
            asked_at = asked_at or time.monotonic()
            if time.monotonic() - asked_at > _patience(recorder):
                return  # a snapshot is a whole file or none: leaving it harms nothing


def _patience(recorder: Recorder) -> float:
    return _LITTLE_PATIENCE if recorder.recording.last_error else _PATIENCE


@contextmanager
def _stopped_by_signals(recorder: Recorder) -> Iterator[threading.Event]:
    """Let the signals that end this process stop a recorder instead, and return the event that they set."""
    asked = threading.Event()

    def ask(*_: object) -> None:
        asked.set()
        recorder.stop()

    if threading.current_thread() is not threading.main_thread():
        yield asked  # only the main thread has signals
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
