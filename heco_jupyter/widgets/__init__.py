"""The control panel and its parts, which can be used alone.

`heco_jupyter.panel()` makes a panel; a part is made like this, and follows the cluster by itself:

>>> from heco_jupyter.widgets import StatusView
>>> StatusView(cluster="etl-nightly")  # doctest: +SKIP
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
