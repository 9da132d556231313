"""The parts that write: the scaler and the delete box. Both ask, and say in words why they cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from heco_jupyter.api.model.plans import ScalePlan, plan_change, plan_delete, plan_scale
from heco_jupyter.errors import HecoError
from heco_jupyter.widgets import render as look
from heco_jupyter.widgets.base import WIDE, Part, button
from heco_jupyter.widgets.views import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.live.watcher import View

_MOST_WORKERS = 1000  # to type; the slider's end grows with what is typed
_SLIDER_END = 20


class ScaleControl(Part):
    """Scale a cluster: a slider for the target, a question, and the reason where it cannot be done."""

    def _build(self) -> None:
        self.slider = widgets.IntSlider(
            description="Workers", min=1, max=_SLIDER_END, readout=False, layout=widgets.Layout(flex="1 1 160px")
        )
        self.number = widgets.BoundedIntText(
            description="Target workers",
            min=1,
            max=_MOST_WORKERS,
            style={"description_width": "initial"},
            layout=widgets.Layout(width="170px"),
        )
        self.words = widgets.HTML()
        self.apply = button("Apply…", "Scale the cluster to this many workers; asks first", button_style="primary")
        self.reason = widgets.HTML()
        self.question = widgets.HTML()
        self.confirm = button("Scale", "Send the scale to the API", button_style="warning")
        self.cancel = button("Cancel", "Send nothing")
        self.asking = widgets.VBox([self.question, widgets.HBox([self.confirm, self.cancel])])
        self.asking.layout.display = "none"
        self._plan: ScalePlan | None = None
        self._base: tuple[str | None, int | None] = (None, None)
        for widget in (self.slider, self.number):
            self._on(widget, "value", lambda change: self._aim(change.new))
        self._on_click(self.apply, self._ask)
        self._on_click(self.confirm, self._go)
        self._on_click(self.cancel, self._put_away)

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        row = widgets.Box(
            [self.slider, self.number, self.words], layout=widgets.Layout(flex_flow="row wrap", align_items="center")
        )
        last = widgets.HBox([self.apply, self.reason], layout=widgets.Layout(align_items="center"))
        self.children = (row, last, self.asking)

    def show(self, view: View) -> None:
        """Follow the cluster; what was aimed at is kept as long as its count stays what it was."""
        cluster = view.cluster(self.cluster_id)
        count = cluster.workerCnt if cluster is not None and isinstance(cluster.workerCnt, int) else None
        if (self.cluster_id, count) != self._base:
            self._put_away()
            if cluster is not None and count:
                self._base = (self.cluster_id, count)
                floor = min(count, cluster.hdfs_replication or 1)
                with self.slider.hold_trait_notifications(), self.number.hold_trait_notifications():
                    self.slider.max = max(_SLIDER_END, self.slider.max if self.slider.max > count else 2 * count)
                    self.slider.min = self.number.min = floor
                    self.slider.value = self.number.value = count
        elif cluster is not None and count:
            self.slider.min = self.number.min = min(count, cluster.hdfs_replication or 1)
        why = self._why_not(view, cluster)
        for widget in (self.slider, self.number):
            widget.disabled = why is not None
        if why is not None:
            self._put_away()
        self._tell(cluster, why)

    def _why_not(self, view: View, cluster: Cluster | None) -> str | None:
        """Return why this cluster cannot be scaled now, or None."""
        why = why_locked(view, cluster)
        if why or cluster is None:
            return why
        if str(cluster.id) not in view.details:
            return "reading the cluster…"
        if cluster.state.is_busy:
            return f"it is {cluster.status}: wait until it is running"
        if not isinstance(cluster.workerCnt, int):
            return "the API does not say how many workers it has: %heco scale-out gives the difference"
        return _refusal(lambda: plan_change(cluster, 1))

    def _tell(self, cluster: Cluster | None, why: str | None) -> None:
        target = self.number.value
        if cluster is None or why is not None:
            self.words.value, self.reason.value = "", look.quiet(why)
            self.apply.disabled = True
            return
        change = target - (cluster.workerCnt or 0)
        floor = cluster.hdfs_replication
        self.words.value = f"<b>{cluster.workerCnt} → {target}</b> ({change:+d})" if change else ""
        limit = f"hdfsReplication {floor} is the floor" if floor else ""
        self.reason.value = look.quiet(limit if change else f"move the slider to scale{'; ' if limit else ''}{limit}")
        self.apply.disabled = not change

    def _aim(self, target: int) -> None:
        """Aim at a target, whichever of the two gave it."""
        self.slider.max = max(self.slider.max, target)
        self.slider.value = self.number.value = target
        if self._plan is not None and self._plan.target != target:
            self._put_away()
        view = self.watcher.view
        cluster = view.cluster(self.cluster_id)
        self._tell(cluster, self._why_not(view, cluster))

    def _ask(self) -> None:
        cluster = self.watcher.view.cluster(self.cluster_id)
        if cluster is None:
            return
        try:
            self._plan = plan_scale(cluster, self.number.value)
        except HecoError as error:
            self.reason.value = look.block(str(error), bad=True)
            return
        if self._plan is None:
            return
        removed = " Removed workers lose what only they hold." if self._plan.change < 0 else ""
        self.question.value = look.block(f"Scale {cluster.display_name}: {self._plan.words}?{removed}")
        self.confirm.description = f"Scale {cluster.display_name[:24]} to {self._plan.target}"
        self.asking.layout.display = ""

    def _go(self) -> None:
        plan = self._plan
        self._put_away()
        if plan is not None:
            self.watcher.begin(plan, plan.cluster)

    def _put_away(self) -> None:
        self._plan = None
        self.asking.layout.display = "none"


class DeleteControl(Part):
    """Delete a cluster, by typing its name."""

    def _build(self) -> None:
        self.words = widgets.HTML()
        self.typed = widgets.Text(
            description="Name", placeholder="type the cluster's name", continuous_update=True, layout=WIDE
        )
        self.delete = button("Delete", "Delete the cluster for good", button_style="danger", disabled=True)
        self.reason = widgets.HTML()
        self._about: Cluster | None = None
        self._on(self.typed, "value", lambda _: self._show_again())
        self._on_click(self.delete, self._go)

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        row = widgets.HBox([self.delete, self.reason], layout=widgets.Layout(align_items="center"))
        self.children = (self.words, self.typed, row)

    def show(self, view: View) -> None:
        """Follow the cluster; what was typed for another is forgotten."""
        cluster = view.cluster(self.cluster_id)
        if (cluster and cluster.id) != (self._about and self._about.id):
            self._about = cluster
            self.typed.value = ""
        why = self._why_not(view, cluster)
        self.typed.disabled = why is not None
        if cluster is None or why is not None:
            self.words.value, self.reason.value = look.quiet(why), ""
            self.delete.disabled = True
            return
        name = cluster.display_name
        self.words.value = look.block(f"Deleting {name} cannot be undone. Type its name to delete it: {name}")
        self.delete.disabled = self.typed.value.strip() != name
        self.reason.value = "" if not self.delete.disabled or not self.typed.value else look.quiet("not its name yet")

    def _why_not(self, view: View, cluster: Cluster | None) -> str | None:
        """Return why this cluster cannot be deleted now, or None."""
        why = why_locked(view, cluster)
        if why or cluster is None:
            return why
        return (
            f"it is {cluster.status} already"
            if cluster.state.is_terminating
            else _refusal(lambda: plan_delete(cluster))
        )

    def _go(self) -> None:
        cluster = self.watcher.view.cluster(self.cluster_id)
        if cluster is None or self.typed.value.strip() != cluster.display_name:
            return
        self.typed.value = ""
        self.watcher.begin(plan_delete(cluster), cluster)


def why_locked(view: View, cluster: Cluster | None) -> str | None:
    """Return why nothing can be written to a cluster now, or None."""
    if cluster is None:
        return NOTHING
    if lock := view.locks.get(str(cluster.id)):
        return lock
    return "what is shown is stale: refresh first" if view.trouble else None


def _refusal(plan: Callable[[], object]) -> str | None:
    """Return why a plan cannot be made, or None."""
    try:
        plan()
    except HecoError as error:
        return error.what
    return None
