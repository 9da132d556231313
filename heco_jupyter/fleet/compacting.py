"""Compacting an archive: a whole past day becomes one file under `daily/`, by one rename.

`daily/` is whole and without doubles at every moment, and nothing is lost however many compactors run, stop half-way or
sleep for days:

1. A compactor first makes its temporary file beside the daily one, and then reads what there is of the day.
2. It renames only if the daily file holds nothing that it has not read; otherwise it starts over.
3. A raw file is removed only when the daily file that holds it has been there for a day, so that no reader still needs
   it, and when no temporary file is beside the daily one. One that is left over is removed first, which makes the
   rename of whoever slept meanwhile fail: it starts over too.

A lock spares two compactors the same work; nothing depends on it.
"""

from __future__ import annotations

import os
import time
import uuid
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.fleet.days import each_once, read_files, rows_of_file
from heco_jupyter.fleet.folders import DAILY, DAY_FILE, RAW, existing_archive, is_date
from heco_jupyter.fleet.parquet import COLUMNS, VERSION, import_pyarrow, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from heco_jupyter.fleet.days import Rows
    from heco_jupyter.fleet.folders import Archive, OpenFile
    from heco_jupyter.fleet.parquet import Shot

_KEPT = 86_400  # s that a raw file stays beside the daily file that holds it
_LEFT_OVER = 3_600  # s after which a temporary file is one of somebody who was killed
_LOCK = "_compact.lock"
_LONGEST_WAIT = 60  # s
_TRIES = 5


def compact(directory: str | Path, date: str | None = None) -> list[Path]:
    """Put whole past days into one file each, under `daily/`, where other tools read them.

    Run it as often as you like: a day is written again when more of it has come. The files of single snapshots are
    removed a day later. A crash, or several at once, lose and double nothing; only files of ours are touched.

    Parameters
    ----------
    directory
        The archive's directory. One that does not exist yet, or is empty, has nothing to compact.
    date
        Only this day, YYYY-MM-DD in UTC; by default every day before today. Today is never compacted.

    Returns
    -------
    list of Path
        The daily Parquet files that were written.

    Warns
    -----
    UserWarning
        When files were left alone.

    Raises
    ------
    CommandError
        When the directory cannot be read or written to, `date` is no date, or pyarrow is not installed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import heco_jupyter
    >>> from heco_jupyter import fleet
    >>> with heco_jupyter.connect(local=True) as client:
    ...     clusters = client.list_clusters()
    >>> with TemporaryDirectory() as directory:
    ...     for hour in (9, 10):
    ...         path = fleet.snapshot(clusters, directory, at=f"2026-07-01T{hour:02d}:00")
    ...     written = fleet.compact(directory)
    >>> [path.parent.name for path in written]
    ['date=2026-07-01']
    """
    import_pyarrow()
    if date is not None and not is_date(str(date)):
        raise CommandError(f"date is {plain(repr(date), 40)}, it must be a day such as 2026-01-31")
    archive = existing_archive(directory)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    days = [day for day in archive.days(RAW, DAILY) if date in (None, day) and day < today]
    written = []
    try:
        with _lock(archive.root) if days else nullcontext():
            for day in days:
                written += _compact_day(archive, day)
                _clean(archive, day)
    except OSError as error:
        problem = error.strerror or str(error)
    else:
        archive.tell_ignored()
        return written
    raise CommandError(f"{plain(archive.root, 200)} cannot be written to: {plain(problem)}", hint="check the folder")


def _compact_day(archive: Archive, day: str) -> list[Path]:
    """Write the daily file of a day if there are snapshots that it lacks; return it."""
    path = archive.folder(DAILY, day) / DAY_FILE
    for _ in range(_TRIES):
        raw = {file.name for file in archive.files(RAW, day)}
        if not raw - _held(archive, day):
            return []
        path.parent.mkdir(parents=True, exist_ok=True)
        claim = path.with_name(f"_fleet-{uuid.uuid4().hex[:12]}.tmp")
        try:
            with claim.open("xb") as file:
                rows, shots = _read_all(archive, day)
                read = {shot.file for shot in shots}
                if not raw & read - _held(archive, day):  # the rest is not ours, or the daily file is not
                    return []
                write_rows(file, rows.live, rows.ended, shots)
            if _held(archive, day) <= read:
                os.utime(claim)
                claim.replace(path)
                return [path]
        except FileNotFoundError:  # somebody took the claim of this sleeper for a leftover
            continue
        finally:
            with suppress(OSError):
                claim.unlink()
    return []


def _read_all(archive: Archive, day: str) -> tuple[Rows, list[Shot]]:
    """Return all that the files of a day hold; nothing if there is a daily file that is not ours."""
    columns = [COLUMNS, COLUMNS]

    def read(opened: OpenFile) -> tuple[OpenFile, list[pa.Table]]:
        return opened, rows_of_file(archive, day, columns, opened)

    parts = [
        (opened, tables)
        for opened, tables in read_files(archive, day, read, (DAILY, RAW))
        if opened.facts.version == VERSION and archive.name(opened.path) not in archive.ignored.rows
    ]
    daily = archive.folder(DAILY, day) / DAY_FILE
    if daily.exists() and daily not in [opened.path for opened, _ in parts]:
        parts = []
    shots = [shot for opened, _ in parts for shot in opened.facts.shots]
    rows = each_once([tables for _, tables in parts], columns)
    return rows, sorted(shots, key=lambda shot: (shot.at, shot.file))


def _held(archive: Archive, day: str, *, checked: bool = False) -> set[str]:
    """Return the names of the raw files that the daily file holds; if it is to be checked, after reading all of it."""

    def read(opened: OpenFile) -> set[str]:
        for group in range(opened.file.num_row_groups if checked else 0):
            opened.file.read_row_group(group)
        return {shot.file for shot in opened.facts.shots}

    return set().union(*read_files(archive, day, read, (DAILY,)))


def _clean(archive: Archive, day: str) -> None:
    """Remove leftovers, and the files of snapshots that the daily file has held for long enough."""
    for room in (RAW, DAILY):
        for path in archive.temporaries(room, day):
            with suppress(OSError):
                if _age(path) > _LEFT_OVER:
                    path.unlink()
    daily = archive.folder(DAILY, day) / DAY_FILE
    if archive.temporaries(DAILY, day) or not archive.files(RAW, day) or _age(daily) < _KEPT:
        return
    held = _held(archive, day, checked=True)
    if _age(daily) < _KEPT:  # replaced meanwhile
        return
    with suppress(OSError):
        for path in archive.files(RAW, day):
            if path.name in held:
                path.unlink(missing_ok=True)
        archive.folder(RAW, day).rmdir()


def _age(path: Path) -> float:
    """Return how long ago a file was written, in s; below 0 if there is none."""
    with suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime
    return -1


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    """Keep other compactors waiting, for a while and where files can be locked; a killed one leaves no lock behind."""
    try:
        import fcntl  # noqa: PLC0415 (not on Windows)

        file = (root / _LOCK).open("ab")
    except (ImportError, OSError):
        yield
        return
    with file:
        end = time.monotonic() + _LONGEST_WAIT
        while time.monotonic() < end:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.1)
            except OSError:
                break
            else:
                break
        yield
