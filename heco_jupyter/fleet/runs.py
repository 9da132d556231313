"""Runs: what consecutive snapshots saw of one cluster while nothing about it changed."""

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
"""The first and the last moment (Unix time in ms), the counts, and the prices per hour; NaN where unknown."""
