"""The control panel and its views, each usable on its own.

`heco_jupyter.panel()` makes a panel. A view on its own follows one cluster:

>>> from heco_jupyter.widgets import StatusView
>>> StatusView("etl-nightly")  # doctest: +SKIP
"""

from heco_jupyter.widgets.controls import DeleteControl, ScaleControl
from heco_jupyter.widgets.panel import ClusterPanel
from heco_jupyter.widgets.picker import ClusterPicker
from heco_jupyter.widgets.views import ActivityView, NodesView, StatusView

__all__ = [
    "ActivityView",
    "ClusterPanel",
    "ClusterPicker",
    "DeleteControl",
    "NodesView",
    "ScaleControl",
    "StatusView",
]
