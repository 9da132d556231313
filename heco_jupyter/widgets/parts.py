"""The parts of the panel, each usable on its own: the same widget, with fewer sections."""

from __future__ import annotations

from typing import ClassVar

from heco_jupyter.widgets.panel import ClusterPanel


class ClusterPicker(ClusterPanel):
    """Pick a cluster; `cluster_id` is its id.

    The selection is an id: neither the filter nor changes in the fleet move it to another cluster.

    Examples
    --------
    >>> from heco_jupyter.widgets import ClusterPicker
    >>> picker = ClusterPicker()  # doctest: +SKIP
    >>> picker.filter = "etl"  # doctest: +SKIP
    """

    shown: ClassVar = ("list",)


class StatusView(ClusterPanel):
    """A cluster's card: status, times, owner, version, counts, links, and the operation under way.

    Examples
    --------
    >>> from heco_jupyter.widgets import StatusView
    >>> StatusView("etl-nightly")  # doctest: +SKIP
    """

    shown: ClassVar = ("status",)


class ScaleControl(ClusterPanel):
    """Scale a cluster: a slider for the target worker count, a question, and the reason when it is disabled.

    Examples
    --------
    >>> from heco_jupyter.widgets import ScaleControl
    >>> ScaleControl("etl-nightly")  # doctest: +SKIP
    """

    shown: ClassVar = ("scale",)


class DeleteControl(ClusterPanel):
    """Delete a cluster, once its name has been typed.

    Examples
    --------
    >>> from heco_jupyter.widgets import DeleteControl
    >>> DeleteControl("etl-adhoc")  # doctest: +SKIP
    """

    shown: ClassVar = ("delete",)


class NodesView(ClusterPanel):
    """A cluster's VMs, with role, status, flavor and addresses.

    Examples
    --------
    >>> from heco_jupyter.widgets import NodesView
    >>> NodesView("etl-nightly")  # doctest: +SKIP
    """

    shown: ClassVar = ("nodes",)


class ActivityView(ClusterPanel):
    """What the panels of this connection have done, when, and what came of it.

    Examples
    --------
    >>> from heco_jupyter.widgets import ActivityView
    >>> ActivityView()  # doctest: +SKIP
    """

    shown: ClassVar = ("activity",)
