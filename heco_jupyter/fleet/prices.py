"""Prices: the user's own price table, and what clusters cost per hour by it. No price is built in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.display.cards import count_of
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.api.model.paths import local_path
from heco_jupyter.api.model.plans import flavor_of
from heco_jupyter.fleet.columns import check_chosen, match_by_id

if TYPE_CHECKING:
    from heco_jupyter.api.model.plans import ScalePlan
    from heco_jupyter.fleet.columns import Floats
    from heco_jupyter.fleet.spans import Spans

_FLAVOR, _PRICE = "flavorName", "pricePerHour"
_HIGHEST_PRICE = 1e300
_FLAVOR_COLUMNS = ("masterFlavorName", "workerFlavorName")


def read_prices(prices: Mapping[str, float] | pd.DataFrame | str | Path) -> dict[str, float]:
    """Read and check a price table.

    Parameters
    ----------
    prices
        A mapping from flavorName to the price per hour; or a DataFrame, or the path of a CSV file, with the columns
        flavorName (text) and pricePerHour (a number of at least 0), one row per flavor. The currency is the caller's.

    Returns
    -------
    dict
        Price per hour (float) by flavorName (str, without surrounding spaces).

    Raises
    ------
    CommandError
        When the file cannot be read, a column is missing, a flavor is listed twice, or a price is not a number of at
        least 0.

    Examples
    --------
    >>> import pandas as pd
    >>> from heco_jupyter import fleet
    >>> fleet.read_prices({"m2a.xlarge": 0.25})
    {'m2a.xlarge': 0.25}
    >>> table = pd.DataFrame({"flavorName": ["m2a.xlarge", "r2a.2xlarge"], "pricePerHour": [0.25, 0.5]})
    >>> fleet.read_prices(table)
    {'m2a.xlarge': 0.25, 'r2a.2xlarge': 0.5}
    >>> fleet.read_prices("prices.csv")  # doctest: +SKIP
    {'m2a.xlarge': 0.25, 'r2a.2xlarge': 0.5}
    """
    table: Mapping[Any, Any]
    if isinstance(prices, Mapping):
        table = prices
    else:
        frame = _read_csv(local_path(prices, "prices")) if isinstance(prices, str | Path) else prices
        if not isinstance(frame, pd.DataFrame) or not {_FLAVOR, _PRICE} <= {*frame.columns}:
            raise CommandError(f"a price table needs the columns {_FLAVOR} and {_PRICE}")
        repeated = frame[_FLAVOR][frame[_FLAVOR].duplicated()]
        if len(repeated):
            raise CommandError(f"the price table lists {plain(repeated.iloc[0], 40)} twice")
        table = dict(zip(frame[_FLAVOR], frame[_PRICE], strict=True))
    for flavor, price in table.items():
        is_number = not isinstance(price, bool) and isinstance(price, int | float | np.integer | np.floating)
        if not is_number or not 0 <= price <= _HIGHEST_PRICE:
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


def hourly_rates(
    clusters: pd.DataFrame, details: pd.DataFrame | None, spans: Spans, prices: Mapping[str, float]
) -> tuple[Floats, list[str]]:
    """Return what each cluster costs per hour, and the flavors without a price.

    Parameters
    ----------
    clusters, details
        One of them must have masterFlavorName and workerFlavorName; `Client.list_details` returns them.
    spans
        The clusters' node counts.
    prices
        Price per hour by flavorName.

    Returns
    -------
    tuple of ndarray and list of str
        One rate (float64) per cluster, NaN where a count, a flavor or a price is unknown, as the flavor of nodes is
        that are neither masters nor workers; and the flavors without a price, sorted.

    Raises
    ------
    CommandError
        When neither frame has the flavors.
    """
    columns = []
    unpriced: set[str] = set()
    for name in _FLAVOR_COLUMNS:
        flavors = _flavors(clusters, details, name)
        unpriced |= set(flavors.dropna()) - set(prices)
        columns.append(flavors.map(prices).to_numpy("float64"))
    master_price, worker_price = columns
    rates = spans.masters * master_price + (spans.nodes - spans.masters) * worker_price
    rates = np.where(spans.others > 0, np.nan, rates)  # no field tells the flavor of other nodes
    return rates, sorted(map(str, unpriced))


def _flavors(clusters: pd.DataFrame, details: pd.DataFrame | None, name: str) -> pd.Series:
    """Return a column of flavors, one per row of `clusters`."""
    if name in clusters:
        check_chosen(clusters, [name], "to price by")
        return clusters[name].astype(object)
    if details is None or name not in details:
        raise CommandError(
            "costs need each cluster's flavors, which a list does not have",
            hint="%heco usage --exact reads them; from Python, pass details=client.list_details(...)",
        )
    check_chosen(details, [name], "to price by")
    return match_by_id(clusters, details, details[name].to_numpy(object))


def price_change(plan: ScalePlan, prices: Mapping[str, float]) -> str:
    """Return what a cluster costs per hour before and after a scale, in words.

    Parameters
    ----------
    plan
        The scale, of a cluster as `Client.get_cluster` returns it, with its flavors.
    prices
        Price per hour by flavorName.

    Returns
    -------
    str
        Both prices; the difference alone where the API does not give the counts; or why the price is unknown. Nodes
        that are neither masters nor workers have no known flavor: they are left out, and counted.

    Examples
    --------
    >>> from heco_jupyter import Cluster
    >>> from heco_jupyter.api.model.plans import plan_scale
    >>> flavors = {"masterInfo": [{"flavorName": "m2a.xlarge"}], "workerInfo": [{"flavorName": "r2a.2xlarge"}]}
    >>> cluster = Cluster({"id": "3f2a", "masterCnt": 1, "workerCnt": 3} | flavors)
    >>> price_change(plan_scale(cluster, 5), {"m2a.xlarge": 0.25, "r2a.2xlarge": 0.5})
    '1.75 -> 2.75 per hour'
    """
    cluster = plan.cluster
    flavors = [flavor_of(cluster.masterInfo), flavor_of(cluster.workerInfo)]
    if None in flavors:
        return "price per hour unknown: the API does not give the flavors"
    unpriced = dict.fromkeys(flavor for flavor in flavors if flavor not in prices)
    if unpriced:
        return f"price per hour unknown: no price for {plain(', '.join(map(str, unpriced)), 100)}"
    master_price, worker_price = (prices[str(flavor)] for flavor in flavors)
    more = plan.change * worker_price
    if cluster.masterCnt is None or plan.before is None:
        return f"{more:+,.10g} per hour"
    now = cluster.masterCnt * master_price + plan.before * worker_price
    left_out = f", without {count_of(cluster.other_nodes, 'other node')}" if cluster.other_nodes else ""
    return f"{now:,.10g} -> {now + more:,.10g} per hour{left_out}"
