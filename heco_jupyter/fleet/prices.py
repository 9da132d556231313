"""What an hour costs: the user's own price table, and the rate of a cluster by it. No price is built in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import plain
from heco_jupyter.errors import CommandError

if TYPE_CHECKING:
    from heco_jupyter.fleet.spans import Floats, Lives

_COLUMNS = ("flavorName", "pricePerHour")
_FLAVORS = ("masterFlavorName", "workerFlavorName")


def read_prices(prices: Mapping[str, float] | pd.DataFrame | str | Path) -> dict[str, float]:
    """Return the price of an hour by flavorName.

    Raises
    ------
    CommandError
        When it cannot be read, or a price is not a number of at least 0.
    """
    table: Mapping[Any, Any]
    if isinstance(prices, Mapping):
        table = prices
    else:
        frame = _read_csv(Path(prices).expanduser()) if isinstance(prices, str | Path) else prices
        if not isinstance(frame, pd.DataFrame) or not {*_COLUMNS} <= {*frame.columns}:
            raise CommandError(f"a price table has the columns {' and '.join(_COLUMNS)}")
        doubled = frame[_COLUMNS[0]][frame[_COLUMNS[0]].duplicated()]
        if len(doubled):
            raise CommandError(f"the price table has {plain(doubled.iloc[0], 40)} twice")
        table = dict(zip(frame[_COLUMNS[0]], frame[_COLUMNS[1]], strict=True))
    for flavor, price in table.items():
        number = not isinstance(price, bool) and isinstance(price, int | float | np.number)
        if not number or not np.isfinite(price) or price < 0:
            raise CommandError(
                f"the price of {plain(flavor, 40)} is {plain(repr(price), 40)}, it must be a number of at least 0"
            )
    return {str(flavor).strip(): float(price) for flavor, price in table.items()}


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, skipinitialspace=True)
    except (OSError, ValueError) as error:
        problem = plain(error, 120)
    raise CommandError(f"the price table {plain(path, 120)} cannot be read: {problem}")


def rates(
    clusters: pd.DataFrame, details: pd.DataFrame | None, known: Lives, prices: Mapping[str, float]
) -> tuple[Floats, list[str]]:
    """Return what an hour of each cluster costs, NaN where that is not known, and the flavors without a price.

    Parameters
    ----------
    clusters, details
        One of them must have masterFlavorName and workerFlavorName; `Client.list_details` gives them.
    known
        The clusters' node counts.
    prices
        By flavorName.

    Raises
    ------
    CommandError
        When neither frame has the flavors.
    """
    priced = []
    unpriced: set[str] = set()
    for column in _FLAVORS:
        flavors = _flavors(clusters, details, column)
        unpriced |= set(flavors.dropna()) - set(prices)
        priced.append(flavors.map(prices).to_numpy("float64"))
    master, worker = priced
    return known.masters * master + (known.nodes - known.masters) * worker, sorted(unpriced)


def _flavors(clusters: pd.DataFrame, details: pd.DataFrame | None, column: str) -> pd.Series:
    if column in clusters:
        return clusters[column].astype(object)
    if details is None or column not in details:
        raise CommandError(
            "a cost needs each cluster's flavors, which a list does not have",
            hint="%heco usage --exact reads them; from Python, give details=client.list_details(...)",
        )
    by_id = pd.Series(details[column].to_numpy(object), index=details["id"].astype(object))
    return by_id[~by_id.index.duplicated(keep="last")].reindex(clusters["id"].astype(object)).reset_index(drop=True)
