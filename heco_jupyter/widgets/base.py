"""What the panel and its views have in common: the cluster they show, and the watcher that updates them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from heco_jupyter.api.client import Client
from heco_jupyter.api.connection import current
from heco_jupyter.api.model.checks import check_type
from heco_jupyter.live.state import FleetState, Interest
from heco_jupyter.live.watcher import watcher_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from traitlets import Bunch

    from heco_jupyter.api.model.cluster import Cluster

WIDE = widgets.Layout(width="auto")


class ClusterWidget(widgets.VBox):
    """A widget that shows one cluster, or the fleet, and follows it.

    Parameters
    ----------
    cluster
        The cluster to show: a `Cluster`, its id, the start of its id, or its name.
    client
        The connection; the shared one by default.
    standalone
        Whether it listens to the watcher itself. False for the views of a panel, which updates them.
    """

    def __init__(
        self,
        cluster: str | Cluster | None = None,
        *,
        client: Client | None = None,
        standalone: bool = True,
        **traits: Any,
    ) -> None:
        check_type(client, Client | None, "client", "what heco_jupyter.connect() returns")
        client = current() if client is None else client
        self.cluster_id: str | None = None if cluster is None else str(client.find(cluster).id)
        self.watcher = watcher_of(client)
        super().__init__(self._make_children(), **traits)  # type: ignore[no-untyped-call]
        self._standalone = standalone
        if standalone:
            if self.watcher.fleet.updated_at is None:
                self.watcher.read()
            self.watcher.add(self)

    def _make_children(self) -> Sequence[widgets.Widget]:
        """Make the widgets inside this one, and return those at the top."""
        raise NotImplementedError

    @property
    def interest(self) -> Interest:
        """What the watcher must read for this widget."""
        return Interest(self.cluster_id)

    def show(self, fleet: FleetState) -> None:
        """Show what is known now."""
        raise NotImplementedError

    def set_cluster(self, cluster_id: str | None) -> None:
        """Show another cluster, given by its id."""
        if cluster_id != self.cluster_id:
            self.cluster_id = cluster_id
            self._show_again()
            if self._standalone:
                self.watcher.refresh()

    def _show_again(self) -> None:
        self.show(self.watcher.fleet)

    def _on_change(self, widget: widgets.Widget, trait: str, handle: Callable[[Bunch], object]) -> None:
        """Call `handle` when a person changes `trait`, but never while the watcher notifies."""

        def locked(change: Bunch) -> None:
            with self.watcher.notify_lock:
                handle(change)

        widget.observe(locked, trait)

    def _on_click(self, button: widgets.Button, handle: Callable[[], object]) -> None:
        """Call `handle` when a person clicks `button`, but never while the watcher notifies."""

        def locked(_: widgets.Button) -> None:
            with self.watcher.notify_lock:
                handle()

        button.on_click(locked)

    def close(self) -> None:
        """Stop listening, and close the widgets."""
        if hasattr(self, "watcher"):  # not when the constructor failed
            self.watcher.remove(self)
        for widget in _descendants(self):
            widget.close()
        super().close()  # type: ignore[no-untyped-call]


def _descendants(box: widgets.Box) -> list[widgets.Widget]:
    inner = [widget for child in box.children if isinstance(child, widgets.Box) for widget in _descendants(child)]
    return [*inner, *box.children]


def make_button(label: str, tooltip: str, **traits: Any) -> widgets.Button:
    """Return a button as wide as its label."""
    return widgets.Button(description=label, tooltip=tooltip, layout=widgets.Layout(width="auto"), **traits)
