"""What all parts of the panel have in common: a cluster that they are about, and a watcher that feeds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from heco_jupyter.api.connection import current
from heco_jupyter.panel.watcher import View, Wants, watcher_of

if TYPE_CHECKING:
    from heco_jupyter.api.client import Client
    from heco_jupyter.api.cluster import Cluster

WIDE = widgets.Layout(width="auto")


class Part(widgets.VBox):
    """A part of the panel, which can be used alone.

    Parameters
    ----------
    client
        The connection; the shared one by default.
    cluster
        The cluster that it is about: itself, its id, a part of that, or its name. It can be changed with `look_at`.
    alone
        Whether it listens to the watcher by itself. A panel feeds its parts instead.
    """

    def __init__(
        self, client: Client | None = None, cluster: str | Cluster | None = None, *, alone: bool = True, **traits: Any
    ) -> None:
        client = client or current()
        self.cluster_id: str | None = None if cluster is None else str(client.find(cluster).id)
        self.watcher = watcher_of(client)
        self._build()
        super().__init__(**traits)  # type: ignore[no-untyped-call]
        self._alone = alone
        if alone:
            if self.watcher.view.heard is None:
                self.watcher.read()
            self.watcher.add(self)

    def _build(self) -> None:
        """Make the widgets, before they are given to `children`."""

    @property
    def wants(self) -> Wants:
        """What the watcher must read for this."""
        return Wants(self.cluster_id)

    def show(self, view: View) -> None:
        """Show what is known now."""
        raise NotImplementedError

    def look_at(self, cluster_id: str | None) -> None:
        """Be about another cluster, given by its id."""
        if cluster_id != self.cluster_id:
            self.cluster_id = cluster_id
            self.show(self.watcher.view)
            if self._alone:
                self.watcher.refresh()

    def close(self) -> None:
        """Stop listening, and take the widgets away."""
        if hasattr(self, "watcher"):  # not where making it failed
            self.watcher.remove(self)
        for child in self.children:
            child.close()
        super().close()  # type: ignore[no-untyped-call]


def button(words: str, about: str, **traits: Any) -> widgets.Button:
    """Return a button with words on it and a longer explanation."""
    return widgets.Button(description=words, tooltip=about, layout=widgets.Layout(width="auto"), **traits)
