"""What all parts of the panel have in common: a cluster that they are about, and a watcher that feeds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from heco_jupyter.api.connection import current
from heco_jupyter.live.watcher import View, Wants, watcher_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from traitlets import Bunch

    from heco_jupyter.api.client import Client
    from heco_jupyter.api.model.cluster import Cluster

WIDE = widgets.Layout(width="auto")


class Part(widgets.VBox):
    """A part of the panel, which can be used alone.

    Parameters
    ----------
    cluster
        The cluster that it is about: itself, its id, the start of its id, or its name; `look_at` changes it.
    client
        The connection; the shared one by default.
    alone
        Whether it listens to the watcher by itself. A panel feeds its parts instead.
    """

    def __init__(
        self, cluster: str | Cluster | None = None, *, client: Client | None = None, alone: bool = True, **traits: Any
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

    if TYPE_CHECKING:

        def show(self, view: View) -> None:
            """Show what is known now; every part has its own way."""

    def look_at(self, cluster_id: str | None) -> None:
        """Be about another cluster, given by its id."""
        if cluster_id != self.cluster_id:
            self.cluster_id = cluster_id
            self.show(self.watcher.view)
            if self._alone:
                self.watcher.refresh()

    def _on(self, widget: widgets.Widget, name: str, handle: Callable[[Bunch], object]) -> None:
        """Have `handle` called for what a person changes, and never while the watcher is telling."""

        def locked(change: Bunch) -> None:
            with self.watcher.telling:
                handle(change)

        widget.observe(locked, name)

    def _on_click(self, widget: widgets.Button, handle: Callable[[], object]) -> None:
        def locked(_: widgets.Button) -> None:
            with self.watcher.telling:
                handle()

        widget.on_click(locked)

    def _show_again(self) -> None:
        self.show(self.watcher.view)

    def close(self) -> None:
        """Stop listening, and take the widgets away."""
        if hasattr(self, "watcher"):  # not where making it failed
            self.watcher.remove(self)
        for widget in _within(self):
            widget.close()
        super().close()  # type: ignore[no-untyped-call]


def _within(box: widgets.Box) -> list[widgets.Widget]:
    """Return all widgets in a box, and in the boxes in it."""
    inner = [widget for child in box.children if isinstance(child, widgets.Box) for widget in _within(child)]
    return [*inner, *box.children]


def button(words: str, about: str, **traits: Any) -> widgets.Button:
    """Return a button with words on it and a longer explanation."""
    return widgets.Button(description=words, tooltip=about, layout=widgets.Layout(width="auto"), **traits)
