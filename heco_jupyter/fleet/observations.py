"""What the snapshots of an archive say about each cluster: how it was last seen, and runs of equal counts."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.model.columns import CLUSTER_COLUMNS
from heco_jupyter.fleet.columns import NOT_A_TIME
from heco_jupyter.fleet.days import ALWAYS, Span, day_of, joined, read_day
from heco_jupyter.fleet.folders import ROOMS, existing_archive
from heco_jupyter.fleet.moments import asked_for, find_moments, iso
from heco_jupyter.fleet.parquet import (
    COLUMNS,
    DETAILS,
    PRICES,
    SNAPSHOT_AT,
    TEXTS,
    import_pyarrow,
    milliseconds_of,
    snapshot_frame,
)
from heco_jupyter.fleet.runs import RUN_COUNTS
from heco_jupyter.fleet.sightings import LIVE_COLUMNS, Sightings

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from heco_jupyter.fleet.columns import Integers
    from heco_jupyter.fleet.folders import Archive
    from heco_jupyter.fleet.moments import Moments
    from heco_jupyter.fleet.times import Time

_LAST = COLUMNS[1:]
_DAYS_AROUND = 7  # to look at, besides those that are asked for, for how far apart snapshots usually are


def history(
    directory: str | Path, since: Time | None = None, until: Time | None = None, *, timezone: str = "UTC"
) -> pd.DataFrame:
    """Return what an archive knows about every cluster in its snapshots.

    It reads a day at a time, and only the days that are asked for.

    Parameters
    ----------
    directory
        The archive's directory. One that does not exist yet, or is empty, is an empty history.
    since, until
        Use only the snapshots between these: a date, a time or words such as 2026-10, today or 7d, in `timezone` unless
        it has its own; `until` is exclusive.
    timezone
        IANA name of the time zone of all times in the result.

    Returns
    -------
    DataFrame
        One row per cluster, sorted by createdAt and id. Pass it to `usage` as `history`, or as `clusters`. Its columns:

        - the columns of a list of clusters, with their types, as last seen; masterCnt, workerCnt and nodeCnt are those
          of the last snapshot that saw the cluster with any nodes
        - masterFlavorName, workerFlavorName, masterVolumeSize, workerVolumeSize (GB), masterPricePerHour,
          workerPricePerHour (Float64): last known
        - firstSeen, lastSeen: the first and the last snapshot with the cluster
        - missedAt: the first complete snapshot after that without it, unless it was seen terminated
        - nodeCnts (object): a list of (time, nodeCnt) pairs, one per snapshot that found a new node count
        - runs (object): an array per cluster, in order of time, of stretches in which all snapshots saw the same: since
          and until (Unix ms of the first and the last of these), masters, workers, nodes, masterPrice and workerPrice
          (NaN where unknown or 0)

        Its `attrs` hold fetchedAt and knownFrom (the last and the first snapshot, text), gaps (pairs of texts:
        snapshots further apart than limit), limit (ms: twice the usual distance of two snapshots), snapshots and
        incomplete (how many), ignored (files that are not ours or cannot be read, with the reason) and timezone.

    Warns
    -----
    UserWarning
        When files were left alone.

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
    ...     seen = fleet.history(directory)
    >>> seen.loc[seen["name"] == "etl-nightly", "lastSeen"].max()
    Timestamp('2026-07-01 09:00:00+0000', tz='UTC')
    >>> node_hours = fleet.usage(clusters, history=seen)["nodeHours"]
    """
    import_pyarrow()
    return _history_of(existing_archive(directory), asked_for(since, until, timezone), timezone)


def history_around(
    directory: str | Path, since: Time | None = None, until: Time | None = None, *, timezone: str = "UTC"
) -> pd.DataFrame:
    """Return the history that the usage between two times needs: with the snapshot before, and the one after.

    What ran at `since` is then known from there on, and what ran until `until` up to there. Parameters and result are
    those of `history`.
    """
    import_pyarrow()
    archive, span = existing_archive(directory), asked_for(since, until, timezone)
    days = archive.days(*ROOMS)
    earlier = (find_moments(archive, [day]).times for day in reversed(days) if ALWAYS.of_day(day).since < span.since)
    later = (find_moments(archive, [day]).times for day in days if ALWAYS.of_day(day).until > span.until)
    before = next((at[at < span.since].max() for at in earlier if (at < span.since).any()), span.since)
    after = next((at[at >= span.until].min() + 1 for at in later if (at >= span.until).any()), span.until)
    return _history_of(archive, Span(int(before), int(after)), timezone)


def _history_of(archive: Archive, span: Span, timezone: str) -> pd.DataFrame:
    days = archive.days(*ROOMS)
    asked = [place for place, day in enumerate(days) if span.has_part_of(day)]
    near = days[max(0, asked[0] - _DAYS_AROUND) : asked[-1] + _DAYS_AROUND + 1] if asked else []
    days = [days[place] for place in asked]
    left_alone = None
    # A file that turns out to be damaged takes its moments with it.
    while left_alone != (left_alone := len(archive.ignored.files) + len(archive.ignored.rows)):
        moments = find_moments(archive, near).within(span)
        seen, last = _collect(archive, days, moments, span)
    archive.tell_ignored(depth=4)
    clusters = _assemble(seen, last, moments, timezone)
    clusters.attrs = {**told_of(moments, timezone), "ignored": archive.ignored.lines, "timezone": timezone}
    return clusters


def told_of(moments: Moments, timezone: str) -> dict[Hashable | None, Any]:
    """Return the `attrs` that tell when snapshots were taken."""
    return {
        "fetchedAt": iso(int(moments.times[-1]), timezone) if len(moments.times) else None,
        "knownFrom": iso(int(moments.times[0]), timezone) if len(moments.times) else None,
        "gaps": [(iso(since, timezone), iso(until, timezone)) for since, until in moments.gaps],
        "limit": moments.limit,
        "snapshots": len(moments.times),
        "incomplete": int((~moments.complete).sum()),
    }


def _collect(archive: Archive, days: Sequence[str], moments: Moments, span: Span) -> tuple[Sightings, pa.Table]:
    """Return what all snapshots show of each cluster, and its last row, or several."""
    seen = Sightings(moments)
    rows = []
    for day in days:
        read = read_day(archive, day, LIVE_COLUMNS, _LAST, span)
        seen.add_live(read.live)
        seen.add_ended(read.ended)
        rows.append(read.ended)
    # Most columns are needed of last rows alone, which nearly all lie in the last day.
    sought = seen.last != seen.ended
    wanted = {day_of(moment) for moment in np.unique(seen.last[sought]).tolist()}
    for day in (day for day in days if day in wanted):
        table = read_day(archive, day, _LAST, (), span).live
        numbers, at = seen.numbers_of(table), milliseconds_of(table[SNAPSHOT_AT])
        rows.append(table.filter((numbers >= 0) & sought[numbers] & (seen.last[numbers] == at)) if len(at) else table)
    return seen, joined(rows, (SNAPSHOT_AT, *_LAST))


def _assemble(seen: Sightings, last: pa.Table, moments: Moments, timezone: str) -> pd.DataFrame:
    """Return the frame that `history` documents."""
    rows = snapshot_frame(last, timezone).sort_values(SNAPSHOT_AT, kind="stable")
    clusters = rows.drop_duplicates("id", keep="last").set_index("id").reindex(pd.Index(seen.ids, dtype="string"))
    numbers, runs = seen.runs()
    with_nodes = np.flatnonzero(~np.isnan(runs["nodes"]))
    lasts = with_nodes[np.r_[np.diff(numbers[with_nodes]) != 0, True][: len(with_nodes)]]
    for field, name in RUN_COUNTS.items():
        counts = np.full(len(clusters), np.nan)
        counts[numbers[lasts]] = runs[field][lasts]
        clusters[name] = pd.array(counts, dtype="Float64").astype("Int64")
    for name, values in seen.details.items():
        dtype = "string" if name in TEXTS else "Int64" if name in DETAILS else "Float64"
        clusters[name] = pd.array([pd.NA if value is None else value for value in values], dtype=dtype)  # type: ignore[call-overload]
    clusters["firstSeen"] = _times(seen.first, timezone)
    clusters["lastSeen"] = _times(seen.last, timezone)
    missed = np.where(seen.ended > ALWAYS.since, ALWAYS.until, moments.next_complete(seen.last))
    clusters["missedAt"] = _times(missed, timezone)
    pairs = _count_changes(numbers[with_nodes], runs[with_nodes], timezone)
    clusters["nodeCnts"] = _objects([pairs.get(number, []) for number in range(len(clusters))])
    bounds = np.searchsorted(numbers, np.arange(len(clusters) + 1))
    clusters["runs"] = _objects([runs[since:until] for since, until in pairwise(bounds.tolist())])
    ordered = clusters.rename_axis("id").reset_index().sort_values(["createdAt", "id"], ignore_index=True)
    return ordered[[*CLUSTER_COLUMNS, *DETAILS, *PRICES, "firstSeen", "lastSeen", "missedAt", "nodeCnts", "runs"]]


def _times(moments: Integers, timezone: str) -> pd.DatetimeIndex:
    """Return moments as times, missing where they are out of all bounds."""
    known = np.where(np.abs(moments) >= ALWAYS.until, NOT_A_TIME, moments)
    return pd.DatetimeIndex(known.view("datetime64[ms]")).tz_localize("UTC").tz_convert(timezone)


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    """Return an array of objects, one per value, whatever the values are."""
    objects = np.empty(len(values), "object")
    for place, value in enumerate(values):
        objects[place] = value
    return objects


def _count_changes(numbers: Integers, runs: NDArray[Any], timezone: str) -> dict[int, list[tuple[pd.Timestamp, int]]]:
    """Return, by cluster, the time and the node count of each run whose node count differs from the one before."""
    is_new = np.r_[True, (numbers[1:] != numbers[:-1]) | (np.diff(runs["nodes"]) != 0)][: len(numbers)]
    changes: dict[int, list[tuple[pd.Timestamp, int]]] = {}
    times = _times(runs["since"][is_new], timezone)
    for number, at, count in zip(numbers[is_new].tolist(), times, runs["nodes"][is_new], strict=True):
        changes.setdefault(number, []).append((at, int(count)))
    return changes
