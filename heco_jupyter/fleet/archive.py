"""An archive of snapshots, since the API forgets: Parquet files in a directory, partitioned by date.

Files lie under `date=YYYY-MM-DD`, the day of the snapshot in UTC, in Hive's layout, so that DuckDB, Spark, Hive and
Trino read them without further preparation.

A snapshot only adds a file: it is written under a name that readers skip, flushed, and then renamed. Readers therefore
never see a partial file, even after a crash, and several writers do not conflict. `compact` merges the files of a day.
"""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from heco_jupyter.api.display.text import did_you_mean, plain, typed
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.api.model.paths import local_path
from heco_jupyter.fleet.columns import check_columns
from heco_jupyter.fleet.parquet import (
    SNAPSHOT_AT,
    check_version,
    import_pyarrow,
    snapshot_frame,
    snapshot_schema,
    snapshot_table,
    write_file,
)
from heco_jupyter.fleet.periods import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from heco_jupyter.fleet.periods import Time

_PARTITION = "date="
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def snapshot(clusters: pd.DataFrame, directory: str | Path, at: Time | None = None) -> Path:
    """Add a snapshot of a fleet to an archive.

    Parameters
    ----------
    clusters
        Clusters as `Client.list_clusters` returns them, one row per cluster, with all documented columns.
    directory
        The archive's directory; made if it does not exist.
    at
        When the fleet was like this: a date or a time, in UTC unless it has its own time zone. By default when the
        frame was fetched (`attrs["fetchedAt"]`), or now.

    Returns
    -------
    Path
        The Parquet file that was added.

    Raises
    ------
    CommandError
        When the frame lacks a column, `at` is invalid, pyarrow is not installed, or the directory cannot be written to.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import heco_jupyter
    >>> from heco_jupyter import fleet
    >>> with heco_jupyter.connect(local=True) as client:
    ...     clusters = client.list_clusters()
    >>> with TemporaryDirectory() as directory:
    ...     path = fleet.snapshot(clusters, directory, at="2026-07-01T09:00")
    >>> path.parent.name
    'date=2026-07-01'
    """
    check_columns(clusters, tuple(CLUSTER_COLUMNS))
    moment = clusters.attrs.get("fetchedAt") or datetime.now(UTC) if at is None else at
    time = parse_time(moment, "UTC", "at").tz_convert("UTC")
    name = f"snapshot-{time:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:12]}"
    folder = _folder(local_path(directory, "directory"), f"{time:%Y-%m-%d}")
    return write_file(snapshot_table(clusters, time), folder, name)


def compact(directory: str | Path, date: str | None = None) -> list[Path]:
    """Merge the files of each day into one.

    A crash loses nothing: the merged file is complete before the others are removed, and rows that are in both are read
    once. Run it while nothing else compacts this archive, and not for a day that is still written to.

    Parameters
    ----------
    directory
        The archive's directory.
    date
        Merge only this day, YYYY-MM-DD in UTC; by default every day except today.

    Returns
    -------
    list of Path
        The merged Parquet files, one per day that had several.

    Raises
    ------
    CommandError
        When the directory has no snapshots or cannot be written to, or pyarrow is not installed.

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
    ...     merged = fleet.compact(directory)
    >>> [path.parent.name for path in merged]
    ['date=2026-07-01']
    """
    if date is not None and not _DAY.fullmatch(str(date)):
        raise CommandError(f"date is {plain(repr(date), 40)}, it must be a day such as 2026-01-31")
    pa, root = import_pyarrow(), _existing_archive(directory)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    merged = []
    for day in [str(date)] if date is not None else [day for day in _days(root) if day != today]:
        files = _files(root, day)
        if len(files) < 2:  # noqa: PLR2004 (a single file is compact already)
            continue
        frame = pa.dataset.dataset(files, schema=snapshot_schema()).to_table().to_pandas(types_mapper=pd.ArrowDtype)
        # The rows of a cluster lie together, which compresses best.
        frame = frame.drop_duplicates([SNAPSHOT_AT, "id"]).sort_values(["id", SNAPSHOT_AT])
        table = pa.Table.from_pandas(frame, schema=snapshot_schema(), preserve_index=False)
        merged.append(write_file(table, _folder(root, day), f"compacted-{day}-{uuid.uuid4().hex[:12]}"))
        for file in files:
            file.unlink()
    return merged


