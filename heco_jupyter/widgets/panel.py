"""The panel: picker, status, scale, nodes, activity and delete, updated together by one watcher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from IPython.core.getipython import get_ipython

from heco_jupyter.api.display import markup
from heco_jupyter.live.state import FleetState, Interest
from heco_jupyter.widgets import render
from heco_jupyter.widgets.base import WIDE, ClusterWidget, make_button
from heco_jupyter.widgets.controls import DeleteControl, ScaleControl
from heco_jupyter.widgets.picker import ClusterPicker
from heco_jupyter.widgets.views import ActivityView, NodesView, StatusView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from traitlets import Bunch

    from heco_jupyter.api.client import Client
    from heco_jupyter.api.model.cluster import Cluster

_TABS = ("Nodes", "Activity", "Delete…")


class ClusterPanel(ClusterWidget):
    """See and control the clusters of a connection.

    Parameters
    ----------
    cluster
        The cluster to begin with: a `Cluster`, its id, the start of its id, or its name.
    client
        The connection; the shared one by default.

    Raises
    ------
    UnknownClusterError
        When no cluster, or more than one, is called that.
    CredentialsError, ApiError, TransportError
        When the fleet cannot be read.

    Examples
    --------
    >>> from heco_jupyter.widgets import ClusterPanel
    >>> ClusterPanel("etl-nightly")  # doctest: +SKIP
    """

    _views: tuple[ClusterWidget, ...] = ()

    def __init__(self, cluster: str | Cluster | None = None, *, client: Client | None = None, **traits: Any) -> None:
        super().__init__(cluster, client=client, **traits)
        self.layout = widgets.Layout(border=f"1px solid {markup.BORDER}", padding="8px 12px")
        self._tab_changed(None)
        if self.cluster_id:
            self.picker.selected = self.cluster_id
        self._show_again()

    def _make_children(self) -> Sequence[widgets.Widget]:
        client = self.watcher.client
        self.picker = ClusterPicker(client=client, standalone=False)
        self.status = StatusView(client=client, standalone=False)
        self.scale = ScaleControl(client=client, standalone=False)
        self.nodes = NodesView(client=client, standalone=False)
        self.activity = ActivityView(client=client, standalone=False)
        self.delete = DeleteControl(client=client, standalone=False)
        self._views = (self.picker, self.status, self.scale, self.nodes, self.activity, self.delete)
        self.header = widgets.HTML(render.header(client))
        self.freshness = widgets.HTML()
        self.auto = widgets.Checkbox(value=True, description="auto", indent=False, layout=WIDE)
        self.refresh = make_button("Refresh", "Read the fleet now")
        self.tabs = widgets.ToggleButtons(options=_TABS, tooltips=["The VMs", "What was done from here", "Delete"])
        self.tabs.style.button_width = "auto"
        self.tab = widgets.Box(layout=WIDE)
        self._on_change(self.picker, "selected", self._selected_changed)
        self._on_change(self.tabs, "value", self._tab_changed)
        self._on_change(self.auto, "value", lambda _: self.watcher.refresh())
        self._on_click(self.refresh, self.watcher.refresh)
        return self._arranged()

    def _arranged(self) -> Sequence[widgets.Widget]:
        """Return the widgets in rows and columns."""
        row = widgets.Layout(flex_flow="row wrap", align_items="center", justify_content="space-between")
        side = widgets.Box([self.freshness, self.auto, self.refresh], layout=row)
        top = widgets.Box([self.header, side], layout=row)
        self.picker.layout = widgets.Layout(flex="1 1 260px", min_width="0")
        detail = widgets.VBox(
            [self.status, self.scale, self.tabs, self.tab], layout=widgets.Layout(flex="2 1 360px", min_width="0")
        )
        body = widgets.Box([self.picker, detail], layout=widgets.Layout(flex_flow="row wrap", grid_gap="16px"))
        return top, body

    @property
    def interest(self) -> Interest:
        """What the watcher must read for this widget."""
        return Interest(
            self.cluster_id,
            vms=self.tabs.value == _TABS[0],
            terminated=self.picker.terminated.value,
            auto=self.auto.value,
        )

    def show(self, fleet: FleetState) -> None:
        """Show what is known now, in every view."""
        self.freshness.value = render.freshness(fleet)
        for view in self._views:
            view.show(fleet)

    def _selected_changed(self, change: Bunch) -> None:
        self.cluster_id = change.new
        for view in self._views[1:]:
            view.set_cluster(change.new)
        self.watcher.refresh()

    def _tab_changed(self, _: Bunch | None) -> None:
        contents = dict(zip(_TABS, (self.nodes, self.activity, self.delete), strict=True))
        self.tab.children = (contents[self.tabs.value],)
        self.watcher.refresh()

    def close(self) -> None:
        """Stop listening, and close the panel; readings stop with the last panel."""
        for view in self._views:
            view.close()
        super().close()

    # For places without widgets

    def __repr__(self) -> str:
        clusters = self.watcher.fleet.clusters.values()
        lines = [render.option_label(cluster, None) for cluster in clusters if not cluster.state.is_terminated]
        selected = self.watcher.fleet.cluster(self.cluster_id)
        return "\n".join([f"Hadoop Eco, {self.watcher.client!r}", *lines, *([repr(selected)] if selected else [])])

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)  # type: ignore[no-untyped-call]
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            data["text/plain"], data["text/html"] = repr(self), self._static_html()
        return bundle

    def _static_html(self) -> str:
        fleet = self.watcher.fleet
        as_of = f", as of {fleet.updated_at:%Y-%m-%d %H:%M:%S %Z}" if fleet.updated_at else ""
        active = [cluster for cluster in fleet.clusters.values() if not cluster.state.is_terminated]
        selected = fleet.cluster(self.cluster_id)
        card = render.card(selected, None) if selected else ""
        header = f"<div>{render.header(self.watcher.client)}{markup.quiet(as_of)}</div>"
        return f"{header}{render.cluster_table(active)}{card}"


_panels_by_cell: dict[str, tuple[str, list[ClusterPanel]]] = {}


def panel(cluster: str | Cluster | None = None, *, client: Client | None = None) -> ClusterPanel:
    """Make a control panel, and close those that an earlier run of the same cell made.

    Parameters
    ----------
    cluster
        The cluster to begin with: a `Cluster`, its id, the start of its id, or its name.
    client
        The connection; the shared one by default.

    Returns
    -------
    ClusterPanel

    Raises
    ------
    UnknownClusterError
        When no cluster, or more than one, is called that.
    CredentialsError, ApiError, TransportError
        When the fleet cannot be read.

    Examples
    --------
    >>> import heco_jupyter
    >>> heco_jupyter.panel("etl-nightly")  # doctest: +SKIP
    """
    made = ClusterPanel(cluster, client=client)
    cell, run = _current_cell()
    if cell:
        earlier_run, panels = _panels_by_cell.get(cell, ("", []))
        if earlier_run != run:
            for old in panels:
                old.close()
            panels = []
        _panels_by_cell[cell] = (run, [*panels, made])
    return made


def _current_cell() -> tuple[str, str]:
    """Return the id of the cell that is running and of this run of it; empty outside of a notebook."""
    parent: dict[str, Any] = getattr(get_ipython(), "get_parent", dict)()
    return str(parent.get("metadata", {}).get("cellId") or ""), str(parent.get("header", {}).get("msg_id") or "")
