"""An archive of snapshots, since the API forgets: Parquet files in a directory, one per snapshot, and one per past day.

A snapshot only adds a file, so several writers do not conflict. Clusters that have not terminated are in every
snapshot. A terminated one is in the first that finds it so: a writer looks which of them the archive already has, in
the row groups that hold nothing else, as far back as the API lists them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.model.checks import check_type
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS, Kind
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.api.model.paths import local_path
from heco_jupyter.fleet.clocks import as_milliseconds
from heco_jupyter.fleet.columns import check_chosen, check_columns, check_times, positions_by_id, taken, terminated_rows
from heco_jupyter.fleet.coverage import REMEMBERED
from heco_jupyter.fleet.days import ALWAYS, Span, ended_clusters, joined, read_day, read_files, rows_of_file
from heco_jupyter.fleet.folders import DAILY, RAW, ROOMS, Archive, existing_archive
from heco_jupyter.fleet.moments import asked_for, iso
from heco_jupyter.fleet.parquet import (
    COLUMNS,
    DETAILS,
    PRICES,
    SNAPSHOT_AT,
    Shot,
    clusters_table,
    import_pyarrow,
    milliseconds_of,
    snapshot_frame,
    write_rows,
)
from heco_jupyter.fleet.prices import read_prices
from heco_jupyter.fleet.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

    from heco_jupyter.fleet.folders import OpenFile
    from heco_jupyter.fleet.times import Time

_LISTED = REMEMBERED + 86_400_000  # ms; a day more, since clocks differ
_DETAILS = "details as client.list_details returns them"
_LATEST = 2  # snapshots, since two recorders may take turns
_FLAVORS = ("masterFlavorName", "workerFlavorName")
_TRIES = 5
_Ends = tuple[str, list[tuple[str, int]], tuple[Shot, ...]]
_ends: dict[Path, dict[str, _Ends]] = {}
"""What the snapshots of each archive say of terminated clusters, by name, as far as this process has read them."""


def snapshot(
    clusters: pd.DataFrame,
    directory: str | Path,
    at: Time | None = None,
    *,
    details: pd.DataFrame | None = None,
    prices: Mapping[str, float] | pd.DataFrame | str | Path | None = None,
) -> Path:
    """Add a snapshot of a fleet to an archive.

    Clusters that have not terminated are written to every snapshot, a terminated one only if the archive lacks it.

    Parameters
    ----------
    clusters
        Clusters as `Client.list_clusters` returns them without filters, one row per cluster, with all documented
        columns. One whose `attrs["complete"]` is false is marked so: nobody is missed for not being in it.
    directory
        The archive's directory; made if it does not exist.
    at
        When the fleet was like this: a date or a time, in UTC unless it has its own time zone. By default when the
        frame was fetched (`attrs["fetchedAt"]`), or now.
    details
        Details as `Client.list_details` returns them, for flavors and disks. Clusters that they lack have those of the
        latest snapshot, so that each cluster's details are needed once.
    prices
        Price per hour by flavorName, as `read_prices` reads it: what clusters cost at that time.

    Returns
    -------
    Path
        The Parquet file that was added.

    Raises
    ------
    CommandError
        When the frame lacks a column, is part of a list, or has times without a time zone; when `at`, `details` or
        `prices` are invalid, pyarrow is not installed, or the directory cannot be written to.

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
    return draft(clusters, directory, at).write(details, prices)


@dataclass(frozen=True)
class Draft:
    """A snapshot before it is written, with what the archive already knows of its clusters.

    Parameters
    ----------
    archive
        Where it goes.
    at
        Its moment, in UTC.
    clusters
        The clusters to write, each once.
    known
        Flavors and disks of the clusters in the latest snapshots.
    revived
        Clusters that the archive has as terminated, and that are not.
    total, complete
        How many clusters the list had, and whether it was certain to be whole.
    """

    archive: Archive
    at: pd.Timestamp
    clusters: pd.DataFrame
    known: pd.DataFrame
    revived: list[str]
    total: int
    complete: bool

    @property
    def lacking(self) -> list[str]:
        """The clusters, by id, whose flavors and disks the archive does not know: details are read once per cluster."""
        ids = self.clusters["id"]
        return ids[~ids.isin(self.known["id"])].tolist()

    def write(
        self,
        details: pd.DataFrame | None = None,
        prices: Mapping[str, float] | pd.DataFrame | str | Path | None = None,
    ) -> Path:
        """Write it, and return its file. The parameters are those of `snapshot`."""
        known = _with_details(self.clusters, self.known, details)
        table = clusters_table(
            self.clusters, self.at, known, _prices_of(known, {} if prices is None else read_prices(prices))
        )
        name = f"snapshot-{self.at:%Y%m%dT%H%M%S}{self.at.microsecond // 1000:03}-{uuid.uuid4().hex[:12]}"
        shot = Shot(f"{name}.parquet", as_milliseconds(self.at), self.total, self.complete, self.revived)
        is_ended = terminated_rows(self.clusters["status"])
        folder = self.archive.folder(RAW, f"{self.at:%Y-%m-%d}")
        return _write(folder, name, table.filter(~is_ended), table.filter(is_ended), shot)


