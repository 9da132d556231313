"""Snapshots as Parquet files: their schema, their metadata, and how a frame of clusters becomes a table and comes back.

Schema, version 2, one row per cluster and snapshot: `snapshotAt` (timestamp in ms, UTC); the documented fields of a
list of clusters by their own names: text as strings, counts as 64-bit integers, flags as booleans, `createdAt` and
`runningAt` as timestamps in ms, UTC, `elapsedTime` in ms as a 64-bit integer; `masterFlavorName` and
`workerFlavorName` (strings), `masterVolumeSize` and `workerVolumeSize` (GB, 64-bit integers), and `masterPricePerHour`
and `workerPricePerHour` (64-bit floats). Version 1 has the fields of a list alone.

Rows of terminated clusters come last, in row groups of their own, so that a writer finds out quickly which of them an
archive has already. The file's metadata: `heco_schema`, the version; `heco_ended`, how many rows those are;
`heco_snapshots`, a JSON list with the snapshots in the file, each with its raw file's name, its moment (Unix ms), how
many clusters the list had, whether it was complete, and which clusters came back from the dead.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS, Kind
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.api.model.status import Status
from heco_jupyter.fleet.columns import NOT_A_TIME, duration_milliseconds, unix_milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from heco_jupyter.fleet.columns import Integers

SNAPSHOT_AT = "snapshotAt"
DETAILS = {
    "masterFlavorName": Kind.TEXT,
    "workerFlavorName": Kind.TEXT,
    "masterVolumeSize": Kind.COUNT,
    "workerVolumeSize": Kind.COUNT,
}
PRICES = ("masterPricePerHour", "workerPricePerHour")
COLUMNS = (SNAPSHOT_AT, *CLUSTER_COLUMNS, *DETAILS, *PRICES)
VERSION = "2"
_KINDS = {SNAPSHOT_AT: Kind.TIME, **CLUSTER_COLUMNS, **DETAILS}
TEXTS = [name for name, kind in _KINDS.items() if kind is Kind.TEXT]
_VERSION_KEY, _ENDED_KEY, _SNAPSHOTS_KEY = b"heco_schema", b"heco_ended", b"heco_snapshots"
_GROUP_ROWS = 262_144  # what a reader decodes at once
_ZSTD_LEVEL = 3  # a tenth smaller than by default, and no slower to write


@dataclass(frozen=True)
class Shot:
    """What the metadata of a file tell about one snapshot.

    Parameters
    ----------
    file
        Name of the raw file that the snapshot was written to.
    at
        Its moment, Unix time in ms.
    total
        How many clusters the list had.
    complete
        Whether the list was complete.
    revived
        Clusters in it that the archive had as terminated, which an API should never show.
    """

    file: str
    at: int
    total: int
    complete: bool
    revived: Sequence[str] = ()


@dataclass(frozen=True)
class FileFacts:
    """What the metadata of a file of ours tell.

    Parameters
    ----------
    version
        The version of its schema.
    shots
        Its snapshots; none for version 1, which does not tell them.
    ended
        How many rows, at its end, are those of terminated clusters; 0 for version 1, which mixes them.
    """

    version: str
    shots: tuple[Shot, ...]
    ended: int


def import_pyarrow() -> Any:
    """Return the package pyarrow, with its `compute` and `parquet` modules imported.

    Raises
    ------
    CommandError
        When it is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 (an extra)
        import pyarrow.compute  # noqa: PLC0415
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError:
        raise CommandError(
            "snapshots and history need pyarrow, which is not installed", hint="pip install 'heco-jupyter[fleet]'"
        ) from None
    return pa


def snapshot_schema(version: str = VERSION) -> pa.Schema:
    """Return the schema of snapshots."""
    pa = import_pyarrow()
    types = {Kind.COUNT: pa.int64(), Kind.FLAG: pa.bool_(), Kind.TIME: pa.timestamp("ms", "UTC")}
    types |= {Kind.DURATION: pa.int64(), Kind.TEXT: pa.string()}
    names = COLUMNS if version == VERSION else (SNAPSHOT_AT, *CLUSTER_COLUMNS)
    return pa.schema([(name, types[_KINDS[name]] if name in _KINDS else pa.float64()) for name in names])


def file_facts(file: Any) -> FileFacts:
    """Return what the metadata of an opened `ParquetFile` tell.

    Raises
    ------
    ValueError
        When the file is not one of ours; it says why, in words that follow the file's name and a colon.
    """
    metadata = file.metadata.metadata or {}
    version = metadata.get(_VERSION_KEY, b"").decode("utf-8", "replace")
    if not version:
        raise ValueError("not written by heco-jupyter")
    if version not in ("1", VERSION):
        raise ValueError(f"has schema {plain(version, 20)}, this heco-jupyter reads up to {VERSION}: update it")
    found = file.schema_arrow
    for field in snapshot_schema(version):
        place = found.get_field_index(field.name)
        kind = found.field(place).type if place >= 0 else None
        if field.type not in (kind, getattr(kind, "value_type", None)):
            raise ValueError(f"has no column {field.name} of schema {version}")
    if version != VERSION:
        return FileFacts(version, (), 0)
    try:
        shots = tuple(Shot(**shot) for shot in json.loads(metadata[_SNAPSHOTS_KEY]))
        facts = FileFacts(version, shots, int(metadata[_ENDED_KEY]))
        if all(
            type(shot.at) is int and type(shot.file) is str and all(type(cluster) is str for cluster in shot.revived)
            for shot in shots
        ):
            return facts
    except (KeyError, TypeError, ValueError):
        pass
    raise ValueError("its metadata cannot be read")


