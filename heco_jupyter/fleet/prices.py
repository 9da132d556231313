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
from heco_jupyter.fleet.columns import check_chosen, taken

if TYPE_CHECKING:
    from heco_jupyter.api.model.plans import ScalePlan
    from heco_jupyter.fleet.columns import Floats
    from heco_jupyter.fleet.lives import Lives
    from heco_jupyter.fleet.pieces import Pieces

_FLAVOR, _PRICE = "flavorName", "pricePerHour"
_HIGHEST_PRICE = 1e300
_ROUNDING = 1e-9


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
        When the file cannot be read, a column is missing, a flavor is listed twice (spaces make no difference) or has
        no name, or a price is not a number of at least 0.

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
    if isinstance(prices, Mapping):
        rows: list[tuple[Any, Any]] = list(prices.items())
    else:
        frame = _read_csv(local_path(prices, "prices")) if isinstance(prices, str | Path) else prices
        if not isinstance(frame, pd.DataFrame) or any(list(frame).count(name) != 1 for name in (_FLAVOR, _PRICE)):
            raise CommandError(f"a price table needs the columns {_FLAVOR} and {_PRICE}, each once")
        rows = list(zip(frame[_FLAVOR], frame[_PRICE], strict=True))
    seen = set()
    for flavor, price in rows:
        name = "".join(flavor.split()) if isinstance(flavor, str) else ""
        if not name:
            raise CommandError(f"the price table has the price {plain(price, 40)} without a {_FLAVOR}")
        if name in seen:
            raise CommandError(f"the price table lists {plain(name, 40)} twice")
        seen.add(name)
        is_number = not isinstance(price, bool) and isinstance(price, int | float | np.integer | np.floating)
        if not is_number or not 0 <= price <= _HIGHEST_PRICE:
            raise CommandError(
                f"the price of {plain(flavor, 40)} is {plain(repr(price), 40)}, it must be a number of at least 0"
            )
    return {flavor.strip(): float(price) for flavor, price in rows}


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, skipinitialspace=True)
    except (OSError, ValueError) as error:
        problem = plain(error, 120)
    raise CommandError(f"the price table {plain(path, 120)} cannot be read: {problem}")


def hourly_rates(lives: Lives, pieces: Pieces, prices: Mapping[str, float] | None) -> tuple[Floats, list[str]]:
    """Return what the clusters cost per hour in each piece, and the flavors without a price.

    Parameters
    ----------
    lives, pieces
        The clusters, which tell the flavors, and their counts.
    prices
        Price per hour by flavorName; None for the prices that the history has kept, each for its own time.

    Returns
    -------
    tuple of ndarray and list of str
        One rate (float64) per piece, NaN where a count, a flavor or a price is unknown, as the flavor of nodes is that
        are neither masters nor workers; and the flavors without a price, sorted.

    Raises
    ------
    CommandError
        When no frame has the flavors that `prices` needs.
    """
    rates = np.zeros(len(pieces.nodes))
    unpriced: set[str] = set()
    for count, kept, name in (
        (pieces.masters, pieces.masterPrice, "masterFlavorName"),
        (pieces.workers, pieces.workerPrice, "workerFlavorName"),
    ):
        flavors = _flavors(lives, name)
        known = prices
        if known is None:  # of a cluster that no snapshot saw alive, the price is that of others of its flavor
            last, had = np.full(len(flavors), np.nan), np.isfinite(kept)
            last[pieces.cluster[had]] = kept[had]
            known = dict(zip(flavors[np.isfinite(last)], last[np.isfinite(last)], strict=True))
        unpriced |= {*flavors.dropna()} - {*known}
        price = flavors.map(known).to_numpy("float64")[pieces.cluster]
        rates += count * (price if prices is not None else np.where(np.isnan(kept), price, kept))
    others = pieces.nodes - pieces.masters - pieces.workers
    rates[others > _ROUNDING * pieces.nodes] = np.nan  # no field tells the flavor of other nodes
    return rates, sorted(unpriced)


def keeps_prices(pieces: Pieces) -> bool:
    """Return whether the history has kept a price of any cluster."""
    return bool(np.isfinite(pieces.masterPrice).any() or np.isfinite(pieces.workerPrice).any())


def _flavors(lives: Lives, name: str) -> pd.Series:
    """Return the flavors of all clusters, from the first frame that has each."""
    flavors = np.full(len(lives.starts), None, object)
    frames = [(frame, positions) for frame, positions in lives.frames.values() if name in frame]
    if not frames:
        raise CommandError(
            "costs need each cluster's flavors, which a list does not have",
            hint="%heco usage --exact reads them; from Python, pass details=client.list_details(...)",
        )
    for frame, positions in frames:
        check_chosen(frame, [name], "to price by")
        told = frame[name].astype(object).where(frame[name].notna(), None).to_numpy(object)
        flavors = np.where(pd.isna(flavors), taken(told, positions), flavors)
    return pd.Series(flavors, dtype=object).map(lambda flavor: str(flavor).strip(), na_action="ignore")


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