def draft(clusters: pd.DataFrame, directory: str | Path, at: Time | None = None) -> Draft:
    """Return a snapshot before it is written. The parameters and errors are those of `snapshot`."""
    import_pyarrow()
    check_columns(clusters, tuple(CLUSTER_COLUMNS))
    check_times(clusters, (name for name, kind in CLUSTER_COLUMNS.items() if kind is Kind.TIME))
    if filters := clusters.attrs.get("filters"):
        raise CommandError(
            f"these clusters are only part of the list ({plain(filters, 100)}): a snapshot needs all of them",
            hint="pass client.list_clusters() without filters",
        )
    moment = clusters.attrs.get("fetchedAt") or datetime.now(UTC) if at is None else at
    time = parse_time(moment, "UTC", "at").tz_convert("UTC").as_unit("ms")
    archive = Archive(local_path(directory, "directory"))
    has_id = clusters["id"].fillna("").astype(bool)
    named = clusters[has_id].drop_duplicates("id", keep="last").reset_index(drop=True)
    is_ended = terminated_rows(named["status"])
    is_recorded = named["id"].isin(_recorded_ended(archive, as_milliseconds(time)))
    total = clusters.attrs.get("totalElements")
    return Draft(
        archive,
        time,
        named[~(is_ended & is_recorded)].reset_index(drop=True),
        _known_details(archive),
        named["id"][~is_ended & is_recorded].tolist(),
        total if isinstance(total, int) else len(clusters),
        bool(clusters.attrs.get("complete", True)) and bool(has_id.all()),
    )


def last_moment(directory: str | Path) -> datetime | None:
    """Return the moment of the latest snapshot that is a file of its own and of ours; None where there is none."""
    archive = existing_archive(directory)
    for day in reversed(archive.days(RAW)):
        span = ALWAYS.of_day(day)
        for path in reversed(archive.files(RAW, day)):
            with suppress(FileNotFoundError):
                opened = archive.open(path)
                if opened is None:
                    continue
                opened.file.close()
                if moments := [shot.at for shot in opened.facts.shots if span.since <= shot.at < span.until]:
                    return datetime.fromisoformat(iso(max(moments)))
    return None


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
        The archive's directory. One that does not exist yet, or is empty, has no rows.
    since, until
        A date or a time, in UTC unless it has its own time zone; `until` is exclusive. By default all snapshots.
    columns
        Columns to read besides snapshotAt and id; all by default.

    Returns
    -------
    DataFrame
        One row per cluster and snapshot, sorted by snapshotAt and id: snapshotAt (datetime64[ms, UTC]), the columns of
        a list of clusters with their types, times in UTC, then masterFlavorName, workerFlavorName (string),
        masterVolumeSize, workerVolumeSize (Int64, GB), masterPricePerHour, workerPricePerHour (Float64). A terminated
        cluster is in the first snapshot that found it terminated, and in none after that.

    Warns
    -----
    UserWarning
        When files were left alone, which `attrs["ignored"]` lists.

    Raises
    ------
    CommandError
        When the directory cannot be read, a time is invalid, or pyarrow is not installed.

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
    import_pyarrow()
    archive, span = existing_archive(directory), asked_for(since, until, "UTC")
    check_type(columns, Iterable | None, "columns", "the name of a column, or several")
    chosen = [columns] if isinstance(columns, str) else [] if columns is None else list(columns)
    if unknown := [name for name in chosen if name not in COLUMNS]:
        raise CommandError(
            f"there is no column {plain(repr(unknown[0]), 40)}{did_you_mean(str(unknown[0]), COLUMNS)}",
            hint=f"the columns are {', '.join(COLUMNS[1:])}",
        )
    names = [name for name in COLUMNS if columns is None or name in {SNAPSHOT_AT, "id", *chosen}]
    parts = []
    for day in archive.days(*ROOMS):
        if span.has_part_of(day):
            rows = read_day(archive, day, names, names, span)
            parts += [rows.live, rows.ended]
    archive.tell_ignored()
    frame = snapshot_frame(joined(parts, names)).sort_values([SNAPSHOT_AT, "id"], ignore_index=True)
    frame.attrs["ignored"] = archive.ignored.lines
    return frame


