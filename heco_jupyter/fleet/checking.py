"""Checking an archive: what it covers, where it has gaps, and which files in it are not ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heco_jupyter.fleet.days import read_files, rows_of_file
from heco_jupyter.fleet.folders import ROOMS, existing_archive
from heco_jupyter.fleet.moments import find_moments, iso
from heco_jupyter.fleet.parquet import COLUMNS, import_pyarrow

if TYPE_CHECKING:
    from pathlib import Path

    from heco_jupyter.fleet.folders import OpenFile


@dataclass(frozen=True)
class Check:
    """What an archive holds. Times are ISO text.

    Parameters
    ----------
    snapshots
        How many snapshots there are.
    first, last
        The first and the last one, None where there is none.
    limit
        The longest distance between two, in ms, that is no gap; None with fewer than two.
    gaps
        Pairs of snapshots that are further apart.
    incomplete
        Those of lists that were not complete.
    ignored
        Files that are not ours or cannot be read, with the reason.
    files, size
        How many files of ours there are, and their size in bytes.
    """

    snapshots: int
    first: str | None
    last: str | None
    limit: int | None
    gaps: list[tuple[str, str]]
    incomplete: list[str]
    ignored: list[str]
    files: int
    size: int


def check(directory: str | Path, *, timezone: str = "UTC") -> Check:
    """Read all of an archive, and return what it holds.

    Raises
    ------
    CommandError
        When the directory cannot be read, or pyarrow is not installed.
    """
    import_pyarrow()
    archive = existing_archive(directory)

    def read(opened: OpenFile) -> int:
        rows_of_file(archive, day, (COLUMNS, COLUMNS), opened)  # what is damaged shows only when it is read
        return opened.path.stat().st_size

    days, sizes = archive.days(*ROOMS), []
    for day in days:
        sizes += read_files(archive, day, read)
    moments = find_moments(archive, days)
    times = [iso(at, timezone) for at in moments.times.tolist()]
    return Check(
        len(times),
        times[0] if times else None,
        times[-1] if times else None,
        moments.limit,
        [(iso(since, timezone), iso(until, timezone)) for since, until in moments.gaps],
        [time for time, complete in zip(times, moments.complete, strict=True) if not complete],
        archive.ignored.lines,
        len(sizes),
        sum(sizes),
    )
