"""Runs: stretches of time in which a history saw the same counts of a cluster, as NumPy structured arrays."""

from __future__ import annotations

import numpy as np

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
