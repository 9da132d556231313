"""Runs: stretches of time in which a history saw the same counts of a cluster, as NumPy structured arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heco_jupyter.fleet.columns import Flags

RUN = np.dtype(
    [
        ("since", "i8"),
        ("until", "i8"),
        ("masters", "f8"),
        ("workers", "f8"),
        ("nodes", "f8"),
        ("masterPrice", "f8"),
        ("workerPrice", "f8"),
    ]
)
"""Unix ms of the first and the last snapshot of a run, then what they saw: NaN where it is unknown or 0."""
RUN_COUNTS = {"masters": "masterCnt", "workers": "workerCnt", "nodes": "nodeCnt"}
RUN_PRICES = {"masterPrice": "masterPricePerHour", "workerPrice": "workerPricePerHour"}
"""From which columns of a snapshot the fields of a run come."""


def same(first: NDArray[Any], second: NDArray[Any]) -> Flags:
    """Return where values are the same, or both unknown (NaN)."""
    equal = first == second
    if first.dtype.kind == "f":
        equal |= np.isnan(first) & np.isnan(second)
    return np.asarray(equal)
