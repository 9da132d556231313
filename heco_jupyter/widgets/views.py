"""The parts that show a cluster: its status, its nodes, and what was done from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from heco_jupyter.live.watcher import Wants
from heco_jupyter.widgets import render as look
from heco_jupyter.widgets.base import Part

if TYPE_CHECKING:
    from heco_jupyter.live.watcher import View

NOTHING = "pick a cluster"


class _Page(Part):
    """A part that is one piece of HTML."""

    def _build(self) -> None:
        self.page = widgets.HTML()

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        self.children = (self.page,)


class StatusView(_Page):
    """A cluster's card: state, since when, owner, version, counts, links, and what is under way."""

    def show(self, view: View) -> None:
        """Show the card."""
        cluster = view.cluster(self.cluster_id)
        if cluster is None:
            gone = self.cluster_id is not None and view.heard is not None
            self.page.value = look.quiet("the API has this cluster no more" if gone else NOTHING)
            return
        under_way = view.works.get(str(cluster.id))
        self.page.value = look.status(cluster, under_way[1] if under_way else None)


class NodesView(_Page):
    """A cluster's VMs, with role, status, flavor and addresses."""

    @property
    def wants(self) -> Wants:
        """What the watcher must read for this."""
        return Wants(self.cluster_id, vms=True)

    def show(self, view: View) -> None:
        """Show the table."""
        vms = view.vms.get(self.cluster_id or "")
        if vms:
            self.page.value = look.nodes(vms)
        else:
            words = NOTHING if self.cluster_id is None else "reading the VMs…" if vms is None else "it has no VMs"
            self.page.value = look.quiet(words)


class ActivityView(_Page):
    """What was done from the panels of this connection, when, and what came of it."""

    def show(self, view: View) -> None:
        """Show the log."""
        self.page.value = look.log(view.log, self.watcher.client.settings.timezone)
