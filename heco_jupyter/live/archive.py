"""TEMPORARY: what the archive is to offer, by today's archive. Goes when its own functions are there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from heco_jupyter import fleet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

_NAME = re.compile(r"snapshot-(\d{8}T\d{6})-\w+\.parquet")


def snapshot(
    clusters: pd.DataFrame,
    directory: Path,
    at: Any = None,
    *,
    details: pd.DataFrame | None,  # noqa: ARG001
    prices: Mapping[str, float] | None,  # noqa: ARG001
) -> Path:
    """Save."""
    return fleet.snapshot(clusters, directory, at)


def lacking_details(clusters: pd.DataFrame, directory: Path, at: datetime) -> list[str]:  # noqa: ARG001
    """Return the clusters whose details are not known."""
    known = set() if last_moment(directory) is None else set(fleet.snapshots(directory, columns=["id"])["id"])
    return [key for key in clusters["id"].dropna() if key not in known]


def last_moment(directory: Path) -> datetime | None:
    """Return the moment of the last snapshot."""
    found = [match[1] for path in directory.glob("**/*.parquet") if (match := _NAME.fullmatch(path.name))]
    return datetime.strptime(max(found), "%Y%m%dT%H%M%S").replace(tzinfo=UTC) if found else None