def _recorded_ended(archive: Archive, at: int) -> set[str]:
    """Return the clusters that an archive has as terminated, as far back as the API lists them."""
    span = Span(at - _LISTED, at + 1)
    known, ended, revived = _ends.get(archive.root.absolute(), {}), dict[str, int](), dict[str, int]()
    snapshots: dict[str, _Ends] = {}

    def read(opened: OpenFile) -> _Ends:
        return archive.name(opened.path), ended_clusters(opened), opened.facts.shots

    for day in archive.days(RAW, DAILY):
        if span.has_part_of(day):
            for name, found, shots in read_files(archive, day, read, known=known):
                ended |= {cluster: max(moment, ended.get(cluster, moment)) for cluster, moment in found}
                revived |= {
                    cluster: max(shot.at, revived.get(cluster, shot.at)) for shot in shots for cluster in shot.revived
                }
                if name.startswith(f"{RAW}/"):
                    snapshots[name] = name, found, shots
    _ends[archive.root.absolute()] = snapshots
    return {cluster for cluster, moment in ended.items() if moment > revived.get(cluster, ALWAYS.since)}


def _known_details(archive: Archive) -> pd.DataFrame:
    """Return the flavors and disks of the clusters in the latest snapshots, a row per cluster of which any is known."""
    names = (SNAPSHOT_AT, "id", *DETAILS)

    def read(opened: OpenFile) -> pa.Table:
        live, _ = rows_of_file(archive, day, (names, names), opened)
        latest = sorted(shot.at for shot in opened.facts.shots)[-_LATEST:]
        return live.filter(milliseconds_of(live[SNAPSHOT_AT]) >= latest[0]) if latest else live

    parts: list[pa.Table] = []
    for day in reversed(archive.days(RAW, DAILY)):
        parts = read_files(archive, day, read, (RAW,), last=_LATEST) or read_files(archive, day, read, (DAILY,))
        if parts:
            break
    rows = snapshot_frame(joined(parts, names))
    return rows.dropna(subset=list(DETAILS), how="all").groupby("id", as_index=False).last()


def _with_details(clusters: pd.DataFrame, known: pd.DataFrame, details: pd.DataFrame | None) -> pd.DataFrame:
    """Return flavors and disks, a row per cluster: those given, or else those that are known."""
    columns = {}
    for name in DETAILS:
        column = _matched(clusters, known, name, "known details")
        if details is not None:
            check_columns(details, ("id",), _DETAILS)
            if name in details:
                check_chosen(details, [name], "to save")
                given = _matched(clusters, details, name, _DETAILS)
                column = given.where(given.notna(), column)
        columns[name] = column.where(column.notna(), None)
    return pd.DataFrame(columns, index=clusters.index)


def _matched(clusters: pd.DataFrame, other: pd.DataFrame, name: str, expected: str) -> pd.Series:
    values = taken(other[name].to_numpy("object"), positions_by_id(clusters, other, expected))
    return pd.Series(values, clusters.index, name=name)


def _prices_of(details: pd.DataFrame, prices: Mapping[str, float]) -> pd.DataFrame:
    """Return what a node of each cluster costs per hour, by its flavor."""
    flavors = [details[name].map(lambda flavor: prices.get(str(flavor).strip())) for name in _FLAVORS]
    return pd.DataFrame(
        {name: column.to_numpy("float64", na_value=float("nan")) for name, column in zip(PRICES, flavors, strict=True)}
    )


def _write(folder: Path, name: str, live: pa.Table, ended: pa.Table, shot: Shot) -> Path:
    """Write a snapshot to a folder: whole, or not at all."""
    path, temporary = folder / f"{name}.parquet", folder / f"_{name}.tmp"
    problem = None
    for _ in range(_TRIES):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                write_rows(file, live, ended, [shot])
            temporary.replace(path)
        except FileNotFoundError as error:  # a compactor removed the empty folder, or what it took for a leftover
            problem = error.strerror or str(error)
            continue
        except OSError as error:
            problem = error.strerror or str(error)
        else:
            return path
        finally:
            with suppress(OSError):
                temporary.unlink()
        break
    raise CommandError(f"{plain(folder, 200)} cannot be written to: {plain(problem)}", hint="name another directory")
