"""The folders of an archive: where its files lie, and which of the files there are ours.

    raw/date=2026-10-01/snapshot-<moment>-<random>.parquet   one snapshot
    daily/date=2026-10-01/fleet.parquet                      a whole past day, made by `compact`
    date=2026-10-01/*.parquet                                of the first version: read, never changed

Dates are in UTC and in Hive's layout, so that DuckDB, Spark, Hive and Trino read `daily/` without preparation. A file
is written under a name that all of them skip, flushed, and then renamed: no file is partial, even after a crash.
"""

from __future__ import annotations

import os
import re
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.cards import count_of
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.api.model.paths import local_path
from heco_jupyter.fleet.parquet import TEXTS, FileFacts, file_facts, import_pyarrow

if TYPE_CHECKING:
    from pathlib import Path

RAW, DAILY = "raw", "daily"
ROOMS = (RAW, DAILY, "")
"""Where files of a day may be; the last is where the first version wrote them."""
DAY_FILE = "fleet.parquet"
_MOST_NAMED = 3
_PARTITION = "date="
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TEMPORARY = re.compile(r"_(snapshot|fleet)-[0-9A-Za-z-]+\.tmp", re.ASCII)
_NAMES = {
    RAW: re.compile(r"snapshot-.+\.parquet"),
    DAILY: re.compile(re.escape(DAY_FILE)),
    "": re.compile(r"[^._].*\.parquet"),
}


@dataclass
class Ignored:
    """Files that are left alone, by name within the archive, with the reason.

    Parameters
    ----------
    files
        Files that are not ours, or cannot be read.
    rows
        Files that are read without some of their rows.
    """

    files: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> list[str]:
        """One text per file, its name and the reason."""
        return [f"{plain(name, 200)}: {reason}" for name, reason in sorted((self.rows | self.files).items())]


@dataclass(frozen=True)
class OpenFile:
    """A file of ours.

    Parameters
    ----------
    path
        Where it is.
    file
        The opened `ParquetFile`.
    facts
        What its metadata tell.
    """

    path: Path
    file: Any
    facts: FileFacts


@dataclass
class Archive:
    """An archive's directory, with the files in it that were found to be not ours.

    Parameters
    ----------
    root
        The directory; it need not exist.
    ignored
        What was left alone so far.
    """

    root: Path
    ignored: Ignored = field(default_factory=Ignored)

    def days(self, *rooms: str) -> list[str]:
        """Return the dates that some of the rooms have a folder for, in order: `RAW`, `DAILY`, or "" for version 1."""
        found: set[str] = set()
        for room in rooms:
            folder = self.root / room
            for entry in self._entries(folder):
                day = entry.name.removeprefix(_PARTITION)
                if entry.name != day and is_date(day) and entry.is_dir():
                    found.add(day)
                elif room:  # what else is beside the archive's folders is nobody's business
                    self._leave(folder / entry.name, "not a folder of a day")
        return sorted(found)

    def folder(self, room: str, day: str) -> Path:
        """Return the folder of a day."""
        return self.root / room / f"{_PARTITION}{day}"

    def files(self, room: str, day: str) -> list[Path]:
        """Return the files of a day that have a name of ours, in order, and note the others."""
        folder = self.folder(room, day)
        found = []
        for entry in self._entries(folder):
            path = folder / entry.name
            if not entry.is_file():
                self._leave(path, "not a file")
            elif _NAMES[room].fullmatch(entry.name):
                found.append(path)
            elif not _TEMPORARY.fullmatch(entry.name):
                self._leave(path, "has no name of ours")
        return [path for path in found if self.name(path) not in self.ignored.files]

    def temporaries(self, room: str, day: str) -> list[Path]:
        """Return the files of ours that are being written, or were when their writer was killed."""
        folder = self.folder(room, day)
        return [folder / entry.name for entry in self._entries(folder) if _TEMPORARY.fullmatch(entry.name)]

    def name(self, path: Path) -> str:
        """Return the name of a file within the archive."""
        return path.relative_to(self.root).as_posix()

    def open(self, path: Path) -> OpenFile | None:
        """Open a file; return None where it is not ours, which is noted.

        Raises
        ------
        FileNotFoundError
            When it is gone.
        """
        pa = import_pyarrow()
        try:
            try:
                file = pa.parquet.ParquetFile(path, read_dictionary=TEXTS)
            except KeyError:  # it has no such columns
                file = pa.parquet.ParquetFile(path)
        except FileNotFoundError:
            raise
        except PermissionError:
            self._leave(path, "may not be read")
            return None
        except (pa.ArrowException, OSError, ValueError):
            self._leave(path, "empty, cut, or not Parquet")
            return None
        try:
            return OpenFile(path, file, file_facts(file))
        except ValueError as error:
            file.close()
            self._leave(path, str(error))
            return None

    def tell_ignored(self, *, depth: int = 3) -> None:
        """Warn, once, of the files that were left alone, as if from so many calls above."""
        lines = self.ignored.lines
        if lines:
            more = f"; and {len(lines) - _MOST_NAMED} more" if len(lines) > _MOST_NAMED else ""
            named = "; ".join(lines[:_MOST_NAMED])
            warnings.warn(f"left alone in {plain(self.root, 200)}: {named}{more}", stacklevel=depth)

    def leave_unreadable(self, path: Path) -> None:
        """Note that a file cannot be read although its metadata can."""
        self._leave(path, "damaged")

    def leave_rows(self, path: Path, count: int) -> None:
        """Note that some rows of a file are left alone."""
        self.ignored.rows[self.name(path)] = f"{count_of(count, 'row')} without an id, or not of that day"

    def _leave(self, path: Path, reason: str) -> None:
        self.ignored.files.setdefault(self.name(path), reason)

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """Return what is in a folder; nothing where there is none."""
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._leave(folder, error.strerror or "cannot be read")
            return []


def existing_archive(directory: object) -> Archive:
    """Return the archive in a directory, which may not exist yet.

    Raises
    ------
    CommandError
        When it is no path, or no directory, or cannot be read.
    """
    root = local_path(directory, "directory")
    problem = None
    try:
        os.scandir(root).close()
    except FileNotFoundError:
        pass  # an empty history
    except OSError as error:
        problem = error.strerror or str(error)
    if problem:
        raise CommandError(f"{plain(root, 200)} cannot be read: {plain(problem)}", hint="name an archive's folder")
    return Archive(root)


def is_date(text: str) -> bool:
    """Return whether a text is a date such as 2026-01-31."""
    with suppress(ValueError):
        return _DATE.fullmatch(text) is not None and bool(date.fromisoformat(text))
    return False
