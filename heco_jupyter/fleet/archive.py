"""What the API forgets, kept: snapshots of the fleet in Parquet files, partitioned by date, and what they tell.

Schema, version 1, one row a cluster and snapshot: `snapshotAt` (timestamp in ms, UTC), then the documented fields of a
list of clusters by their own names: text as strings, counts as 64-bit integers, flags as booleans, `createdAt` and
`runningAt` as timestamps in ms, UTC, `elapsedTime` in ms as a 64-bit integer. Files lie under `date=YYYY-MM-DD`, the
day of the snapshot in UTC, as Hive has it, so that DuckDB, Spark, Hive and Trino read them as they are. The version
stands in each file's metadata as `heco_schema`.

Files are only ever added: each is written under a name that readers ignore, flushed, and then renamed, so that a crash
leaves nothing half-written and several writers never meet. `compact` puts a day's files into one.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS, Kind
from heco_jupyter.errors import CommandError
from heco_jupyter.fleet.periods import moment
from heco_jupyter.fleet.spans import check_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from heco_jupyter.fleet.periods import Time

VERSION = "1"
_AT = "snapshotAt"
_COUNTS = ("masterCnt", "workerCnt", "nodeCnt")
_PARTITION = "date="


def snapshot(clusters: pd.DataFrame, directory: str | Path, at: Time | None = None) -> Path:
    """Append a fleet to a data set.

    Parameters
    ----------
    clusters
        As `Client.list_clusters` returns them.
    directory
        Of the data set; made if it is not there.
    at
        When the fleet was so; by default when the frame was fetched.

    Returns
    -------
    Path
        Of the file that was added.

    Raises
    ------
    CommandError
        When the frame is not one of clusters, or the directory cannot be written to.
    """
    check_columns(clusters, tuple(CLUSTER_COLUMNS))
    when = moment(at or clusters.attrs.get("fetchedAt") or datetime.now(UTC), "UTC", "at").tz_convert("UTC")
    table = _table(clusters, when)
    folder = Path(directory).expanduser() / f"{_PARTITION}{when:%Y-%m-%d}"
    return _write(table, folder, f"snapshot-{when:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:12]}")


def compact(directory: str | Path, date: str | None = None) -> list[Path]:
    """Put the files of each day into one.

    While it runs nothing is lost: the new file is there before the old ones go, and a row that is in both is read
    once by `history`. Run it when nobody else does, and not for a day that is still being written.

    Parameters
    ----------
    directory
        Of the data set.
    date
        Only this day, `YYYY-MM-DD`; by default all but today, in UTC.

    Returns
    -------
    list of Path
        The new files.
    """
    import pyarrow.dataset as ds  # noqa: PLC0415 (an extra)

    root = _existing(directory)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    days = [date] if date else [day for day in _days(root) if day != today]
    made = []
    for day in days:
        folder = root / f"{_PARTITION}{day}"
        files = sorted(folder.glob("*.parquet"))
        if len(files) < 2:  # noqa: PLR2004 (one is compact already)
            continue
        frame = ds.dataset(files, schema=_schema()).to_table().to_pandas(types_mapper=pd.ArrowDtype)
        frame = frame.drop_duplicates([_AT, "id"]).sort_values(
            ["id", _AT]
        )  # a cluster's rows together, which packs best
        table = _arrow().Table.from_pandas(frame, schema=_schema(), preserve_index=False)
        made.append(_write(table, folder, f"compacted-{day}-{uuid.uuid4().hex[:12]}"))
        for file in files:
            file.unlink()
    return made


def snapshots(
    directory: str | Path,
    since: Time | None = None,
    until: Time | None = None,
    columns: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Read snapshots back, reading only the days and the columns that are asked for.

    Parameters
    ----------
    directory
        Of the data set.
    since, until
        A date or a time, in UTC unless it says otherwise; the end is exclusive.
    columns
        All by default; `snapshotAt` and `id` always come along.

    Returns
    -------
    DataFrame
        One row a cluster and snapshot, by time: snapshotAt (datetime64[ms, UTC]), then columns as a list has them.

    Raises
    ------
    CommandError
        When there is no such data set, or it is of a newer version than this package knows.
    """
    import pyarrow.dataset as ds  # noqa: PLC0415 (an extra)

    root = _existing(directory)
    begin, end = _bound(since, "since"), _bound(until, "until")
    days = [day for day in _days(root) if (begin or "")[:10] <= day and (end is None or day <= end[:10])]
    files = [file for day in days for file in sorted((root / f"{_PARTITION}{day}").glob("*.parquet"))]
    for file in files[-1:]:
        _check_version(file)
    wanted = [name for name in (_AT, *CLUSTER_COLUMNS) if columns is None or name in {_AT, "id", *columns}]
    where = None if begin is None else ds.field(_AT) >= pd.Timestamp(begin)
    if end is not None:
        before = ds.field(_AT) < pd.Timestamp(end)
        where = before if where is None else where & before
    table = ds.dataset(files, schema=_schema(), format="parquet").to_table(columns=wanted, filter=where)
    return _frame(table).drop_duplicates([_AT, "id"]).sort_values([_AT, "id"], ignore_index=True)


