"""The total uptime of a cluster's VMs, which fills what nobody measured: checked first, since it is not documented."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from heco_jupyter.fleet.pieces import Known

if TYPE_CHECKING:
    from heco_jupyter.fleet.columns import Flags, Floats
    from heco_jupyter.fleet.pieces import Pieces

_SLACK, _MINUTE = 0.02, 60_000.0  # how exact a total is taken to be: by its size, and by ms of each node
_TELLING = 3_600_000  # ms; in a shorter life, seconds between two clocks would be a factor
_WATCHED = 0.9  # of its life: then count x time is known
_SAME = 1.1  # a factor within which two amounts are the same
_OFF_WATCHED, _OFF_SEEN = 1.5, 50  # the factor from which on a total disagrees with what was measured, or seen once
_FEW = 3  # clusters that a coincidence may make alike
_MOST_GROWTH = 10  # unseen, a cluster had at most so many times the nodes that were ever seen of it
_MOST_NODES = 10_000  # no cluster is larger


def fill(pieces: Pieces, totals: Floats, masters: Floats) -> tuple[Pieces, Flags]:
    """Spread what a total has beyond the measured pieces over the other ones, each within its bounds.

    Parameters
    ----------
    pieces
        The pieces of all clusters.
    totals
        Uptime of all VMs of each cluster over its life, in ms; NaN where unknown.
    masters
        Masters of each cluster, NaN where unknown: for clusters of which no count was seen.

    Returns
    -------
    tuple of Pieces and ndarray of bool
        The pieces, and for each cluster whether its total contradicts what is known and was not used. All of them do
        if those of clusters whose count x time is known are off by a factor: totals then have another unit or sense.
    """
    cluster, many = pieces.cluster, len(totals)
    time = pieces.milliseconds.astype("float64")

    def sums(weights: Floats) -> Floats:
        return np.bincount(cluster, time * weights, many).astype("float64", copy=False)

    lived = sums(np.ones(len(time)))
    given = ~np.isnan(totals) & (lived > 0)
    if not given.any():
        return pieces, given
    measured = pieces.known == Known.MEASURED
    telling = given & (lived >= _TELLING)
    watched = telling & (sums(measured.astype("float64")) >= _WATCHED * lived)
    checked = watched if watched.any() else telling
    estimate = sums(pieces.nodes)
    ratios = totals[checked & (estimate > 0)] / estimate[checked & (estimate > 0)]
    if _off_by_a_factor(ratios, _OFF_WATCHED if watched.any() else _OFF_SEEN):
        return pieces, given

    unknown = pieces.known == Known.UNKNOWN
    inferred = pieces.known == Known.INFERRED
    average = np.divide(totals, lived, out=np.full(many, np.nan), where=lived > 0)
    nodes = np.where(unknown, average[cluster], pieces.nodes)
    fewest = np.nan_to_num(np.where(np.isnan(pieces.masters), masters[cluster], pieces.masters), nan=1.0) + 1
    most = np.zeros(many)
    np.maximum.at(most, cluster, np.nan_to_num(nodes))
    low = np.where(inferred, np.minimum(fewest, nodes), np.where(unknown, fewest, pieces.low))
    high = np.where(
        inferred, _MOST_GROWTH * most[cluster], np.where(unknown, np.minimum(nodes, _MOST_NODES), pieces.high)
    )
    least, middle, greatest = sums(low), sums(nodes), sums(high)
    slack = _SLACK * totals + _MINUTE * most
    used = given & (totals >= least - slack) & (totals <= greatest + slack)

    missing = np.where(used, totals - middle, 0.0)
    room = np.where(missing > 0, greatest - middle, middle - least)
    part = np.clip(np.divide(missing, room, out=np.zeros(many), where=room > 0), -1, 1)[cluster]
    moved = nodes + np.where(part > 0, part * (high - nodes), part * (nodes - low))
    changed = used[cluster] & ~measured
    nodes = np.where(changed, moved, pieces.nodes)
    others = np.clip(np.nan_to_num(pieces.nodes - pieces.masters - pieces.workers), 0, None)
    heads = np.minimum(np.where(np.isnan(pieces.masters), masters[cluster], pieces.masters), nodes)
    exact = changed & (inferred | unknown)
    filled = replace(
        pieces,
        nodes=nodes,
        masters=np.where(changed, heads, pieces.masters),
        workers=np.where(changed, np.clip(nodes - heads - others, 0, None), pieces.workers),
        low=np.where(exact, nodes, pieces.low),
        high=np.where(exact, nodes, pieces.high),
        known=np.where(changed & unknown, np.uint8(Known.INFERRED), pieces.known),
    )
    return filled, given & ~used


def _off_by_a_factor(ratios: Floats, factor: float) -> bool:
    """Return whether totals are not what count x time is: off by much, or by the same factor everywhere.

    A cluster that was scaled unseen has another ratio than 1, so one that is off alone tells nothing.
    """
    if not len(ratios):
        return False
    logs = np.log(ratios)
    same, middle = np.log(_SAME), np.median(logs)
    if np.mean(np.abs(logs) < same) >= 1 - _WATCHED:
        return False
    alike = len(ratios) >= _FEW and np.mean(np.abs(logs - middle) < same) >= _WATCHED
    return bool(alike or abs(middle) > np.log(factor))
