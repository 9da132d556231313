"""Reading an archive day by day: every row of a day once, whatever files of it there are and whoever compacts it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.fleet.folders import DAILY, RAW, ROOMS
from heco_jupyter.fleet.parquet import (
    SNAPSHOT_AT,
    TEXTS,
    VERSION,
    import_pyarrow,
    milliseconds_of,
    snapshot_schema,
    terminated_clusters,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    import pyarrow as pa

    from heco_jupyter.fleet.columns import Integers
    from heco_jupyter.fleet.folders import Archive, OpenFile

    Read = TypeVar("Read")

KEYS = (SNAPSHOT_AT, "id", "nodeCnt")
"""What every reading of rows needs, to tell which are doubles."""
_DAY = 86_400_000  # ms
_EPOCH = date(1970, 1, 1).toordinal()
_TRIES = 20


@dataclass(frozen=True)
class Span:
    """A stretch of time, in Unix ms; the end is exclusive."""

    since: int
    until: int

    def of_day(self, day: str) -> Span:
        """Return the part of it that is in a day, by its date in UTC."""
        midnight = _DAY * (date.fromisoformat(day).toordinal() - _EPOCH)
        return Span(max(self.since, midnight), min(self.until, midnight + _DAY))

    def has_part_of(self, day: str) -> bool:
        """Return whether it has a moment in common with a day."""
        part = self.of_day(day)
        return part.since < part.until


ALWAYS = Span(-(2**62), 2**62)


def day_of(moment: int) -> str:
    """Return the date of a moment, in UTC."""
    return date.fromordinal(moment // _DAY + _EPOCH).isoformat()


@dataclass(frozen=True)
class Rows:
    """Rows of an archive: those of clusters, ordered by cluster and moment, and those of terminated clusters."""

    live: pa.Table
    ended: pa.Table


def read_files(
    archive: Archive,
    day: str,
    read: Callable[[OpenFile], Read],
    rooms: Collection[str] = ROOMS,
    *,
    last: int = 0,
    known: Mapping[str, Read] | None = None,
) -> list[Read]:
    """Read each file of a day: the daily one, those of snapshots that it lacks, and those of the first version.

    Parameters
    ----------
    archive
        The archive; what is not ours is noted there.
    day
        A date.
    read
        Called with each file. It may run again from the first file.
    rooms
        Where to look.
    last
        Only so many of the latest snapshots; 0 for all.
    known
        What `read` has returned for snapshots before, by their name within the archive: these files never change.

    Returns
    -------
    list
        What `read` returned, without files that it could not read, which are noted.
    """
    pa = import_pyarrow()
    for _ in range(_TRIES):
        # All listed before the daily file is opened: what that one lacks cannot have been removed.
        listed = {room: archive.files(room, day) for room in rooms}
        snapshots = listed.get(RAW, [])[-last:]
        results: list[Read] = []
        held: set[str] = set()
        try:
            for path in [*listed.get(DAILY, []), *snapshots, *listed.get("", [])]:
                if path.name in held:
                    continue
                if known and archive.name(path) in known:
                    results.append(known[archive.name(path)])
                    continue
                if (opened := archive.open(path)) is None:
                    continue
                with closing(opened.file):
                    try:
                        results.append(read(opened))
                    except (pa.ArrowException, OSError, UnicodeDecodeError):
                        archive.leave_unreadable(path)
                        continue
                if path.parent == archive.folder(DAILY, day):
                    held = {shot.file for shot in opened.facts.shots}
        except FileNotFoundError:  # a compactor removed it meanwhile: the daily file has it
            continue
        return results
    raise CommandError(f"the files of {day} in {plain(archive.root, 200)} keep changing", hint="try again")


def read_day(archive: Archive, day: str, live: Iterable[str], ended: Iterable[str], span: Span = ALWAYS) -> Rows:
    """Read the rows of a day, each cluster and moment once.

    Parameters
    ----------
    archive
        The archive; files and rows that are left alone are noted there.
    day
        A date.
    live, ended
        The columns to read of clusters, and of terminated ones, besides `KEYS`.
    span
        Only the rows in this stretch of time.
    """
    columns = [dict.fromkeys((*KEYS, *names)) for names in (live, ended)]

    def read(opened: OpenFile) -> list[pa.Table]:
        shots = opened.facts.shots
        if shots and not any(span.since <= shot.at < span.until for shot in shots):
            return []
        return rows_of_file(archive, day, columns, opened)

    rows = each_once([tables for tables in read_files(archive, day, read) if tables], columns)
    part = span.of_day(day)
    return Rows(_within(rows.live, part)[0], _within(rows.ended, part)[0])


def each_once(parts: Sequence[Sequence[pa.Table]], columns: Sequence[Iterable[str]]) -> Rows:
    """Return what `rows_of_file` returned for several files, with each cluster and moment once."""
    live, ended = (joined([part[place] for part in parts], names) for place, names in enumerate(columns))
    return Rows(_in_order(_without(live, ended) if len(parts) > 1 else live), _in_order(ended))


def rows_of_file(archive: Archive, day: str, columns: Sequence[Iterable[str]], opened: OpenFile) -> list[pa.Table]:
    """Return the rows of one file, those of terminated clusters apart; rows of nonsense are left out, and noted.

    Raises
    ------
    ArrowException, OSError
        When the file is damaged.
    """
    file = opened.file
    if opened.facts.version == VERSION:
        first, groups = _first_group_of_ended(opened), file.num_row_groups
        tables = [
            file.read_row_groups(list(chosen), columns=list(names))
            for chosen, names in zip((range(first), range(first, groups)), columns, strict=True)
        ]
    else:
        table = _with_dictionaries(file.read())
        is_ended = terminated_clusters(table["status"])
        present = [[name for name in names if name in table.column_names] for names in columns]
        pa = import_pyarrow()
        tables = [
            table.filter(pa.compute.invert(is_ended)).select(present[0]),
            table.filter(is_ended).select(present[1]),
        ]
    for column in (column for table in tables for column in table.columns):
        if isinstance(column.type, import_pyarrow().DictionaryType):
            _texts(column).validate(full=True)  # bytes that are no text would fail whoever shows them
    sane, strange = [], 0
    bounds = ALWAYS.of_day(day)
    for table in tables:
        kept, dropped = _within(table, bounds)
        sane.append(kept)
        strange += dropped
    if strange:
        archive.leave_rows(opened.path, strange)
    return sane


def _with_dictionaries(table: pa.Table) -> pa.Table:
    """Return a table with its texts as dictionaries, as files of the current version are read."""
    for place, name in enumerate(table.column_names):
        if name in TEXTS and not isinstance(table[name].type, import_pyarrow().DictionaryType):
            table = table.set_column(place, name, table[name].dictionary_encode())
    return table


def ended_clusters(opened: OpenFile) -> list[tuple[str, int]]:
    """Return the terminated clusters in a file of ours, each with a moment that showed it so."""
    groups = range(_first_group_of_ended(opened), opened.file.num_row_groups)
    return _pairs(opened.file.read_row_groups(list(groups), columns=[SNAPSHOT_AT, "id"]).drop_null())


def _first_group_of_ended(opened: OpenFile) -> int:
    """Return the first row group with rows of terminated clusters."""
    rows, group = opened.facts.ended, int(opened.file.num_row_groups)
    while rows > 0 and group > 0:
        group -= 1
        rows -= opened.file.metadata.row_group(group).num_rows
    return group


def _within(table: pa.Table, span: Span) -> tuple[pa.Table, int]:
    """Return the rows that have an id and a moment in a stretch of time, and how many others there are."""
    if not table.num_rows:
        return table, 0
    pa = import_pyarrow()
    at, ids = table[SNAPSHOT_AT], table["id"]
    ends = pa.compute.min_max(at.cast(pa.int64()))
    first, last = ends["min"].as_py(), ends["max"].as_py()
    is_empty = pa.compute.equal(pa.compute.utf8_length(_texts(ids)), 0)
    has_strange_ids = ids.null_count or pa.compute.any(is_empty).as_py()
    if not at.null_count and not has_strange_ids and span.since <= first and last < span.until:
        return table, 0
    moments = at.cast(pa.int64())
    good = pa.compute.and_(
        pa.compute.greater_equal(moments, span.since),
        pa.compute.less(moments, span.until),
    )
    named = pa.compute.greater(pa.compute.utf8_length(ids.cast(pa.string())), 0)
    kept = table.filter(pa.compute.and_(good, named))
    return kept, table.num_rows - kept.num_rows


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the distinct texts of a column of texts, or more of them."""
    pa = import_pyarrow()
    return pa.chunked_array([chunk.dictionary for chunk in column.chunks], pa.string())


