"""Which cluster: a list that filters as one types, and that keeps its selection whatever the fleet does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from traitlets import Unicode

from heco_jupyter.live.watcher import View, Wants
from heco_jupyter.widgets import render as look
from heco_jupyter.widgets.base import WIDE, Part

if TYPE_CHECKING:
    from traitlets import Bunch

_MOST = 300  # options that a browser shows without effort


class ClusterPicker(Part):
    """Pick a cluster; `selected` is its id.

    The selection is held by id: neither a filter nor a fleet that changes moves it to another cluster.
    """

    selected = Unicode(None, allow_none=True, help="Id of the cluster that is picked.")

    def _build(self) -> None:
        self.filter = widgets.Text(
            description="Filter", placeholder="part of a name, owner or status", continuous_update=True, layout=WIDE
        )
        self.terminated = widgets.Checkbox(description="show terminated", indent=False, layout=WIDE)
        self.list = widgets.Select(description="Clusters", rows=10, layout=WIDE, style={"description_width": "0"})
        self.count = widgets.HTML()
        self._ids: tuple[str, ...] = ()
        self._filling = False
        self._on(self.filter, "value", lambda _: self._show_again())
        self._on(self.terminated, "value", self._want_terminated)
        self._on(self.list, "index", self._picked)

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        self.children = (self.filter, self.terminated, self.list, self.count)
        if self.cluster_id:
            self.selected = self.cluster_id

    @property
    def wants(self) -> Wants:
        """What the watcher must read for this."""
        return Wants(terminated=self.terminated.value)

    def show(self, view: View) -> None:
        """Fill the list."""
        words = self.filter.value.lower().split()
        matching = [
            (key, cluster)
            for key, row in view.clusters.items()
            for cluster in [view.cluster(key) or row]  # a detail was read after the list
            if (self.terminated.value or not cluster.state.is_terminated)
            and all(word in f"{cluster.name} {cluster.owner} {cluster.status} {key}".lower() for word in words)
        ]
        under_way = {key: words for key, (_, words) in view.works.items()}
        labels = [look.label(cluster, under_way.get(key)) for key, cluster in matching[:_MOST]]
        self._fill(tuple(key for key, _ in matching[:_MOST]), labels)
        more = f", the first {_MOST} are listed: narrow them with the filter" if len(matching) > _MOST else ""
        self.count.value = look.quiet(f"{len(matching)} of {len(view.clusters)}{more}")

    def _fill(self, ids: tuple[str, ...], labels: list[str]) -> None:
        index = ids.index(self.selected) if self.selected in ids else None
        self._filling = True
        try:
            with self.list.hold_sync():  # one message: the browser never sees the new options with another selection
                if self._ids != ids or [shown for shown, _ in self.list.options] != labels:
                    self.list.options = list(zip(labels, ids, strict=True))
                self._ids = ids
                self.list.index = index
        finally:
            self._filling = False

    def _picked(self, change: Bunch) -> None:
        if not self._filling and change.new is not None:
            self.selected = self._ids[change.new]

    def _want_terminated(self, _: Bunch) -> None:
        self._show_again()
        self.watcher.refresh()

    def look_at(self, cluster_id: str | None) -> None:
        """Pick a cluster, given by its id."""
        self.selected = cluster_id
        self._show_again()
