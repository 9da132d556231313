"""Fleets for the tests in this folder."""

from __future__ import annotations

from typing import Any

from support import cluster_row

from heco_jupyter.api.lists.frames import to_frame
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS


def make_fleet(*rows: dict[str, Any], at: str = "2026-07-01T00:00:00+00:00", timezone: str = "UTC") -> Any:
    """Return rows as `%heco list` returns them, fetched at a time."""
    frame = to_frame(list(rows), CLUSTER_COLUMNS, timezone)
    frame.attrs = {"fetchedAt": at, "complete": True}
    return frame


def make_row(number: int, nodes: int, **fields: Any) -> dict[str, Any]:
    """Return a row of a running cluster with this many nodes, or of a terminated one for 0."""
    terminated = {} if nodes else {"status": "Terminated(User)", "masterCnt": 0}
    return cluster_row(number, workerCnt=max(0, nodes - 1), nodeCnt=nodes, **(terminated | fields))
