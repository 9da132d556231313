"""Fleet usage: DataFrames of clusters in, DataFrames and charts out. No HTTP, no Jupyter."""

from heco_jupyter.fleet.usage import concurrency, usage

__all__ = ["concurrency", "usage"]
