"""Spans: when each cluster ran and with how many nodes, as far as a frame of clusters says so.

A cluster runs from `runningAt` for `elapsedTime`. The API sets the counts of a terminated cluster to 0, so its node
count is known only from its detail (`totalVmUptime`) or from a history. An unknown count is NaN here, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from heco_jupyter.api.model.status import Status
from heco_jupyter.fleet.columns import (
    NOT_A_TIME,
    check_columns,
    duration_milliseconds,
    match_by_id,
    positive_by_id,
    positive_counts,
    unix_milliseconds,
)

if TYPE_CHECKING:
    from heco_jupyter.fleet.columns import Flags, Floats, Integers

_NEEDED = ("id", "status", "nodeCnt", "runningAt", "elapsedTime")


@dataclass(frozen=True)
class Spans:
    """When clusters ran and with how many nodes: arrays with one entry per cluster, in the order of the frame.

    Parameters
    ----------
    starts, ends
        Unix time in ms, the end exclusive; both 0 where the cluster never ran or the duration is unknown.
    nodes
        Average number of nodes while the cluster ran, NaN where unknown.
    masters
        Number of masters among the nodes, NaN where unknown.
    others
        Number of nodes that are neither masters nor workers, such as TASK nodes; 0 where unknown.
    unknown
        Whether the cluster ran for an unknown duration.
    """

    starts: Integers
    ends: Integers
    nodes: Floats
    masters: Floats
    others: Floats
    unknown: Flags


def find_spans(
    clusters: pd.DataFrame, details: pd.DataFrame | None = None, history: pd.DataFrame | None = None
) -> Spans:
    """Return when clusters ran and with how many nodes.

    Parameters
    ----------
    clusters
        Clusters as `Client.list_clusters` returns them.
    details
        Details as `Client.list_details` returns them. `totalVmUptime` is taken to be in ms, as `elapsedTime` is, and to
        be the sum over all VMs. It takes precedence, since it accounts for scaling.
    history
        A history as `history` returns it. Its last known counts are used for terminated clusters.

    Raises
    ------
    CommandError
        When a frame lacks a column, or a column has the wrong type.
    """
    check_columns(clusters, _NEEDED)
    starts = unix_milliseconds(clusters["runningAt"])
    elapsed = duration_milliseconds(clusters["elapsedTime"])
    ran = starts != NOT_A_TIME
    complete = ran & (elapsed != NOT_A_TIME)
    starts = np.where(complete, starts, 0)
    ends = np.where(complete, starts + np.where(complete, elapsed, 0), 0)

    terminated = _terminated(clusters["status"])
    nodes = np.where(terminated, np.nan, positive_counts(clusters, "nodeCnt"))
    masters = np.where(terminated, np.nan, positive_counts(clusters, "masterCnt"))
    if history is not None:
        nodes = np.where(np.isnan(nodes), positive_by_id(clusters, history, "nodeCnt"), nodes)
        masters = np.where(np.isnan(masters), positive_by_id(clusters, history, "masterCnt"), masters)
    if details is not None:
        vm_uptime = positive_by_id(clusters, details, "totalVmUptime")
        uptime = (ends - starts).astype("float64")
        average = np.divide(vm_uptime, uptime, out=np.full(len(vm_uptime), np.nan), where=uptime > 0)
        nodes = np.where(np.isnan(average), nodes, average)
        masters = np.where(np.isnan(masters), positive_by_id(clusters, details, "masterCnt"), masters)
    others = np.where(terminated, 0, _others(clusters))
    if history is not None:
        last = np.nan_to_num(np.asarray(match_by_id(clusters, history, _others(history)), "float64"))
        others = np.where(terminated, last, others)
    return Spans(starts, ends, nodes, masters, others, ran & ~complete)


def _others(frame: pd.DataFrame) -> Floats:
    """Return how many nodes are neither masters nor workers, one entry per row, 0 where a count is missing."""
    nodes, masters, workers = (positive_counts(frame, name) for name in ("nodeCnt", "masterCnt", "workerCnt"))
    return np.clip(np.nan_to_num(nodes - masters - workers), 0, None)


def _terminated(statuses: pd.Series) -> Flags:
    """Return which statuses mean terminated; each distinct status is parsed once."""
    codes, texts = pd.factorize(statuses)
    terminated = np.array([*(Status(str(text)).is_terminated for text in texts), False])  # a missing status is code -1
    return terminated[codes]