def history(directory: str | Path, since: Time | None = None, until: Time | None = None) -> pd.DataFrame:
    """Tell what is known of every cluster that was ever seen.

    Parameters
    ----------
    directory, since, until
        As for `snapshots`.

    Returns
    -------
    DataFrame
        One row a cluster, by when it was created: the columns of a list as last seen, but with the counts that it had
        when it was last seen with any; firstSeen and lastSeen (datetime64[ms, UTC]); and nodeCnts, a list of (time,
        nodeCnt), one for each time that the count was found changed. It serves as `clusters` and as `history` of
        `usage`.

    Raises
    ------
    CommandError
    """
    seen = snapshots(directory, since, until)
    by_id = seen.groupby("id", sort=False)
    last = seen.loc[~seen.duplicated("id", keep="last")].set_index("id")
    counted = seen[seen["nodeCnt"].fillna(0) > 0]
    known = counted.loc[~counted.duplicated("id", keep="last")].set_index("id")
    for name in _COUNTS:
        last[name] = known[name].reindex(last.index)
    last["firstSeen"] = by_id[_AT].min()
    last["lastSeen"] = last[_AT]
    before = counted.groupby("id", sort=False)["nodeCnt"].shift().fillna(0)
    changed = counted[counted["nodeCnt"] != before]
    counts: dict[str, list[tuple[pd.Timestamp, int]]] = {}
    for key, at, count in zip(changed["id"], changed[_AT], changed["nodeCnt"], strict=True):
        counts.setdefault(key, []).append((at, int(count)))
    last["nodeCnts"] = pd.Series([counts.get(key, []) for key in last.index], index=last.index, dtype=object)
    columns = [name for name in CLUSTER_COLUMNS if name != "id"]
    told = last.reset_index()[["id", *columns, "firstSeen", "lastSeen", "nodeCnts"]]
    return told.sort_values(["createdAt", "id"], ignore_index=True)


def _arrow() -> Any:
    try:
        import pyarrow as pa  # noqa: PLC0415 (an extra)
    except ImportError:
        raise CommandError(
            "snapshots and history need pyarrow, which is not installed", hint="pip install 'heco-jupyter[fleet]'"
        ) from None
    return pa


def _schema() -> pa.Schema:
    arrow = _arrow()
    stamp = arrow.timestamp("ms", tz="UTC")
    kinds = {Kind.COUNT: arrow.int64(), Kind.FLAG: arrow.bool_(), Kind.TIME: stamp, Kind.DURATION: arrow.int64()}
    fields = [(name, kinds.get(kind, arrow.string())) for name, kind in CLUSTER_COLUMNS.items()]
    return arrow.schema([(_AT, stamp), *fields], metadata={"heco_schema": VERSION})


def _table(clusters: pd.DataFrame, when: pd.Timestamp) -> pa.Table:
    arrow, schema = _arrow(), _schema()
    columns: list[Any] = [arrow.array([when.to_pydatetime()] * len(clusters), type=schema.field(_AT).type)]
    for name, kind in CLUSTER_COLUMNS.items():
        column = clusters[name]
        if kind == Kind.DURATION:
            milliseconds = pd.Series(column.to_numpy("timedelta64[ms]").view("int64"), dtype="Int64")
            column = milliseconds.mask(column.isna().to_numpy())
        columns.append(arrow.Array.from_pandas(column, type=schema.field(name).type))
    return arrow.Table.from_arrays(columns, schema=schema)


def _frame(table: pa.Table) -> pd.DataFrame:
    """Return a table with the types of a list of clusters."""
    frame: pd.DataFrame = table.to_pandas()
    for name in frame:
        kind = CLUSTER_COLUMNS.get(str(name), Kind.TIME)
        if kind == Kind.DURATION:
            frame[name] = pd.to_timedelta(frame[name].astype("Int64"), unit="ms").astype("timedelta64[ms]")
        elif kind == Kind.TIME:
            frame[name] = frame[name].astype("datetime64[ms, UTC]")
        else:
            dtype: Any = {Kind.COUNT: "Int64", Kind.FLAG: "boolean"}.get(kind, "string")
            frame[name] = frame[name].astype(dtype)
    return frame


def _write(table: pa.Table, folder: Path, name: str) -> Path:
    _arrow()
    import pyarrow.parquet as pq  # noqa: PLC0415 (an extra)

    path, passing = folder / f"{name}.parquet", folder / f"_{name}.tmp"  # what begins so, and ends so, nobody reads
    problem = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with passing.open("wb") as file:
            pq.write_table(table, file, compression="zstd", use_dictionary=True)
            file.flush()
            os.fsync(file.fileno())
        passing.replace(path)
    except OSError as error:
        problem = error.strerror or str(error)
    finally:
        with suppress(OSError):
            passing.unlink()
    if problem:
        raise CommandError(
            f"{plain(folder, 200)} cannot be written to: {plain(problem)}", hint="name another directory"
        )
    return path


def _bound(time: Time | None, name: str) -> str | None:
    """Return a time as text that sorts by time, in UTC."""
    return None if time is None else moment(time, "UTC", name).tz_convert("UTC").isoformat()


def _existing(directory: str | Path) -> Path:
    root = Path(directory).expanduser()
    if not _days(root):
        raise CommandError(
            f"there are no snapshots in {plain(root, 200)}", hint=f"%heco snapshot {plain(directory, 200)} adds one"
        )
    return root


def _days(root: Path) -> list[str]:
    return sorted(path.name.removeprefix(_PARTITION) for path in root.glob(f"{_PARTITION}*") if path.is_dir())


def _check_version(file: Path) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415 (an extra)

    version = (pq.read_schema(file).metadata or {}).get(b"heco_schema", b"").decode()
    if version != VERSION:
        raise CommandError(
            f"{plain(file, 200)} is of schema {version or 'unknown'}, this package reads {VERSION}",
            hint="update heco-jupyter, or name another directory",
        )
