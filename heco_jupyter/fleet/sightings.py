"""Sightings of clusters, collected day by day: only runs and last rows are kept, so that memory grows with changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from heco_jupyter.fleet.days import ids_of
from heco_jupyter.fleet.parquet import DETAILS, PRICES, SNAPSHOT_AT, milliseconds_of
from heco_jupyter.fleet.runs import RUN, RUN_COUNTS, RUN_PRICES, same

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from heco_jupyter.fleet.columns import Integers
    from heco_jupyter.fleet.moments import Moments

KEPT = (*DETAILS, *PRICES)
LIVE_COLUMNS = (*RUN_COUNTS.values(), *KEPT)
"""What `add_live` needs."""
_NEVER = 2**62


class Sightings:
    """What the snapshots of an archive show of each cluster.

    Clusters have numbers, in the order in which they were first seen; the arrays have an entry per cluster. Call
    `add_live` and `add_ended` day by day, in order.

    Parameters
    ----------
    moments
        All moments; rows of other moments are passed over.

    Attributes
    ----------
    ids : list of str
        The clusters.
    first, last : ndarray of int64
        Unix ms of the first and the last snapshot with the cluster.
    ended : ndarray of int64
        Unix ms of the last snapshot that showed it terminated, very low where none did.
    details : dict of ndarray
        Last known flavors, disks and prices.
    """

    def __init__(self, moments: Moments) -> None:
        self.ids: list[str] = []
        self.first, self.last = np.empty(0, "int64"), np.empty(0, "int64")
        self.ended = np.empty(0, "int64")
        self.details = {name: np.empty(0, "object") for name in KEPT}
        self._moments = moments
        self._number: dict[str, int] = {}
        self._open, self._is_open = np.empty(0, RUN), np.empty(0, "bool")  # the latest run of each cluster
        self._closed: list[tuple[Integers, NDArray[Any]]] = []

    def add_live(self, table: pa.Table) -> None:
        """Add rows of clusters, ordered by cluster and moment, with the columns `LIVE_COLUMNS`."""
        numbers, moments, table = self._seen(table)
        if not len(numbers):
            return
        values = {name: np.maximum(table[column].fill_null(0).to_numpy(), 0) for name, column in RUN_COUNTS.items()}
        values |= {name: table[column].to_numpy() for name, column in RUN_PRICES.items()}
        begins = numbers[1:] != numbers[:-1]
        for column in values.values():
            begins |= ~same(column[1:], column[:-1])
        within = np.flatnonzero(~begins)
        begins[within] = ~self._moments.joins(moments[within], moments[within + 1])
        starts = np.r_[0, np.flatnonzero(begins) + 1]
        runs = np.empty(len(starts), RUN)
        runs["since"], runs["until"] = moments[starts], moments[np.r_[starts[1:], len(moments)] - 1]
        for name, column in values.items():
            runs[name] = column[starts]
        for name in RUN_COUNTS:
            runs[name][runs[name] == 0] = np.nan
        self._continue(numbers[starts], runs)
        for name in KEPT:
            self._keep_details(name, numbers, table[name])

    def add_ended(self, table: pa.Table) -> None:
        """Add rows of terminated clusters, with the columns `KEPT`."""
        numbers, moments, table = self._seen(table)
        np.maximum.at(self.ended, numbers, moments)
        for name in KEPT:
            self._keep_details(name, numbers, table[name])

    def runs(self) -> tuple[Integers, NDArray[Any]]:
        """Return the numbers of the clusters of all runs, and the runs, by cluster and time."""
        open_ones = np.flatnonzero(self._is_open)
        parts = [*self._closed, (open_ones, self._open[open_ones])]
        numbers, runs = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
        order = np.lexsort((runs["since"], numbers))
        return numbers[order], runs[order]

    def numbers_of(self, table: pa.Table) -> Integers:
        """Return the number of each row's cluster, -1 for one that was never added."""
        codes, ids = ids_of(table)
        return np.array([self._number.get(cluster_id, -1) for cluster_id in ids], "int64")[codes]

    def _seen(self, table: pa.Table) -> tuple[Integers, Integers, pa.Table]:
        """Note when clusters were seen; return the cluster and the moment of each row, and the rows."""
        moments = milliseconds_of(table[SNAPSHOT_AT])
        known = np.isin(moments, self._moments.times)
        if not known.all():  # a file that came after the moments were read
            table, moments = table.filter(known), moments[known]
        for cluster_id in ids_of(table)[1]:
            if cluster_id not in self._number:
                self._number[cluster_id] = len(self.ids)
                self.ids.append(cluster_id)
        self._grow()
        numbers = self.numbers_of(table)
        begins = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1]][: len(numbers)])
        ends = np.r_[begins[1:], len(numbers)][: len(begins)] - 1
        self.first[numbers[begins]] = np.minimum(self.first[numbers[begins]], moments[begins])
        self.last[numbers[ends]] = np.maximum(self.last[numbers[ends]], moments[ends])
        return numbers, moments, table

    def _grow(self) -> None:
        more = len(self.ids) - len(self.first)
        if more:
            self.first = np.append(self.first, np.full(more, _NEVER))
            self.last = np.append(self.last, np.full(more, -_NEVER))
            self.ended = np.append(self.ended, np.full(more, -_NEVER))
            self._open = np.append(self._open, np.empty(more, RUN))
            self._is_open = np.append(self._is_open, np.zeros(more, "bool"))
            for name in KEPT:
                self.details[name] = np.append(self.details[name], np.full(more, None))

    def _continue(self, numbers: Integers, runs: NDArray[Any]) -> None:
        """Join the first run of each cluster to its latest one, if they belong together, and keep them all."""
        changes = numbers[1:] != numbers[:-1]
        is_first, is_last = np.r_[True, changes], np.r_[changes, True]
        firsts = np.flatnonzero(is_first)
        clusters = numbers[firsts]
        latest = self._open[clusters]
        joins = self._is_open[clusters] & self._moments.joins(latest["until"], runs["since"][firsts])
        for name in (*RUN_COUNTS, *RUN_PRICES):
            joins &= same(latest[name], runs[name][firsts])
        runs["since"][firsts[joins]] = latest["since"][joins]
        ended = self._is_open[clusters] & ~joins
        self._closed += [(clusters[ended], latest[ended]), (numbers[~is_last], runs[~is_last])]
        self._open[numbers[is_last]] = runs[is_last]
        self._is_open[numbers[is_last]] = True

    def _keep_details(self, name: str, numbers: Integers, column: pa.ChunkedArray) -> None:
        """Keep the last known value of each cluster, whose rows lie together."""
        if column.null_count:
            known = np.flatnonzero(column.is_valid().to_numpy())
            column, numbers = column.take(known), numbers[known]
        lasts = np.flatnonzero(np.r_[numbers[1:] != numbers[:-1], True][: len(numbers)])
        self.details[name][numbers[lasts]] = np.array(column.take(lasts).to_pylist(), "object")