def joined(tables: Sequence[pa.Table], columns: Iterable[str]) -> pa.Table:
    """Return tables as one, with all of the columns; texts as dictionaries, one for the whole table."""
    pa, schema = import_pyarrow(), snapshot_schema()
    types = {name: schema.field(name).type for name in columns}
    types |= {name: pa.dictionary(pa.int32(), pa.string()) for name in types if name in TEXTS}
    whole = pa.schema(list(types.items()))
    parts = [whole.empty_table()]
    for table in tables:
        lacking = [name for name in types if name not in table.column_names]
        for name in lacking:
            table = table.append_column(name, pa.nulls(table.num_rows, types[name]))  # noqa: PLW2901
        parts.append(table.select(list(types)).cast(whole))
    return pa.concat_tables(parts).unify_dictionaries().combine_chunks()


def ids_of(table: pa.Table) -> tuple[Integers, list[str]]:
    """Return the ids of a table's rows: which text each is, and the texts."""
    column = table["id"].combine_chunks()
    return np.asarray(column.indices.to_numpy(), "int64"), column.dictionary.to_pylist()


def _in_order(table: pa.Table) -> pa.Table:
    """Return the rows by cluster and moment, each once: of doubles the one with the most nodes, or the first."""
    codes, moments = ids_of(table)[0], milliseconds_of(table[SNAPSHOT_AT])
    same = codes[1:] == codes[:-1]
    stretches = np.count_nonzero(~same) + min(1, len(codes))
    lie_together = stretches == np.count_nonzero(np.bincount(codes))
    if lie_together and (moments[1:] > moments[:-1])[same].all():
        return table
    nodes = table["nodeCnt"].fill_null(0).to_numpy()
    order = np.lexsort((-nodes, moments, codes))
    codes, moments = codes[order], moments[order]
    is_double = np.r_[False, (codes[1:] == codes[:-1]) & (moments[1:] == moments[:-1])]
    return table.take(order[~is_double])


def _without(table: pa.Table, other: pa.Table) -> pa.Table:
    """Return the rows of a table whose cluster and moment another one lacks."""
    if not table.num_rows or not other.num_rows:
        return table
    pa = import_pyarrow()
    moments = other[SNAPSHOT_AT]
    places = np.flatnonzero(pa.compute.is_in(table[SNAPSHOT_AT], value_set=moments).to_numpy())
    suspects = table.take(places)
    known = set(_pairs(other))
    doubles = [place for place, pair in zip(places, _pairs(suspects), strict=True) if pair in known]
    return table.filter(~np.isin(np.arange(table.num_rows), doubles)) if doubles else table


def _pairs(table: pa.Table) -> list[tuple[str, int]]:
    """Return the cluster and the moment of each row."""
    return list(zip(table["id"].to_pylist(), milliseconds_of(table[SNAPSHOT_AT]).tolist(), strict=True))
