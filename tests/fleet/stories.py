"""Archives with all that may happen to a fleet, by chance: scaling, gaps, prices, what is forgotten or incomplete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from fleets import make_fleet
from support import cluster_row

from heco_jupyter.fleet import compact, snapshot

if TYPE_CHECKING:
    import random
    from pathlib import Path

MINUTE, HOUR = 60_000, 3_600_000
BEGIN = 1_774_641_600_000  # 2026-03-27T20:00Z, the night before clocks change in Europe
OWNERS = ("kim", "lee", "o'\"`neil", None)
FLAVORS = ("m2a.large", " r2a.large", "other", None)
ODDITIES = (
    {"masterCnt": None},
    {"workerCnt": None},
    {"masterCnt": None, "workerCnt": None},
    {"nodeCnt": None},
    {"nodeCnt": 40},
    {"elapsedTime": None},
)


def iso(milliseconds: int) -> str:
    return pd.Timestamp(milliseconds, unit="ms", tz="UTC").isoformat()


def moments(chance: random.Random, count: int) -> list[int]:
    """Return moments at a usual distance, a quarter of them nearer or further."""
    step = chance.choice([10 * MINUTE, HOUR, 7 * HOUR])
    others = [1_000, step * 3 // 2, 2 * step, 2 * step + 1, 5 * step, 95 * 24 * HOUR]
    found = [BEGIN]
    while len(found) < count:
        far = chance.choices(others, [4, 4, 4, 4, 4, 1])[0]
        found.append(found[-1] + (step if chance.random() < 0.75 else far))
    return found


class Cluster:
    """A cluster that is scaled at some moments, and ends, is forgotten, or fails and stays."""

    def __init__(self, chance: random.Random, number: int, span: int) -> None:
        self.number, self.chance = number, chance
        self.began = BEGIN + chance.randint(-span // 3, span)
        self.ended = self.began + chance.randint(1, span)
        scales = [(chance.randint(self.began, self.ended), chance.choice([0, 2, 3, 7])) for _ in range(3)]
        self.scales = sorted([(self.began, chance.choice([0, 1, 5])), *scales[: chance.randint(0, 3)]])
        self.end = chance.choice(["terminated", "forgotten", "failed"])
        self.is_odd = chance.random() < 0.2
        self.owner, self.kind = chance.choice(OWNERS), chance.choice(["hadoop", "trino"])
        self.flavor = chance.choice(FLAVORS)

    def row(self, at: int) -> dict[str, Any] | None:
        """Return what a list shows of it at a moment."""
        chance, is_alive, has_begun = self.chance, at < self.ended, at >= self.began
        is_missing = is_alive and chance.random() < 0.03
        if is_missing or (not is_alive and self.end == "forgotten") or (not has_begun and chance.random() < 0.5):
            return None
        nodes = [nodes for since, nodes in self.scales if since <= at][-1] if has_begun else 0
        lived = min(at, self.ended) - self.began - chance.choice([0, 0, 5_000])
        row = cluster_row(
            self.number,
            owner=self.owner,
            clusterType=self.kind,
            masterCnt=min(nodes, 1),
            workerCnt=max(nodes - 1, 0),
            nodeCnt=nodes,
            createdAt=None if self.number % 5 == 0 else self.began,
            runningAt=self.began if has_begun else None,
            elapsedTime=max(lived, 0) if has_begun else None,
        )
        if not is_alive and self.end == "terminated":
            status = chance.choice(["Terminated(User)", " terminated ", "Deleted"])
            return row | {"status": status, "masterCnt": 0, "workerCnt": 0, "nodeCnt": 0}
        return row | (chance.choice(ODDITIES) if self.is_odd and chance.random() < 0.5 else {})


def write_archive(chance: random.Random, folder: Path, *, with_prices: bool, snapshots: int = 12) -> None:
    """Write and compact an archive in which anything may happen."""
    times = moments(chance, chance.randint(1, snapshots))
    clusters = [Cluster(chance, number, times[-1] - BEGIN + 1) for number in range(1, chance.randint(2, 8))]
    for at in times:
        is_complete = chance.random() < 0.85
        rows = {cluster: cluster.row(at) for cluster in clusters if is_complete or chance.random() < 0.7}
        shown = {cluster: row for cluster, row in rows.items() if row is not None}
        frame = make_fleet(*shown.values(), at=iso(at))
        frame.attrs["complete"] = is_complete
        flavors = [
            (row["id"], cluster.flavor, chance.choice(FLAVORS[:2]))
            for cluster, row in shown.items()
            if cluster.flavor and chance.random() < 0.7
        ]
        details = pd.DataFrame(flavors, columns=["id", "masterFlavorName", "workerFlavorName"])
        prices = chance.choice([None, {"m2a.large": 0.25, "r2a.large": 1.0}, {"m2a.large": 0.5}])
        snapshot(frame, folder, details=details, prices=prices if with_prices else None)
    compact(folder)
