"""Lives of clusters: frames of clusters, of details and of a history, read as one and cut into pieces.

A cluster lives from `runningAt` for `elapsedTime`, as far as either the list or the history knows; what a list lacks
because the API forgot it, a history may have. The API sets the counts of a terminated cluster to 0, which is unknown
here, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.fleet.columns import (
    NOT_A_TIME,
    check_columns,
    duration_milliseconds,
    positions_by_id,
    positive_numbers,
    taken,
    terminated_rows,
    unix_milliseconds,
)
from heco_jupyter.fleet.coverage import coverage_of
from heco_jupyter.fleet.pieces import cut_lives
from heco_jupyter.fleet.runs import RUN, RUN_COUNTS, RUN_PRICES
from heco_jupyter.fleet.vm_uptime import fill

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heco_jupyter.fleet.columns import Flags, Floats, Integers
    from heco_jupyter.fleet.coverage import Coverage
    from heco_jupyter.fleet.pieces import Pieces

_NEEDED = ("id", "status", "nodeCnt", "runningAt", "elapsedTime")
_A_HISTORY = "a history as fleet.history() returns it"
_DETAILS = "details as client.list_details() returns them"


@dataclass(frozen=True)
class Lives:
    """When clusters lived: arrays with one entry per cluster, those of the frame first, then those of its history.

    Parameters
    ----------
    starts, ends
        Unix time in ms, the end exclusive; both 0 where the cluster never ran or the duration is unknown.
    unknown
        Whether the cluster ran for an unknown duration.
    missed
        Whether the cluster was gone at its end without having been seen terminated, so that it ended before.
    listed
        Whether the frame has the cluster as the API listed it, not as a history remembers it.
    frames
        What tells of the clusters, the best first: each frame, with the position of each cluster in it or -1.
    coverage
        Which time all this covers.
    """

    starts: Integers
    ends: Integers
    unknown: Flags
    missed: Flags
    listed: Flags
    frames: dict[str, tuple[pd.DataFrame, Integers]]
    coverage: Coverage

    def numbers(self, name: str, *sources: str) -> Floats:
        """Return counts, or durations in ms: from the first of the sources that has one, NaN where none has."""
        values = np.full(len(self.starts), np.nan)
        for source in sources:
            if source in self.frames:
                frame, positions = self.frames[source]
                values = np.where(np.isnan(values), taken(positive_numbers(frame, name), positions), values)
        return values

    def column(self, name: str) -> pd.Series:
        """Return a column of the frame, continued with what the history has of its clusters."""
        clusters, _ = self.frames["clusters"]
        own = clusters[name]
        if len(own) == len(self.starts):
            return own
        history, positions = self.frames["history"]
        positions = positions[len(own) :]
        rest = history[name].iloc[positions] if name in history else pd.Series([pd.NA] * len(positions), dtype=object)
        if rest.dtype != own.dtype:
            try:
                rest = rest.astype(own.dtype)
            except (TypeError, ValueError):
                rest, own = rest.astype(object), own.astype(object)
        return pd.concat([own, rest], ignore_index=True)


def find_lives(
    clusters: pd.DataFrame, details: pd.DataFrame | None = None, history: pd.DataFrame | None = None
) -> Lives:
    """Return when clusters lived.

    Parameters
    ----------
    clusters
        Clusters as `Client.list_clusters` returns them, or a history, which is then its own.
    details, history
        As for `usage`.

    Raises
    ------
    CommandError
        When a frame lacks a column, or a column has the wrong type.
    """
    check_columns(clusters, _NEEDED)
    _check_once(clusters)
    is_history = "runs" in clusters
    if history is None and is_history:
        history = clusters
    if history is not None:
        check_columns(history, ("id",), _A_HISTORY)
    coverage = coverage_of(clusters, history)
    own = np.arange(len(clusters))
    frames = {"clusters": (clusters, own)}
    starts, ends = _begin_and_end(clusters)
    missed = np.full(len(clusters), NOT_A_TIME)
    if history is not None:
        found = positions_by_id(clusters, history, _A_HISTORY)
        added = np.arange(0)
        if coverage.adds_forgotten and not is_history and set(_NEEDED) <= set(history):
            last = np.unique(positions_by_id(history, history, _A_HISTORY))
            added = np.setdiff1d(last, found)
        frames = {
            "clusters": (clusters, np.append(own, np.full(len(added), -1))),
            "history": (history, np.append(found, added)),
        }
        starts, ends = _with_history(starts, ends, *frames["history"], len(added))
        missed = _missed_at(ends, *frames["history"], None if is_history else coverage)
        missed[: 0 if is_history else len(clusters)] = NOT_A_TIME  # the list has them
    if details is not None:
        ids = clusters if history is None else pd.DataFrame({"id": _ids(frames)})
        frames["details"] = (details, positions_by_id(ids, details, _DETAILS))
    ran = starts != NOT_A_TIME
    complete = ran & (ends != NOT_A_TIME)
    return Lives(
        np.where(complete, starts, 0),
        np.where(complete, np.maximum(ends, missed), 0),
        ran & ~complete,
        complete & (missed != NOT_A_TIME),
        (np.arange(len(starts)) < len(clusters)) & (not is_history),
        frames,
        coverage,
    )


def find_pieces(lives: Lives) -> tuple[Pieces, Flags]:
    """Cut lives into pieces, each with what is known of it.

    Returns
    -------
    tuple of Pieces and ndarray of bool
        The pieces, and for each cluster whether its `totalVmUptime` contradicts what is known and was not used.
    """
    cluster, runs = _seen(lives)
    pieces = cut_lives(lives.starts, lives.ends, lives.missed, cluster=cluster, runs=runs, limit=lives.coverage.limit)
    if "details" not in lives.frames:
        return pieces, np.zeros(len(lives.starts), bool)
    masters = lives.numbers("masterCnt", "details", "history")
    return fill(pieces, _vm_uptime(lives, cluster, runs["nodes"]), masters)


def _check_once(clusters: pd.DataFrame) -> None:
    """Check that a frame has each cluster once: what is there twice would be counted twice."""
    ids = clusters["id"].dropna()
    if not ids.is_unique:
        twice = plain(ids[ids.duplicated()].iloc[0], 40)
        raise CommandError(
            f"the frame has more than one row of the cluster {twice}: each counts once",
            hint="for snapshots pass history(DIR); frame.drop_duplicates('id', keep='last') keeps the last rows",
        )


def _begin_and_end(frame: pd.DataFrame) -> tuple[Integers, Integers]:
    """Return when clusters began and ended to run, `NOT_A_TIME` where the frame does not say."""
    starts, elapsed = unix_milliseconds(frame["runningAt"]), duration_milliseconds(frame["elapsedTime"])
    known = (starts != NOT_A_TIME) & (elapsed != NOT_A_TIME)
    return starts, np.where(known, starts + np.where(known, elapsed, 0), NOT_A_TIME)


def _with_history(
    starts: Integers, ends: Integers, history: pd.DataFrame, positions: Integers, added: int
) -> tuple[Integers, Integers]:
    """Return beginnings and ends as the later look at each cluster tells them, with `added` clusters more."""
    starts, ends = (np.append(times, np.full(added, NOT_A_TIME)) for times in (starts, ends))
    if not {"runningAt", "elapsedTime"} <= set(history):
        return starts, ends
    began, ended = (taken(times, positions) for times in _begin_and_end(history))
    starts = np.where(starts == NOT_A_TIME, began, starts)
    return starts, np.where(starts == began, np.maximum(ends, ended), ends)


def _missed_at(ends: Integers, history: pd.DataFrame, positions: Integers, listed: Coverage | None) -> Integers:
    """Return when clusters were first missed that were never seen terminated, `NOT_A_TIME` for the others."""
    nowhere = np.full(len(ends), NOT_A_TIME)
    if "status" not in history:
        return nowhere
    missed = taken(unix_milliseconds(history["missedAt"]), positions) if "missedAt" in history else nowhere
    if listed and listed.fetched_at is not None and listed.is_whole:  # the list lacks them as well
        missed = np.where(missed == NOT_A_TIME, listed.fetched_at, missed)
    ended = np.append(terminated_rows(history["status"]), True)[positions]
    return np.where(ended | (missed <= ends), NOT_A_TIME, missed)


def _seen(lives: Lives) -> tuple[Integers, NDArray[np.void]]:
    """Return the runs with a known node count, sorted by cluster and time, and the cluster of each.

    They are those of the history, and the list itself as a look at one moment.
    """
    cluster, runs = _remembered(lives)
    clusters, _ = lives.frames["clusters"]
    live = np.zeros(len(lives.starts), bool)
    live[: len(clusters)] = ~terminated_rows(clusters["status"])
    listed = np.flatnonzero(lives.listed & live & (lives.starts < lives.ends))
    now = np.empty(len(listed), RUN)
    now["since"] = np.maximum(lives.ends[listed], lives.coverage.fetched_at or 0)
    now["until"] = now["since"]
    for field, name in RUN_COUNTS.items():
        now[field] = positive_numbers(clusters, name)[listed]
    for field in RUN_PRICES:
        now[field] = np.nan
    if len(runs):
        last = np.full(len(lives.starts), NOT_A_TIME)
        np.maximum.at(last, cluster, runs["until"])
        later = now["since"] > last[listed]
        listed, now = listed[later], now[later]
    cluster, runs = np.append(cluster, listed), np.append(runs, now)
    known = runs["nodes"] > 0
    cluster, runs = cluster[known], runs[known]
    if len(now) < len(runs):
        order = np.lexsort((runs["since"], cluster))
        cluster, runs = cluster[order], runs[order]
        _carry_prices(lives, cluster, runs)
    _complete(runs, lives.numbers("masterCnt", "details", "history")[cluster])
    return cluster, runs


def _remembered(lives: Lives) -> tuple[Integers, NDArray[np.void]]:
    """Return the runs of the history, and the cluster of each."""
    if "history" not in lives.frames:
        return np.arange(0), np.empty(0, RUN)
    history, positions = lives.frames["history"]
    known = np.flatnonzero(positions >= 0)
    if "runs" in history:
        each = list(history["runs"].to_numpy(object)[positions[known]])
        if any(getattr(runs, "dtype", None) != RUN for runs in each):
            raise CommandError(f"the column runs holds something else than runs: pass {_A_HISTORY}")
        lengths = np.array([len(runs) for runs in each], "int64")
        return np.repeat(known, lengths), np.concatenate([np.empty(0, RUN), *each], dtype=RUN)
    runs = np.empty(len(known), RUN)  # a frame of last known counts: one look at each cluster's end
    runs["since"] = runs["until"] = lives.ends[known]
    for field, name in RUN_COUNTS.items():
        runs[field] = lives.numbers(name, "history")[known]
    for field in RUN_PRICES:
        runs[field] = np.nan
    return known, runs


def _carry_prices(lives: Lives, cluster: Integers, runs: NDArray[np.void]) -> None:
    """Let a price hold until the next one is known, the first one also before, and the last known one where none is."""
    for field, name in RUN_PRICES.items():
        carried = runs[field]
        if np.isnan(carried).any():
            carried = pd.Series(carried).groupby(cluster).ffill().groupby(cluster).bfill().to_numpy("float64")
        runs[field] = np.where(np.isnan(carried), lives.numbers(name, "history")[cluster], carried)


def _complete(runs: NDArray[np.void], masters: Floats) -> None:
    """Work out masters and workers where only the other of them, or neither, is known beside the nodes."""
    nodes = runs["nodes"]
    rest = np.clip(nodes - runs["workers"], 0, None)
    heads = np.where(np.isnan(rest), masters, rest)
    runs["masters"] = np.where(np.isnan(runs["masters"]), heads, runs["masters"])
    workers = np.clip(nodes - runs["masters"], 0, None)
    runs["workers"] = np.where(np.isnan(runs["workers"]), workers, runs["workers"])


def _vm_uptime(lives: Lives, cluster: Integers, nodes: Floats) -> Floats:
    """Return `totalVmUptime` in ms as it was at the end of each life: details are read after the list, one by one."""
    total = lives.numbers("totalVmUptime", "details")
    later = lives.numbers("elapsedTime", "details") - (lives.ends - lives.starts)
    last = np.full(len(total), np.nan)
    last[cluster] = nodes  # sorted by time: the last one stays
    then = lives.numbers("nodeCnt", "details")
    between = (np.where(np.isnan(last), then, last) + np.where(np.isnan(then), last, then)) / 2
    return np.where(lives.missed, np.nan, total - np.nan_to_num(later * between))


def _ids(frames: dict[str, tuple[pd.DataFrame, Integers]]) -> NDArray[Any]:
    (clusters, own), (history, positions) = frames["clusters"], frames["history"]
    ids = taken(clusters["id"].to_numpy(object), own)
    return np.where(own >= 0, ids, taken(history["id"].to_numpy(object), positions))
