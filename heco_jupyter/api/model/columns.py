"""What the lists of the API hold: the documented fields of a row, in the documented order, and what each holds."""

from __future__ import annotations

from enum import Enum
from types import NoneType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heco_jupyter.api.model.types import Row


class Kind(Enum):
    """What a field of a row holds; the value says so in words."""

    TEXT = "text"
    FLAG = "true or false"
    COUNT = "a whole number"
    TIME = "a Unix time in ms"
    DURATION = "a number of ms"


CLUSTER_COLUMNS = {
    "id": Kind.TEXT,
    "name": Kind.TEXT,
    "status": Kind.TEXT,
    "owner": Kind.TEXT,
    "clusterType": Kind.TEXT,
    "clusterVersion": Kind.TEXT,
    "isScalable": Kind.FLAG,
    "apiKeyStatus": Kind.TEXT,
    "masterCnt": Kind.COUNT,
    "workerCnt": Kind.COUNT,
    "nodeCnt": Kind.COUNT,
    "createdAt": Kind.TIME,
    "runningAt": Kind.TIME,
    "elapsedTime": Kind.DURATION,
}
VM_COLUMNS = {
    "name": Kind.TEXT,
    "instanceId": Kind.TEXT,
    "index": Kind.COUNT,
    "isMaster": Kind.FLAG,
    "status": Kind.TEXT,
    "flavorName": Kind.TEXT,
    "ip": Kind.TEXT,
    "floatingIp": Kind.TEXT,
    "createdAt": Kind.TIME,
}
DETAIL_COLUMNS = {
    "id": Kind.TEXT,
    "masterFlavorName": Kind.TEXT,
    "workerFlavorName": Kind.TEXT,
    "masterVolumeSize": Kind.COUNT,
    "workerVolumeSize": Kind.COUNT,
    "masterCnt": Kind.COUNT,
    "workerCnt": Kind.COUNT,
    "nodeCnt": Kind.COUNT,
    "elapsedTime": Kind.DURATION,
    "totalVmUptime": Kind.DURATION,
}

END_OF_TIME = 253_402_214_400_000
"""Unix time in ms at which calendars end, whatever the time zone."""
LIMITS = {
    Kind.COUNT: (1 - 2**63, 2**63 - 1),
    Kind.DURATION: (1 - 2**63, 2**63 - 1),
    Kind.TIME: (0, END_OF_TIME),
}
"""The least and the most that numbers of a kind may be: no cluster is older than Unix time."""
_TYPES = {Kind.TEXT: {str, NoneType}, Kind.FLAG: {bool, NoneType}}


def without_misfits(rows: Sequence[Row], columns: Mapping[str, Kind]) -> tuple[list[Row], dict[str, int]]:
    """Return rows without the values that are not of the documented type, and how many of them each field had.

    A whole number may come as `3.0`, and any field may be null or absent.

    Parameters
    ----------
    rows
        JSON objects.
    columns
        Documented fields and their kinds.
    """
    misfits: dict[str, int] = {}
    clean = list(rows)
    for name, kind in columns.items():
        if all_fit([row.get(name) for row in clean], kind):
            continue
        wrong = [index for index, row in enumerate(clean) if not _fits(row.get(name), kind)]
        misfits[name] = len(wrong)
        for index in wrong:
            clean[index] = {**clean[index], name: None}
    return clean, misfits


def all_fit(values: Sequence[Any], kind: Kind) -> bool:
    """Return whether a field of `kind` may hold each of these."""
    types = {*map(type, values)}
    if kind in _TYPES:
        return types <= _TYPES[kind]
    if types == {int}:
        least, most = LIMITS[kind]
        return bool(least <= min(values) and max(values) <= most)
    return all(_fits(value, kind) for value in values)


def _fits(value: object, kind: Kind) -> bool:
    if kind in _TYPES:
        return type(value) in _TYPES[kind]
    if value is None:
        return True
    least, most = LIMITS[kind]
    is_whole = (
        value.is_integer() if isinstance(value, float) else isinstance(value, int) and not isinstance(value, bool)
    )
    return is_whole and least <= value <= most  # type: ignore[operator]
