"""Fleet usage: DataFrames of clusters in, DataFrames and charts out. No HTTP, no Jupyter."""

from heco_jupyter.fleet.archive import compact, history, snapshot, snapshots
from heco_jupyter.fleet.charts import Picture, plot_concurrency, plot_usage, timeline
from heco_jupyter.fleet.totals import concurrency, usage

__all__ = [
    "Picture",
    "compact",
    "concurrency",
    "history",
    "plot_concurrency",
    "plot_usage",
    "snapshot",
    "snapshots",
    "timeline",
    "usage",
]
