"""A list of clusters that filters as one types, and keeps its selection whatever happens in the fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets
from traitlets import Unicode

from heco_jupyter.api.display import markup
from heco_jupyter.api.model.lookup import same_form
from heco_jupyter.live.state import FleetState, Interest
from heco_jupyter.widgets import render
from heco_jupyter.widgets.base import WIDE, ClusterWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from traitlets import Bunch

    from heco_jupyter.api.model.cluster import Cluster

_MAX_OPTIONS = 300  # that a browser shows without effort


class ClusterPicker(ClusterWidget):
    """Pick a cluster; `selected` is its id.

    The selection is an id: neither the filter nor changes in the fleet move it to another cluster.

    Examples
    --------
    >>> from heco_jupyter.widgets import ClusterPicker
    >>> picker = ClusterPicker()  # doctest: +SKIP
    >>> picker.filter.value = "etl"  # doctest: +SKIP
    """

    selected = Unicode(None, allow_none=True, help="Id of the selected cluster.")

    def _make_children(self) -> Sequence[widgets.Widget]:
        self.filter = widgets.Text(
            description="Filter", placeholder="part of a name, owner or status", continuous_update=True, layout=WIDE
        )
        self.terminated = widgets.Checkbox(description="show terminated", indent=False, layout=WIDE)
        self.list = widgets.Select(description="Clusters", rows=10, layout=WIDE, style={"description_width": "0"})
        self.count = widgets.HTML()
        self._ids: tuple[str, ...] = ()
        self._filling = False
        self.selected = self.cluster_id
        self._on_change(self.filter, "value", lambda _: self._show_again())
        self._on_change(self.terminated, "value", self._terminated_changed)
        self._on_change(self.list, "index", self._index_changed)
        return self.filter, self.terminated, self.list, self.count

    @property
    def interest(self) -> Interest:
        """What the watcher must read for this widget."""
        return Interest(terminated=self.terminated.value)

    def show(self, fleet: FleetState) -> None:
        """Fill the list."""
        words = same_form(self.filter.value).lower().split()
        # Details are read after the list, so they are newer.
        clusters = {key: fleet.cluster(key) or listed for key, listed in fleet.clusters.items()}
        matching = [(key, cluster) for key, cluster in clusters.items() if self._matches(key, cluster, words)]
        shown = matching[:_MAX_OPTIONS]
        under_way = {key: progress.words for key, progress in fleet.operations.items()}
        labels = [render.option_label(cluster, under_way.get(key)) for key, cluster in shown]
        self._fill(tuple(key for key, _ in shown), labels)
        is_cut = len(matching) > _MAX_OPTIONS
        note = f", the first {_MAX_OPTIONS} are listed: filter to see others" if is_cut else ""
        self.count.value = markup.quiet(f"{len(matching)} of {len(fleet.clusters)}{note}")

    def _matches(self, key: str, cluster: Cluster, words: list[str]) -> bool:
        if cluster.state.is_terminated and not self.terminated.value:
            return False
        text = same_form(f"{cluster.name} {cluster.owner} {cluster.status} {key}").lower()
        return all(word in text for word in words)

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

    def _index_changed(self, change: Bunch) -> None:
        if not self._filling and change.new is not None:
            self.selected = self._ids[change.new]

    def _terminated_changed(self, _: Bunch) -> None:
        self._show_again()
        self.watcher.refresh()

    def set_cluster(self, cluster_id: str | None) -> None:
        """Select a cluster, given by its id."""
        self.selected = cluster_id
        self._show_again()
