"""Analysis of a fleet over time: DataFrames of clusters in, DataFrames and charts out. No HTTP, no Jupyter."""

from heco_jupyter.fleet.archive import snapshot, snapshots
from heco_jupyter.fleet.charts import plot_concurrency, timeline
from heco_jupyter.fleet.compacting import compact
from heco_jupyter.fleet.counts import concurrency
from heco_jupyter.fleet.observations import history
from heco_jupyter.fleet.prices import read_prices
from heco_jupyter.fleet.reporting import report
from heco_jupyter.fleet.sql import usage_sql
from heco_jupyter.fleet.totals import usage
from heco_jupyter.fleet.usage_charts import plot_usage

__all__ = [
    "compact",
    "concurrency",
    "history",
    "plot_concurrency",
    "plot_usage",
    "read_prices",
    "report",
    "snapshot",
    "snapshots",
    "timeline",
    "usage",
    "usage_sql",
]
