"""What the snapshots of an archive say about each cluster: its last known counts, and every change of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from heco_jupyter.api.model.columns import CLUSTER_COLUMNS, Kind
from heco_jupyter.fleet.archive import snapshots
from heco_jupyter.fleet.parquet import SNAPSHOT_AT

if TYPE_CHECKING:
    from pathlib import Path

    from heco_jupyter.fleet.periods import Time

_COUNTS = tuple(name for name, kind in CLUSTER_COLUMNS.items() if kind is Kind.COUNT)


def history(directory: str | Path, since: Time | None = None, until: Time | None = None) -> pd.DataFrame:
    """Return what an archive knows about every cluster in its snapshots.

    Parameters
    ----------
    directory
        The archive's directory.
    since, until
        Use only the snapshots between these: a date or a time, in UTC unless it has its own time zone; `until` is
        exclusive.

    Returns
    -------
    DataFrame
        One row per cluster, sorted by createdAt and id. Pass it to `usage` as `history`, or as `clusters`. Its columns:

        - the columns of a list of clusters, with their types, as last seen; masterCnt, workerCnt and nodeCnt are those
          of the last snapshot that saw the cluster with any nodes
        - firstSeen, lastSeen (datetime64[ms, UTC]): the first and the last snapshot with the cluster
        - nodeCnts (object): a list of (time, nodeCnt) pairs, one per snapshot that found a new node count

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
    ...     seen = fleet.history(directory)
    >>> seen.loc[seen["name"] == "etl-nightly", "lastSeen"].max()
    Timestamp('2026-07-01 09:00:00+0000', tz='UTC')
    >>> node_hours = fleet.usage(clusters, history=seen)["nodeHours"]
    """
    rows = snapshots(directory, since, until)
    clusters = _last_rows(rows)
    with_nodes = rows[rows["nodeCnt"].fillna(0) > 0]
    last_with_nodes = _last_rows(with_nodes)
    for name in _COUNTS:
        clusters[name] = last_with_nodes[name].reindex(clusters.index)
    clusters["firstSeen"] = rows.groupby("id", sort=False)[SNAPSHOT_AT].min()
    clusters["lastSeen"] = clusters[SNAPSHOT_AT]
    changes = _count_changes(with_nodes)
    lists = [changes.get(cluster_id, []) for cluster_id in clusters.index]
    clusters["nodeCnts"] = pd.Series(lists, index=clusters.index, dtype=object)
    columns = [*CLUSTER_COLUMNS, "firstSeen", "lastSeen", "nodeCnts"]
    return clusters.reset_index()[columns].sort_values(["createdAt", "id"], ignore_index=True)


def _last_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the last row of each cluster, by id."""
    return rows.loc[~rows.duplicated("id", keep="last")].set_index("id")


def _count_changes(with_nodes: pd.DataFrame) -> dict[str, list[tuple[pd.Timestamp, int]]]:
    """Return, by id, the time and the node count of each snapshot whose node count differs from the previous one."""
    previous = with_nodes.groupby("id", sort=False)["nodeCnt"].shift().fillna(0)
    changed = with_nodes[with_nodes["nodeCnt"] != previous]
    changes: dict[str, list[tuple[pd.Timestamp, int]]] = {}
    for cluster_id, at, count in zip(changed["id"], changed[SNAPSHOT_AT], changed["nodeCnt"], strict=True):
        changes.setdefault(cluster_id, []).append((at, int(count)))
    return changes