def terminated_clusters(column: pa.ChunkedArray) -> pa.Array:
    """Return which entries of a column of statuses mean terminated."""
    pa = import_pyarrow()
    statuses = pa.compute.unique(column).to_pylist()
    ended = [status for status in statuses if status is not None and Status(status).is_terminated]
    return pa.compute.is_in(column, value_set=pa.array(ended, pa.string()))


def clusters_table(clusters: pd.DataFrame, at: pd.Timestamp, details: pd.DataFrame, prices: pd.DataFrame) -> pa.Table:
    """Return a snapshot as an Arrow table.

    Parameters
    ----------
    clusters
        Clusters as `Client.list_clusters` returns them.
    at
        The moment.
    details, prices
        The columns of `DETAILS` and of `PRICES`, a row per row of `clusters`.

    Raises
    ------
    CommandError
        When a column holds something else than it should.
    """
    pa, schema = import_pyarrow(), snapshot_schema()
    columns: list[Any] = [pa.array([at.to_pydatetime()] * len(clusters), type=schema.field(SNAPSHOT_AT).type)]
    for name in COLUMNS[1:]:
        column = (clusters if name in CLUSTER_COLUMNS else details if name in DETAILS else prices)[name]
        kind = _KINDS.get(name)
        if kind is Kind.TIME:
            column = _with_missing(unix_milliseconds(column), name)
        elif kind is Kind.DURATION:
            column = _with_missing(duration_milliseconds(column), name)
        columns.append(_as_arrow(column, schema.field(name).type))
    return pa.Table.from_arrays(columns, schema=schema)


def _with_missing(milliseconds: Integers, name: str) -> pd.Series:
    return pd.Series(milliseconds, dtype="Int64", name=name).mask(milliseconds == NOT_A_TIME)


def _as_arrow(column: pd.Series, kind: pa.DataType) -> pa.Array:
    pa = import_pyarrow()
    try:
        # Milliseconds become timestamps by a cast.
        return pa.Array.from_pandas(column, type=pa.int64() if pa.types.is_timestamp(kind) else kind).cast(kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        problem = f"the column {column.name} cannot be saved as {kind}: {plain(error, 120)}"
    raise CommandError(problem, hint="pass clusters as %heco list returns them")


def snapshot_frame(table: pa.Table, timezone: str = "UTC") -> pd.DataFrame:
    """Return an Arrow table of snapshots as a frame with the column types of a list of clusters."""
    schema = snapshot_schema()
    plain_types = import_pyarrow().schema([schema.field(name) for name in table.column_names])
    frame: pd.DataFrame = table.cast(plain_types).to_pandas()
    for name in frame:
        kind = _KINDS.get(str(name))
        if kind == Kind.DURATION:
            milliseconds = frame[name].astype("Int64").to_numpy("int64", na_value=NOT_A_TIME)
            frame[name] = milliseconds.view("timedelta64[ms]")
        elif kind == Kind.TIME:
            frame[name] = frame[name].astype("datetime64[ms, UTC]").dt.tz_convert(timezone)
        else:
            dtypes: dict[Any, Any] = {Kind.COUNT: "Int64", Kind.FLAG: "boolean", Kind.TEXT: "string"}
            frame[name] = frame[name].astype(dtypes.get(kind, "Float64"))
    return frame


def write_rows(file: IO[bytes], live: pa.Table, ended: pa.Table, shots: Sequence[Shot]) -> None:
    """Write rows to an empty file, and wait until the disk has them.

    Parameters
    ----------
    file
        The file, opened.
    live, ended
        The rows of clusters, and those of terminated clusters.
    shots
        The snapshots that they are from.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    metadata = {
        _VERSION_KEY: VERSION.encode(),
        _ENDED_KEY: str(ended.num_rows).encode(),
        _SNAPSHOTS_KEY: json.dumps([asdict(shot) for shot in shots]).encode(),
    }
    schema = snapshot_schema()
    options = {"compression": "zstd", "compression_level": _ZSTD_LEVEL}
    with import_pyarrow().parquet.ParquetWriter(file, schema.with_metadata(metadata), **options) as writer:
        for table in (live, ended):
            for start in range(0, table.num_rows, _GROUP_ROWS):
                # In slices, since a cast makes texts of the dictionaries that they were read as.
                part = table.slice(start, _GROUP_ROWS).select(schema.names).cast(schema)
                writer.write_table(part, row_group_size=_GROUP_ROWS)
    file.flush()
    os.fsync(file.fileno())


def milliseconds_of(column: pa.ChunkedArray) -> Integers:
    """Return a column of timestamps as Unix time in ms."""
    pa = import_pyarrow()
    return np.asarray(column.cast(pa.int64()).to_numpy())
