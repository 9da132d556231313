"""What the lists of the API hold: the documented fields of a row, in the documented order, and what each holds."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.cluster import END_OF_TIME
from heco_jupyter.api.transport import BodyError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Row = Mapping[str, Any]

TEXT, FLAG, COUNT, TIME, DURATION = "text", "flag", "count", "time", "duration"

CLUSTER_COLUMNS = {
    "id": TEXT,
    "name": TEXT,
    "status": TEXT,
    "owner": TEXT,
    "clusterType": TEXT,
    "clusterVersion": TEXT,
    "isScalable": FLAG,
    "apiKeyStatus": TEXT,
    "masterCnt": COUNT,
    "workerCnt": COUNT,
    "nodeCnt": COUNT,
    "createdAt": TIME,
    "runningAt": TIME,
    "elapsedTime": DURATION,
}
VM_COLUMNS = {
    "name": TEXT,
    "instanceId": TEXT,
    "index": COUNT,
    "isMaster": FLAG,
    "status": TEXT,
    "flavorName": TEXT,
    "ip": TEXT,
    "floatingIp": TEXT,
    "createdAt": TIME,
}
DETAIL_COLUMNS = {
    "id": TEXT,
    "masterFlavorName": TEXT,
    "workerFlavorName": TEXT,
    "masterCnt": COUNT,
    "totalVmUptime": DURATION,
}

LIMITS = dict.fromkeys((COUNT, DURATION), 2**63 - 1) | {TIME: END_OF_TIME}
"""How far from 0 numbers of a kind may be."""
_TYPES = {TEXT: {str, NoneType}, FLAG: {bool, NoneType}}
_WORDS = {
    TEXT: "text",
    FLAG: "true or false",
    COUNT: "a whole number",
    TIME: "a Unix time in ms",
    DURATION: "a number of ms",
}


def check_rows(rows: Sequence[Row], columns: Mapping[str, str]) -> None:
    """Raise `BodyError` for rows whose documented fields are not of the documented types.

    A whole number may come as `3.0`, and any field may be null or absent.
    """
    for name, kind in columns.items():
        if not all_fit([row.get(name) for row in rows], kind):
            index = next(index for index, row in enumerate(rows) if not _fits(row.get(name), kind))
            raise BodyError(f"content[{index}].{name} is {rows[index][name]!r:.60}, not {_WORDS[kind]}")


def all_fit(values: Sequence[Any], kind: str) -> bool:
    """Return whether a field of `kind` may hold each of these."""
    types = {*map(type, values)}
    if kind in _TYPES:
        return types <= _TYPES[kind]
    if types == {int}:
        return bool(-LIMITS[kind] <= min(values) and max(values) <= LIMITS[kind])
    return all(_fits(value, kind) for value in values)


def _fits(value: object, kind: str) -> bool:
    if kind in _TYPES:
        return type(value) in _TYPES[kind]
    if isinstance(value, float):
        return value.is_integer() and abs(value) <= LIMITS[kind]
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LIMITS[kind])
