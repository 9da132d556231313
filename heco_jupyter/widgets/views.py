"""The views that only show: a cluster's status, its nodes, and what panels have done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from heco_jupyter.api.display import markup
from heco_jupyter.live.state import Interest
from heco_jupyter.widgets import render
from heco_jupyter.widgets.base import ClusterWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heco_jupyter.live.state import FleetState

NO_CLUSTER = "pick a cluster"


class _HtmlView(ClusterWidget):
    """A view that is one piece of HTML."""

    def _make_children(self) -> Sequence[widgets.Widget]:
        self.html = widgets.HTML()
        return (self.html,)


class StatusView(_HtmlView):
    """A cluster's card: status, times, owner, version, counts, links, and the operation under way.

    Examples
    --------
    >>> from heco_jupyter.widgets import StatusView
    >>> StatusView("etl-nightly")  # doctest: +SKIP
    """

    def show(self, fleet: FleetState) -> None:
        """Show the card."""
        cluster = fleet.cluster(self.cluster_id)
        if cluster is None:
            is_gone = self.cluster_id is not None and fleet.updated_at is not None
            self.html.value = markup.quiet("the API no longer has this cluster" if is_gone else NO_CLUSTER)
            return
        under_way = fleet.operations.get(str(cluster.id))
        self.html.value = render.card(cluster, under_way.words if under_way else None)


class NodesView(_HtmlView):
    """A cluster's VMs, with role, status, flavor and addresses.

    Examples
    --------
    >>> from heco_jupyter.widgets import NodesView
    >>> NodesView("etl-nightly")  # doctest: +SKIP
    """

    @property
    def interest(self) -> Interest:
        """What the watcher must read for this widget."""
        return Interest(self.cluster_id, vms=True)

    def show(self, fleet: FleetState) -> None:
        """Show the table."""
        vms = fleet.vms.get(self.cluster_id or "")
        if vms:
            self.html.value = render.vm_table(vms)
        elif self.cluster_id is None:
            self.html.value = markup.quiet(NO_CLUSTER)
        else:
            self.html.value = markup.quiet("reading the VMs…" if vms is None else "it has no VMs")


class ActivityView(_HtmlView):
    """What the panels of this connection have done, when, and what came of it.

    Examples
    --------
    >>> from heco_jupyter.widgets import ActivityView
    >>> ActivityView()  # doctest: +SKIP
    """

    def show(self, fleet: FleetState) -> None:
        """Show the log."""
        self.html.value = render.activity_table(fleet.log, self.watcher.client.settings.timezone)
