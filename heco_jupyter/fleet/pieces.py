"""Pieces: the life of each cluster, cut where what is known about its nodes changes. Arrays in, arrays out.

A piece is *measured* between two looks that agree, *bounded* between two that differ: the mean of the two is taken. It
is *inferred* where nobody looked for longer, from what was seen before and after, and *unknown* where no count was ever
seen: its count is NaN, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from heco_jupyter.fleet.runs import RUN_COUNTS, same

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heco_jupyter.fleet.columns import Flags, Floats, Integers


class Known(IntEnum):
    """How the node count of a piece is known."""

    MEASURED = 0
    BOUNDED = 1
    INFERRED = 2
    UNKNOWN = 3


@dataclass(frozen=True)
class Pieces:
    """Pieces of lives: arrays with one entry per piece. Those of a cluster follow each other without a gap.

    Parameters
    ----------
    cluster
        Position of the cluster.
    starts, ends
        Unix time in ms, the end exclusive and later than the start.
    masters, workers, nodes
        How many there were, NaN where unknown; nodes may be more than masters and workers.
    low, high
        The fewest and the most nodes, where bounded; elsewhere as `nodes`.
    known
        How the counts are known, as `Known` has it.
    masterPrice, workerPrice
        Price per hour of one, of the look before, NaN where no look had one.
    """

    cluster: Integers
    starts: Integers
    ends: Integers
    masters: Floats
    workers: Floats
    nodes: Floats
    low: Floats
    high: Floats
    known: NDArray[np.uint8]
    masterPrice: Floats
    workerPrice: Floats

    @property
    def milliseconds(self) -> Integers:
        """Return how long each piece is."""
        return self.ends - self.starts


def cut_lives(
    starts: Integers, ends: Integers, missed: Flags, *, cluster: Integers, runs: NDArray[np.void], limit: int
) -> Pieces:
    """Cut lives into pieces.

    Parameters
    ----------
    starts, ends
        When each cluster lived: Unix time in ms, both the same where it did not.
    missed
        Whether a cluster's end was not seen: at the end of its life it was gone, as if a look had found 0 nodes.
    cluster, runs
        What was seen: runs (of the dtype `RUN`) with a known node count, and the cluster of each. They are sorted by
        cluster and time, and those of a cluster do not overlap.
    limit
        How far apart two runs may be for the counts between them to be bounded, in ms.
    """
    # Each run makes two stretches, the time before it and itself, and each cluster that was seen one more, the time
    # after. A stretch lies between two looks, the same one at both ends of a life. Two looks are made up: `nothing`
    # stands for what was never seen, `gone` for what is left of a cluster that was missed.
    nothing, gone = len(runs), len(runs) + 1
    each, is_first = np.arange(nothing), np.diff(cluster, prepend=-1) != 0
    last = np.flatnonzero(np.append(is_first[1:], nothing > 0))
    before = 2 * each + np.cumsum(is_first) - 1
    after = 2 * last + np.arange(len(last)) + 2
    follows = before[~is_first]

    owner, begin, end, look = np.empty((4, 2 * nothing + len(last)), "int64")
    owner[before], owner[before + 1], owner[after] = cluster, cluster, cluster[last]
    look[before], look[before + 1], look[after] = each, each, last
    begin[before + 1], end[before + 1], end[before] = runs["since"], runs["until"], runs["since"]
    begin[before[is_first]] = starts[cluster[is_first]]
    begin[follows], begin[after], end[after] = end[follows - 1], end[after - 1], ends[cluster[last]]
    known = np.full(len(owner), Known.INFERRED, "u1")
    unseen_end = after[missed[cluster[last]]]
    between = np.append(follows, unseen_end)
    known[between[end[between] - begin[between] <= limit]] = Known.BOUNDED
    known[before + 1] = Known.MEASURED
    earlier, later = look.copy(), look
    earlier[follows] -= 1
    later[unseen_end] = gone

    begin, end = np.maximum(begin, starts[owner]), np.minimum(end, ends[owner])
    keep = np.flatnonzero(begin < end)
    never = starts < ends
    never[cluster] = False
    unseen = np.flatnonzero(never)
    owner, begin, end, earlier, later, known = (
        np.append(values[keep], rest)
        for values, rest in (
            (owner, unseen),
            (begin, starts[unseen]),
            (end, ends[unseen]),
            (earlier, np.full(len(unseen), nothing)),
            (later, np.full(len(unseen), nothing)),
            (known, np.full(len(unseen), Known.UNKNOWN, "u1")),
        )
    )
    one, other = ({name: _with_made_up(runs[name])[looks] for name in RUN_COUNTS} for looks in (earlier, later))
    counts = {name: (one[name] + other[name]) / 2 for name in RUN_COUNTS}
    bounded = known == Known.BOUNDED
    if bounded.any():
        agree = np.logical_and.reduce([same(one[name], other[name]) for name in RUN_COUNTS])
        known = np.where(bounded & agree, np.uint8(Known.MEASURED), known)
        bounded &= ~agree
    return Pieces(
        owner,
        begin,
        end,
        **counts,
        low=np.where(bounded, np.minimum(one["nodes"], other["nodes"]), counts["nodes"]),
        high=np.where(bounded, np.maximum(one["nodes"], other["nodes"]), counts["nodes"]),
        known=known,
        masterPrice=_with_made_up(runs["masterPrice"])[earlier],
        workerPrice=_with_made_up(runs["workerPrice"])[earlier],
    )


def _with_made_up(values: Floats) -> Floats:
    return np.append(values, (np.nan, 0.0))