def snapshots(
    directory: str | Path,
    since: Time | None = None,
    until: Time | None = None,
    columns: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Read the snapshots of an archive, opening only the days and columns that are asked for.

    Parameters
    ----------
    directory
        The archive's directory.
    since, until
        A date or a time, in UTC unless it has its own time zone; `until` is exclusive. By default all snapshots.
    columns
        Columns to read besides snapshotAt and id; all by default.

    Returns
    -------
    DataFrame
        One row per cluster and snapshot, sorted by snapshotAt and id: snapshotAt (datetime64[ms, UTC]), then the
        columns of a list of clusters with their types, times in UTC.

    Raises
    ------
    CommandError
        When the directory has no snapshots, their schema is newer than this package, a time is invalid, or pyarrow is
        not installed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import heco_jupyter
    >>> from heco_jupyter import fleet
    >>> with heco_jupyter.connect(local=True) as client:
    ...     clusters = client.list_clusters()
    >>> with TemporaryDirectory() as directory:
    ...     path = fleet.snapshot(clusters, directory, at="2026-07-01T09:00")
    ...     rows = fleet.snapshots(directory, columns=["nodeCnt"])
    >>> list(rows.columns)
    ['snapshotAt', 'id', 'nodeCnt']
    >>> len(rows) == len(clusters)
    True
    """
    dataset, root = import_pyarrow().dataset, _existing_archive(directory)
    first, last = _utc_text(since, "since"), _utc_text(until, "until")
    days = [day for day in _days(root) if (first or "")[:10] <= day and (last is None or day <= last[:10])]
    files = [file for day in days for file in _files(root, day)]
    for file in files[-1:]:
        check_version(file)
    chosen = [columns] if isinstance(columns, str) else [] if columns is None else list(columns)
    if unknown := [name for name in chosen if name not in (SNAPSHOT_AT, *CLUSTER_COLUMNS)]:
        raise CommandError(
            f"there is no column {plain(repr(unknown[0]), 40)}{did_you_mean(str(unknown[0]), CLUSTER_COLUMNS)}",
            hint=f"the columns are {', '.join(CLUSTER_COLUMNS)}",
        )
    wanted = None if columns is None else {SNAPSHOT_AT, "id", *chosen}
    names = [name for name in (SNAPSHOT_AT, *CLUSTER_COLUMNS) if wanted is None or name in wanted]
    condition = None if first is None else dataset.field(SNAPSHOT_AT) >= pd.Timestamp(first)
    if last is not None:
        before_last = dataset.field(SNAPSHOT_AT) < pd.Timestamp(last)
        condition = before_last if condition is None else condition & before_last
    table = dataset.dataset(files, schema=snapshot_schema(), format="parquet").to_table(names, filter=condition)
    rows = snapshot_frame(table).drop_duplicates([SNAPSHOT_AT, "id"])
    return rows.sort_values([SNAPSHOT_AT, "id"], ignore_index=True)


def _utc_text(time: Time | None, name: str) -> str | None:
    """Return a time as text in UTC, which begins with its date."""
    return None if time is None else parse_time(time, "UTC", name).tz_convert("UTC").isoformat()


def _existing_archive(directory: str | Path) -> Path:
    root = local_path(directory, "directory")
    try:
        if _days(root):
            return root
        problem = f"there are no snapshots in {plain(root, 200)}"
    except OSError as error:
        problem = f"{plain(root, 200)} cannot be read: {error.strerror or error}"
    raise CommandError(problem, hint=f"%heco snapshot {typed(plain(root, 200))} adds one")


def _days(root: Path) -> list[str]:
    return sorted(path.name.removeprefix(_PARTITION) for path in root.glob(f"{_PARTITION}*") if path.is_dir())


def _folder(root: Path, day: str) -> Path:
    return root / f"{_PARTITION}{day}"


def _files(root: Path, day: str) -> list[Path]:
    return sorted(_folder(root, day).glob("*.parquet"))
