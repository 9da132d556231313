"""Usage as a SQL statement, for archives that outgrow this machine: DuckDB or Spark runs it where the files are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.model.checks import check_type
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.api.model.paths import is_address, local_path
from heco_jupyter.fleet.days import read_files
from heco_jupyter.fleet.folders import DAILY, DAY_FILE, existing_archive
from heco_jupyter.fleet.moments import asked_for
from heco_jupyter.fleet.parquet import DETAILS, PRICES, SNAPSHOT_AT, import_pyarrow, milliseconds_of
from heco_jupyter.fleet.periods import split_into_periods
from heco_jupyter.fleet.statements import DIALECTS, Question, statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from heco_jupyter.fleet.folders import OpenFile
    from heco_jupyter.fleet.periods import Periods
    from heco_jupyter.fleet.times import Time

_COLUMNS = (*CLUSTER_COLUMNS, *DETAILS, *PRICES)


def usage_sql(  # noqa: PLR0917 (as usage, and whose SQL)
    folder: str | Path,
    by: str | Sequence[str] | None = "owner",
    since: Time | None = None,
    until: Time | None = None,
    freq: str | None = None,
    engine: str = "duckdb",
    *,
    timezone: str = "UTC",
) -> str:
    """Return a SQL statement that computes the usage of an archive from its files under `daily/`.

    The result is that of `usage(history(folder), by, since, until, freq)`, for the days that `compact` has put there:
    the same columns, rows and order. Use it where an archive outgrows this machine.

    Parameters
    ----------
    folder
        The archive's directory; or where it is for the engine, such as `s3a://bucket/history`. Of a directory here, the
        files' metadata are read: which time they cover, which snapshots are incomplete, and whether there are prices.
        Of one elsewhere, `since` and `until` are needed with `freq`, every snapshot counts as complete, those without
        any cluster are not noticed, and the columns of costs are always there, empty without prices.
    by
        A column of a history to group by, or several; None for one row per period.
    since, until
        A date or a time, in `timezone` unless it has its own; `until` is exclusive. By default all the time that the
        clusters cover. Words such as 7d mean what they mean now: the statement holds moments.
    freq
        Split by the calendar: h, D, W (from Monday), M, Q, Y, or a multiple such as 6h.
    engine
        Whose SQL: duckdb (1.1 or later, without extensions for files here) or spark (3.5 or later).
    timezone
        IANA name of the calendar's time zone.

    Returns
    -------
    str
        A single SELECT, without a semicolon. Its columns are those of `usage`; `period` is a timestamp with a time
        zone, which the engine shows in that of its session, and `elapsedTime` in `by` is in ms.

    Warns
    -----
    UserWarning
        When the archive has files that are not ours, which an engine may stumble over.

    Raises
    ------
    CommandError
        When the directory has no daily files or cannot be read, a column, a time, `freq` or `engine` is unknown, or
        `since` or `until` is missing where it is needed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import duckdb
    >>> import heco_jupyter
    >>> from heco_jupyter import fleet
    >>> with heco_jupyter.connect(local=True) as client:
    ...     clusters = client.list_clusters()
    >>> with TemporaryDirectory() as directory:
    ...     for hour in (9, 10):
    ...         path = fleet.snapshot(clusters, directory, at=f"2026-07-01T{hour:02d}:00")
    ...     files = fleet.compact(directory)
    ...     table = duckdb.sql(fleet.usage_sql(directory, by="clusterType")).df()
    ...     usage = fleet.usage(fleet.history(directory), by="clusterType")
    >>> list(table["nodeHours"].round(6)) == list(usage["nodeHours"].round(6))
    True
    >>> statement = fleet.usage_sql("s3a://bucket/history", since="2026-10-01", engine="spark")
    """
    if not isinstance(engine, str) or engine not in DIALECTS:
        known = " or ".join(DIALECTS)
        raise CommandError(f"engine is {plain(repr(engine), 40)}, it must be {known}")
    dialect, columns = DIALECTS[engine], _checked_columns(by)
    span = asked_for(since, until, timezone)
    begin, end = (None if time is None else at for time, at in ((since, span.since), (until, span.until)))
    if isinstance(folder, str) and is_address(folder):
        if freq is not None and (begin is None or end is None):
            raise CommandError(
                f"the time that {plain(folder, 120)} covers is not known here", hint="with freq, pass since and until"
            )
        if not folder.isprintable():
            raise CommandError(f"folder {plain(repr(folder), 120)} holds characters that no address has")
        root, told = folder.rstrip("/"), _Told(has_prices=True)
    else:
        path = local_path(folder, "folder").absolute()
        root, told = path.as_posix(), _read_metadata(path, scans_ends=freq is not None and end is None)
        root = f"file:/{root.lstrip('/')}" if engine == "spark" else root
    if engine == "duckdb" and "\\" in root:
        raise CommandError(
            f"DuckDB does not read {plain(root, 200)}: a backslash is in its name", hint="rename the folder"
        )
    question = Question(
        by=columns,
        since=begin,
        until=end,
        periods=_periods(told, timezone, begin, end, freq),
        with_costs=told.has_prices,
        incomplete=told.incomplete,
        without_rows=told.without_rows,
    )
    return statement(question, f"{dialect.literally(root)}/{DAILY}/date=*/{DAY_FILE}", dialect)


@dataclass(frozen=True)
class _Told:
    """What the files of an archive tell without being read as a whole. Times are Unix time in ms."""

    has_prices: bool
    firsts: Sequence[int] = ()
    lasts: Sequence[int] = ()
    incomplete: Sequence[int] = ()
    without_rows: Sequence[int] = ()


def _checked_columns(by: object) -> list[str]:
    check_type(by, str | Iterable | None, "by", "the name of a column, or several")
    columns = [by] if isinstance(by, str) else [] if by is None else list(by)  # type: ignore[call-overload]
    for name in columns:
        if not isinstance(name, str) or name not in _COLUMNS:
            raise CommandError(
                f"there is no column {plain(repr(name), 40)} to group by{did_you_mean(str(name), _COLUMNS)}",
                hint=f"the columns are {', '.join(_COLUMNS)}",
            )
    return list(dict.fromkeys(columns))


def _periods(told: _Told, timezone: str, since: int | None, until: int | None, freq: str | None) -> Periods | None:
    """Return the periods of the calendar, or more of them, those without any cluster included; None without `freq`."""
    if freq is None and (since is None or until is None):
        return None
    last = max(told.lasts, default=1) if until is None else until
    first = min([*told.firsts, last - 1]) if since is None else since
    last = max(last, first + 1) if until is None else last
    begin, end = (pd.Timestamp(moment, unit="ms", tz=timezone) for moment in (first, last))
    periods = split_into_periods(begin, end, freq)  # refuses the wrong order
    return None if freq is None else periods


def _read_metadata(root: Path, *, scans_ends: bool) -> _Told:
    """Read what an archive's daily files tell.

    Raises
    ------
    CommandError
        When there are none.
    """
    import_pyarrow()
    archive = existing_archive(root)
    told = [
        found
        for day in archive.days(DAILY)
        for found in read_files(archive, day, lambda opened: _told_by(opened, scans_ends=scans_ends), (DAILY,))
    ]
    archive.tell_ignored()
    if not told:
        raise CommandError(
            f"there are no daily files in {plain(root, 200)}",
            hint="fleet.compact(folder), or %heco compact, makes one of every past day",
        )
    names = ("firsts", "lasts", "incomplete", "without_rows")
    lists = {name: [time for each in told for time in getattr(each, name)] for name in names}
    return _Told(any(each.has_prices for each in told), **lists)


def _told_by(opened: OpenFile, *, scans_ends: bool) -> _Told:
    """Return what one file tells; `lasts` hold the ends of clusters only where these are asked for."""
    shots = {shot.at for shot in opened.facts.shots}
    return _Told(
        has_prices=any(part.num_values for name in PRICES for part in _statistics(opened.file, name)),
        firsts=[part.min_raw for part in _statistics(opened.file, "runningAt") if part.has_min_max],
        lasts=[*shots, *(_last_ends(opened.file) if scans_ends else [])],
        incomplete=sorted(shots - {shot.at for shot in opened.facts.shots if shot.complete}),
        without_rows=_moments_without_rows(opened.file, shots),
    )


def _statistics(file: Any, name: str) -> list[Any]:
    """Return the statistics of a column, one per row group."""
    place, metadata = file.schema_arrow.get_field_index(name), file.metadata
    return [metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups)]


def _moments_without_rows(file: Any, moments: set[int]) -> list[int]:
    """Return the moments of snapshots that found no cluster. A few rows nearly always have all moments of a day."""
    sought = set(moments)
    for group in range(file.num_row_groups):
        if not sought:
            break
        rows = file.read_row_group(group, columns=[SNAPSHOT_AT])
        sought -= set(milliseconds_of(rows[SNAPSHOT_AT].unique()).tolist())
    return sorted(sought)


def _last_ends(file: Any) -> list[int]:
    """Return when the last cluster of each row group ended."""
    pa, ends = import_pyarrow(), []
    for group in range(file.num_row_groups):
        rows = file.read_row_group(group, columns=["runningAt", "elapsedTime"])
        last = pa.compute.max(pa.compute.add(rows["runningAt"].cast(pa.int64()), rows["elapsedTime"])).as_py()
        ends += [] if last is None else [last]
    return ends
