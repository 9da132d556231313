"""DataFrames of lists that were read: always all documented columns, typed, in the documented order, with `attrs`."""

from __future__ import annotations

import importlib
import warnings
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import is_harmless, made_visible, visible
from heco_jupyter.api.lists.chunks import MISSING, Chunk
from heco_jupyter.api.lists.decoding import MOST_CELLS, MOST_KEYS
from heco_jupyter.api.model.columns import Kind, all_fit
from heco_jupyter.api.model.errors import ApiError
from heco_jupyter.api.model.lookup import same_form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heco_jupyter.api.lists.pages import Listing
    from heco_jupyter.api.model.types import Row

_STRING = pd.StringDtype()
# Where pandas keeps text in Arrow, Arrow itself makes a column in half the time; pandas has imported it already.
_arrow: Any = importlib.import_module("pyarrow") if _STRING.storage == "pyarrow" else None

_FLEET_COLUMNS = {"clusterId": ("id", Kind.TEXT), "clusterName": ("name", Kind.TEXT)}


def frame_of(listing: Listing[Chunk], columns: Mapping[str, Kind], endpoint: str, timezone: str) -> pd.DataFrame:
    """Build the frame of a list, and warn when the list did not hold still or held values of wrong types.

    Parameters
    ----------
    listing
        The list as it was read.
    columns
        Documented fields and their kinds.
    endpoint
        Where it came from, for `attrs`.
    timezone
        IANA name for the time columns.

    Raises
    ------
    ApiError
        When the rows have too many different fields.
    """
    names = {name for part in listing.parts for name in part.columns}
    cells = len(names - columns.keys()) * sum(part.count for part in listing.parts)
    if len(names) > MOST_KEYS or cells > MOST_CELLS:
        much = f"more than {MOST_KEYS}" if len(names) > MOST_KEYS else f"{len(names)}, too many for so many rows,"
        raise ApiError(
            f"the rows of the API have {much} different fields: this is no list of a Hadoop Eco API",
            hint="check the endpoint (%heco whoami)",
        )
    frame = joined_frame(listing.parts, columns, timezone)
    if listing.keep is not None:
        frame = frame.iloc[np.asarray(listing.keep, int)].reset_index(drop=True)
    frame.attrs = {
        "endpoint": endpoint,
        "fetchedAt": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "totalElements": listing.total,
        "complete": listing.settled and listing.count == listing.total,
    }
    tell_misfits(frame, listing.misfits, stacklevel=4)
    if not listing.settled:
        warnings.warn(
            "the list kept changing while it was read: rows may be missing or outdated; read it again to be sure",
            stacklevel=3,
        )
    return frame


def tell_misfits(frame: pd.DataFrame, misfits: Mapping[str, int], *, stacklevel: int = 3) -> None:
    """Warn of values that are missing since they were of a wrong type, if any, and note them in the frame's `attrs`.

    Parameters
    ----------
    frame
        Where they are missing.
    misfits
        How many there are in each field.
    stacklevel
        As for `warnings.warn`: who called the client.
    """
    if not misfits:
        return
    frame.attrs["misfits"] = dict(misfits)
    fields = ", ".join(f"{name} ({count})" for name, count in misfits.items())
    warnings.warn(
        f"the API sent values of another type than documented, which are missing: {fields}", stacklevel=stacklevel
    )


def with_clusters(vms: pd.DataFrame, clusters: Sequence[Row], counts: Sequence[int]) -> pd.DataFrame:
    """Return a frame of VMs with `clusterId` and `clusterName` before its columns.

    Parameters
    ----------
    vms
        The VMs of cluster after cluster.
    clusters
        Those clusters, as a list has them.
    counts
        How many VMs each has.
    """
    rows = [{name: row.get(field) for name, (field, _) in _FLEET_COLUMNS.items()} for row in clusters]
    owners = to_frame(rows, {name: kind for name, (_, kind) in _FLEET_COLUMNS.items()}, "UTC")
    owners = owners.iloc[np.repeat(np.arange(len(rows)), list(counts))]
    frame = pd.concat([owners.reset_index(drop=True), vms], axis=1)
    frame.attrs = vms.attrs
    return frame


