"""Snapshots as Parquet files: their schema, and how a frame of clusters becomes a file and comes back.

Schema, version 1, one row per cluster and snapshot: `snapshotAt` (timestamp in ms, UTC), then the documented fields of
a list of clusters by their own names: text as strings, counts as 64-bit integers, flags as booleans, `createdAt` and
`runningAt` as timestamps in ms, UTC, `elapsedTime` in ms as a 64-bit integer. The file's metadata has the version as
`heco_schema`.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pandas as pd

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS, Kind
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.fleet.columns import duration_milliseconds

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

SNAPSHOT_AT = "snapshotAt"
VERSION = "1"
_VERSION_KEY = "heco_schema"


def import_pyarrow() -> Any:
    """Return the package pyarrow, with its `dataset` and `parquet` modules imported.

    Raises
    ------
    CommandError
        When it is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 (an extra)
        import pyarrow.dataset  # noqa: PLC0415
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError:
        raise CommandError(
            "snapshots and history need pyarrow, which is not installed", hint="pip install 'heco-jupyter[fleet]'"
        ) from None
    return pa


def snapshot_schema() -> pa.Schema:
    """Return the schema of snapshots, with its version as metadata."""
    pa = import_pyarrow()
    timestamp = pa.timestamp("ms", tz="UTC")
    types = {Kind.COUNT: pa.int64(), Kind.FLAG: pa.bool_(), Kind.TIME: timestamp, Kind.DURATION: pa.int64()}
    fields = [(name, types.get(kind, pa.string())) for name, kind in CLUSTER_COLUMNS.items()]
    return pa.schema([(SNAPSHOT_AT, timestamp), *fields], metadata={_VERSION_KEY: VERSION})


def check_version(file: Path) -> None:
    """Check that a file has the version of the schema that this package reads.

    Raises
    ------
    CommandError
        When it has another version.
    """
    metadata = import_pyarrow().parquet.read_schema(file).metadata or {}
    version = metadata.get(_VERSION_KEY.encode(), b"").decode()
    if version != VERSION:
        raise CommandError(
            f"{plain(file, 200)} has schema {version or 'unknown'}, this package reads schema {VERSION}",
            hint="update heco-jupyter, or name another directory",
        )


def snapshot_table(clusters: pd.DataFrame, at: pd.Timestamp) -> pa.Table:
    """Return a frame of clusters as an Arrow table with the schema of snapshots."""
    pa, schema = import_pyarrow(), snapshot_schema()
    columns: list[Any] = [pa.array([at.to_pydatetime()] * len(clusters), type=schema.field(SNAPSHOT_AT).type)]
    for name, kind in CLUSTER_COLUMNS.items():
        column = clusters[name]
        if kind == Kind.DURATION:
            milliseconds = pd.Series(duration_milliseconds(column), dtype="Int64")
            column = milliseconds.mask(column.isna().to_numpy())
        columns.append(_as_arrow(column, schema.field(name).type))
    return pa.Table.from_arrays(columns, schema=schema)


def _as_arrow(column: pd.Series, kind: pa.DataType) -> pa.Array:
    pa = import_pyarrow()
    try:
        return pa.Array.from_pandas(column, type=kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        problem = f"the column {column.name} cannot be saved as {kind}: {plain(error, 120)}"
    raise CommandError(problem, hint="pass clusters as %heco list returns them")


def snapshot_frame(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table of snapshots as a frame with the column types of a list of clusters."""
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


def write_file(table: pa.Table, folder: Path, name: str) -> Path:
    """Write a table as `name.parquet` in `folder`: whole, or not at all.

    Parameters
    ----------
    table
        The table to write.
    folder
        Made if it does not exist.
    name
        The file's name without `.parquet`; no other file may have it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CommandError
        When the folder cannot be written to.
    """
    parquet = import_pyarrow().parquet
    path = folder / f"{name}.parquet"
    temporary = folder / f"_{name}.tmp"  # readers skip names that begin with _ or do not end in .parquet
    problem = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            parquet.write_table(table, file, compression="zstd", use_dictionary=True)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        problem = error.strerror or str(error)
    finally:
        with suppress(OSError):
            temporary.unlink()
    if problem:
        raise CommandError(
            f"{plain(folder, 200)} cannot be written to: {plain(problem)}", hint="name another directory"
        )
    return path
