"""The control panel and its parts, each usable on its own.

`heco_jupyter.panel()` makes a panel. A part on its own follows one cluster:

>>> from heco_jupyter.widgets import StatusView
>>> StatusView("etl-nightly")  # doctest: +SKIP
"""

from heco_jupyter.widgets.panel import ClusterPanel
from heco_jupyter.widgets.parts import (
    ActivityView,
    ClusterPicker,
    DeleteControl,
    NodesView,
    ScaleControl,
    StatusView,
)

__all__ = [
    "ActivityView",
    "ClusterPanel",
    "ClusterPicker",
    "DeleteControl",
    "NodesView",
    "ScaleControl",
    "StatusView",
]