def named(frame: pd.DataFrame, name: str | None) -> pd.DataFrame:
    """Return the rows whose name contains `name`, in whichever form either is written."""
    wanted = same_form(name or "")
    matches = [wanted in same_form(text) for text in frame["name"].fillna("")]
    return narrowed(frame[np.array(matches, bool)], frame)


def narrowed(part: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return some rows of a frame, numbered anew, with the `attrs` of the whole."""
    part = part.reset_index(drop=True)
    part.attrs = dict(frame.attrs)
    return part


def to_frame(rows: Sequence[Row], columns: Mapping[str, Kind], timezone: str) -> pd.DataFrame:
    """Build a DataFrame.

    Parameters
    ----------
    rows
        JSON objects that passed `check_rows(rows, columns)`.
    columns
        Documented fields and their kinds. Other fields follow, in the order in which they are first seen.
    timezone
        IANA name for the time columns.

    Returns
    -------
    DataFrame
        One row per object. Text is `string`, with control and direction characters as Python escapes, as in the names
        and values of fields that are not documented; flags are `boolean`, counts `Int64`, times
        `datetime64[ms, timezone]`, durations `timedelta64[ms]`; what is absent or null is missing.
    """
    return joined_frame([Chunk.of_rows(rows, columns)], columns, timezone)


def joined_frame(chunks: Sequence[Chunk], columns: Mapping[str, Kind], timezone: str) -> pd.DataFrame:
    """Build a DataFrame of the rows of all chunks, one at least; see `to_frame`."""
    harmless = all(chunk.harmless for chunk in chunks)
    names = dict.fromkeys(chain(columns, *(chunk.columns for chunk in chunks)))
    typed: dict[str, Any] = {}
    for name in names:
        parts = [chunk.take(name) for chunk in chunks]
        kind = columns.get(name)
        if kind is None:
            typed[visible(name)] = _guessed(list(chain.from_iterable(parts)), timezone)
        elif kind is Kind.TEXT:
            typed[name] = _texts(parts, harmless=harmless)
        else:
            typed[name] = _numbers(b"".join(parts), kind, timezone)
    return pd.DataFrame(typed, copy=False)


def _guessed(values: list[Any], timezone: str) -> Any:
    """Return a column that is not documented, typed by its values."""
    kind = next((kind for kind in (Kind.TEXT, Kind.FLAG, Kind.COUNT) if all_fit(values, kind)), None)
    if kind is None:
        return pd.Series(list(map(made_visible, values)), dtype=object).array
    if kind is Kind.TEXT:
        return _texts([values], harmless=False)
    return _numbers(Chunk.of({"": values}, {"": kind}, len(values), harmless=False).take(""), kind, timezone)


def _texts(parts: Sequence[list[str | None]], *, harmless: bool) -> Any:
    if not harmless:  # a frame is also printed in a terminal
        parts = [
            part if is_harmless(" ".join(filter(None, part))) else [v and visible(v) for v in part] for part in parts
        ]
    together = chain.from_iterable(parts)
    if _arrow:
        return pd.array(_arrow.array(list(together), _arrow.large_string()), dtype=_STRING)
    return pd.array(np.fromiter(together, object, sum(map(len, parts))), dtype=_STRING, copy=False)


def _numbers(packed: bytes, kind: Kind, timezone: str) -> Any:
    numbers = np.frombuffer(bytearray(packed), "int64")
    if kind is Kind.FLAG:
        return pd.arrays.BooleanArray(numbers == 1, numbers == MISSING)
    if kind is Kind.COUNT:
        return pd.arrays.IntegerArray(numbers, numbers == MISSING)
    if kind is Kind.DURATION:
        return numbers.view("timedelta64[ms]")
    return pd.DatetimeIndex(numbers.view("datetime64[ms]")).tz_localize("UTC").tz_convert(timezone)
