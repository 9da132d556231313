"""Fleet usage: DataFrames of clusters in, DataFrames and charts out. No HTTP, no Jupyter."""

from heco_jupyter.fleet.charts import Picture, plot_concurrency, plot_usage, timeline
from heco_jupyter.fleet.history import compact, history, snapshot, snapshots
from heco_jupyter.fleet.usage import concurrency, usage

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
