"""The panel: picker, status, scaler, nodes, activity and delete, fed together by one watcher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from IPython.core.getipython import get_ipython

from heco_jupyter.api.connection import current
from heco_jupyter.live.watcher import View, Wants
from heco_jupyter.widgets import render as look
from heco_jupyter.widgets.base import WIDE, Part, button
from heco_jupyter.widgets.controls import DeleteControl, ScaleControl
from heco_jupyter.widgets.picker import ClusterPicker
from heco_jupyter.widgets.views import ActivityView, NodesView, StatusView

if TYPE_CHECKING:
    from traitlets import Bunch

    from heco_jupyter.api.client import Client
    from heco_jupyter.api.model.cluster import Cluster

_PAGES = ("Nodes", "Activity", "Delete…")


class ClusterPanel(Part):
    """See and control the clusters of a connection.

    Parameters
    ----------
    cluster
        The cluster to begin with: itself, its id, the start of its id, or its name.
    client
        The connection; the shared one by default.

    Raises
    ------
    ApiError, TransportError
        When the fleet cannot be read: a panel begins with what there is.
    """

    _parts: tuple[Part, ...] = ()

    def _build(self) -> None:
        client = self.watcher.client
        fed: dict[str, Any] = {"client": client, "alone": False}
        self.picker = ClusterPicker(**fed)
        self.status = StatusView(**fed)
        self.scale = ScaleControl(**fed)
        self.nodes = NodesView(**fed)
        self.activity = ActivityView(**fed)
        self.delete = DeleteControl(**fed)
        self._parts = (self.picker, self.status, self.scale, self.nodes, self.activity, self.delete)
        self.head = widgets.HTML(look.head(client))
        self.pulse = widgets.HTML()
        self.auto = widgets.Checkbox(value=True, description="auto", indent=False, layout=WIDE)
        self.refresh = button("Refresh", "Read the fleet now")
        self.tabs = widgets.ToggleButtons(options=_PAGES, tooltips=["The VMs", "What was done from here", "Delete"])
        self.tabs.style.button_width = "auto"
        self.page = widgets.Box(layout=WIDE)
        self._on(self.picker, "selected", self._select)
        self._on(self.tabs, "value", self._turn)
        self._on(self.auto, "value", lambda _: self.watcher.refresh())
        self._on_click(self.refresh, self.watcher.refresh)

    def __init__(self, cluster: str | Cluster | None = None, *, client: Client | None = None, **traits: Any) -> None:
        super().__init__(cluster, client=client, **traits)
        row = widgets.Layout(flex_flow="row wrap", align_items="center", justify_content="space-between")
        side = widgets.Box([self.pulse, self.auto, self.refresh], layout=row)
        head = widgets.Box([self.head, side], layout=row)
        self.picker.layout = widgets.Layout(flex="1 1 260px", min_width="0")
        detail = widgets.VBox(
            [self.status, self.scale, self.tabs, self.page], layout=widgets.Layout(flex="2 1 360px", min_width="0")
        )
        body = widgets.Box([self.picker, detail], layout=widgets.Layout(flex_flow="row wrap", grid_gap="16px"))
        self.children = (head, body)
        self.layout = widgets.Layout(border="1px solid var(--jp-border-color2, #ccc)", padding="8px 12px")
        self._turn(None)
        if self.cluster_id:
            self.picker.selected = self.cluster_id
        self._show_again()

    @property
    def wants(self) -> Wants:
        """What the watcher must read for this."""
        return Wants(self.cluster_id, self.tabs.value == _PAGES[0], self.picker.terminated.value, self.auto.value)

    def show(self, view: View) -> None:
        """Show what is known now, in every part."""
        self.pulse.value = look.pulse(view)
        for part in self._parts:
            part.show(view)

    def _select(self, change: Bunch) -> None:
        self.cluster_id = change.new
        for part in self._parts[1:]:
            part.look_at(change.new)
        self.watcher.refresh()

    def _turn(self, _: Bunch | None) -> None:
        pages = dict(zip(_PAGES, (self.nodes, self.activity, self.delete), strict=True))
        self.page.children = (pages[self.tabs.value],)
        self.watcher.refresh()

    def close(self) -> None:
        """Stop listening, and take the panel away; the reading stops with the last panel."""
        for part in self._parts:
            part.close()
        super().close()

    # Where widgets cannot live

    def __repr__(self) -> str:
        clusters = self.watcher.view.clusters.values()
        lines = [look.label(cluster, None) for cluster in clusters if not cluster.state.is_terminated]
        chosen = self.watcher.view.cluster(self.cluster_id)
        return "\n".join([f"Hadoop Eco, {self.watcher.client!r}", *lines, *([repr(chosen)] if chosen else [])])

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)  # type: ignore[no-untyped-call]
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            data["text/plain"], data["text/html"] = repr(self), self._snapshot()
        return bundle

    def _snapshot(self) -> str:
        view = self.watcher.view
        heard = f", as of {view.heard:%Y-%m-%d %H:%M:%S %Z}" if view.heard else ""
        active = [cluster for cluster in view.clusters.values() if not cluster.state.is_terminated]
        chosen = view.cluster(self.cluster_id)
        card = look.status(chosen, None) if chosen else ""
        return f"<div>{look.head(self.watcher.client)}{look.quiet(heard)}</div>{look.fleet(active)}{card}"


_by_cell: dict[str, tuple[str, list[ClusterPanel]]] = {}


def panel(cluster: str | Cluster | None = None, *, client: Client | None = None) -> ClusterPanel:
    """Make a control panel; panels that an earlier run of the same cell made are closed.

    Parameters
    ----------
    cluster
        The cluster to begin with: itself, its id, the start of its id, or its name.
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
    made = ClusterPanel(cluster, client=client or current())
    cell, run = _where()
    if cell:
        earlier, panels = _by_cell.get(cell, ("", []))
        if earlier != run:
            for old in panels:
                old.close()
            panels = []
        _by_cell[cell] = (run, [*panels, made])
    return made


def _where() -> tuple[str, str]:
    """Return the cell that is running, and which run of it; empty where there are no cells."""
    parent: dict[str, Any] = getattr(get_ipython(), "get_parent", dict)()
    return str(parent.get("metadata", {}).get("cellId") or ""), str(parent.get("header", {}).get("msg_id") or "")
