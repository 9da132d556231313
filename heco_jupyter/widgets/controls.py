"""The views that write: scale and delete. Both ask first, and say why when they are disabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from heco_jupyter.api.display import markup
from heco_jupyter.api.display.markup import Tone
from heco_jupyter.api.model.errors import HecoError
from heco_jupyter.api.model.lookup import same_form
from heco_jupyter.api.model.plans import ScalePlan, plan_change, plan_delete, plan_scale
from heco_jupyter.widgets.base import WIDE, ClusterWidget, make_button
from heco_jupyter.widgets.views import NO_CLUSTER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.live.state import FleetState

_MAX_WORKERS = 1000  # that can be typed; the slider grows to the number typed
_SLIDER_MAX = 20


class ScaleControl(ClusterWidget):
    """Scale a cluster: a slider for the target worker count, a question, and the reason when it is disabled.

    Examples
    --------
    >>> from heco_jupyter.widgets import ScaleControl
    >>> ScaleControl("etl-nightly")  # doctest: +SKIP
    """

    def _make_children(self) -> Sequence[widgets.Widget]:
        self.slider = widgets.IntSlider(
            description="Workers", min=1, max=_SLIDER_MAX, readout=False, layout=widgets.Layout(flex="1 1 160px")
        )
        self.number = widgets.BoundedIntText(
            description="Target workers",
            min=1,
            max=_MAX_WORKERS,
            style={"description_width": "initial"},
            layout=widgets.Layout(width="170px"),
        )
        self.change = widgets.HTML()
        self.apply = make_button("Apply…", "Scale the cluster to this many workers; asks first", button_style="primary")
        self.reason = widgets.HTML()
        self.question = widgets.HTML()
        self.confirm = make_button("Scale", "Send the scale request to the API", button_style="warning")
        self.cancel = make_button("Cancel", "Send nothing")
        self.dialog = widgets.VBox([self.question, widgets.HBox([self.confirm, self.cancel])])
        self.dialog.layout.display = "none"
        self._plan: ScalePlan | None = None
        self._baseline: tuple[str | None, int | None] = (None, None)  # the cluster and worker count last shown
        for widget in (self.slider, self.number):
            self._on_change(widget, "value", lambda change: self._set_target(change.new))
        self._on_click(self.apply, self._ask)
        self._on_click(self.confirm, self._scale)
        self._on_click(self.cancel, self._close_dialog)
        row = widgets.Box(
            [self.slider, self.number, self.change], layout=widgets.Layout(flex_flow="row wrap", align_items="center")
        )
        last = widgets.HBox([self.apply, self.reason], layout=widgets.Layout(align_items="center"))
        return row, last, self.dialog

    def show(self, fleet: FleetState) -> None:
        """Follow the cluster; the target stays as it is until the worker count changes."""
        cluster = fleet.cluster(self.cluster_id)
        count = cluster.workerCnt if cluster is not None and isinstance(cluster.workerCnt, int) else None
        if (self.cluster_id, count) != self._baseline:
            self._close_dialog()
            if cluster is not None and count:
                self._baseline = (self.cluster_id, count)
                with self.slider.hold_trait_notifications(), self.number.hold_trait_notifications():
                    self.slider.max = max(_SLIDER_MAX, self.slider.max if self.slider.max > count else 2 * count)
                    self.slider.min = self.number.min = _floor(cluster, count)
                    self.slider.value = self.number.value = count
        elif cluster is not None and count:
            self.slider.min = self.number.min = _floor(cluster, count)
        reason = self._disabled_reason(fleet, cluster)
        for widget in (self.slider, self.number):
            widget.disabled = reason is not None
        if reason is not None:
            self._close_dialog()
        self._show_target(cluster, reason)

    def _disabled_reason(self, fleet: FleetState, cluster: Cluster | None) -> str | None:
        """Return why this cluster cannot be scaled now, or None when it can."""
        reason = locked_reason(fleet, cluster)
        if reason or cluster is None:
            return reason
        if str(cluster.id) not in fleet.details:
            return "reading the cluster…"
        if cluster.state.is_busy:
            return f"it is {cluster.status}: wait until it is running"
        if cluster.state.is_failed:
            return f"it is {cluster.status}: it cannot be scaled from here"
        if not isinstance(cluster.workerCnt, int):
            return "the API does not say how many workers it has: use %heco scale-out with the difference"
        return _refusal(lambda: plan_change(cluster, 1))

    def _show_target(self, cluster: Cluster | None, reason: str | None) -> None:
        if cluster is None or reason is not None:
            self.change.value, self.reason.value = "", markup.quiet(reason)
            self.apply.disabled = True
            return
        target = self.number.value
        change = target - (cluster.workerCnt or 0)
        self.change.value = f"<b>{cluster.workerCnt} → {target}</b> ({change:+d})" if change else ""
        floor = cluster.hdfs_replication
        hints = ("" if change else "move the slider to scale", f"hdfsReplication {floor} is the floor" if floor else "")
        self.reason.value = markup.quiet("; ".join(hint for hint in hints if hint))
        self.apply.disabled = not change

    def _set_target(self, target: int) -> None:
        """Take a new target from the slider or the number, and set the other one to it."""
        self.slider.max = max(self.slider.max, target)
        self.slider.value = self.number.value = target
        if self._plan is not None and self._plan.target != target:
            self._close_dialog()
        fleet = self.watcher.fleet
        cluster = fleet.cluster(self.cluster_id)
        self._show_target(cluster, self._disabled_reason(fleet, cluster))

    def _ask(self) -> None:
        cluster = self.watcher.fleet.cluster(self.cluster_id)
        if cluster is None:
            return
        try:
            self._plan = plan_scale(cluster, self.number.value)
        except HecoError as error:
            self.reason.value = markup.message(str(error), tone=Tone.BAD)
            return
        if self._plan is None:
            return
        warning = " Data held only on the removed workers is lost." if self._plan.change < 0 else ""
        self.question.value = markup.message(f"Scale {cluster.display_name}: {self._plan.words}?{warning}")
        self.confirm.description = f"Scale {cluster.display_name[:24]} to {self._plan.target}"
        self.dialog.layout.display = ""

    def _scale(self) -> None:
        plan = self._plan
        self._close_dialog()
        if plan is not None:
            self.watcher.begin(plan, plan.cluster)

    def _close_dialog(self) -> None:
        self._plan = None
        self.dialog.layout.display = "none"


class DeleteControl(ClusterWidget):
    """Delete a cluster, once its name has been typed.

    Examples
    --------
    >>> from heco_jupyter.widgets import DeleteControl
    >>> DeleteControl("etl-adhoc")  # doctest: +SKIP
    """

    def _make_children(self) -> Sequence[widgets.Widget]:
        self.warning = widgets.HTML()
        self.typed = widgets.Text(
            description="Name", placeholder="type the cluster's name", continuous_update=True, layout=WIDE
        )
        self.delete = make_button("Delete", "Delete the cluster for good", button_style="danger", disabled=True)
        self.reason = widgets.HTML()
        self._shown: Cluster | None = None
        self._on_change(self.typed, "value", lambda _: self._show_again())
        self._on_click(self.delete, self._delete)
        row = widgets.HBox([self.delete, self.reason], layout=widgets.Layout(align_items="center"))
        return self.warning, self.typed, row

    def show(self, fleet: FleetState) -> None:
        """Follow the cluster; a name typed for another cluster is cleared."""
        cluster = fleet.cluster(self.cluster_id)
        if (cluster and cluster.id) != (self._shown and self._shown.id):
            self._shown = cluster
            self.typed.value = ""
        reason = self._disabled_reason(fleet, cluster)
        self.typed.disabled = reason is not None
        if cluster is None or reason is not None:
            self.warning.value, self.reason.value = markup.quiet(reason), ""
            self.delete.disabled = True
            return
        name = cluster.display_name
        self.warning.value = markup.message(f"Deleting {name} cannot be undone. Type its name to delete it: {name}")
        self.delete.disabled = self.typed.value.strip() != name
        differs = self.delete.disabled and self.typed.value
        self.reason.value = markup.quiet("the name does not match yet") if differs else ""

    def _disabled_reason(self, fleet: FleetState, cluster: Cluster | None) -> str | None:
        """Return why this cluster cannot be deleted now, or None when it can."""
        reason = locked_reason(fleet, cluster)
        if reason or cluster is None:
            return reason
        return _refusal(lambda: plan_delete(cluster))

    def _delete(self) -> None:
        cluster = self.watcher.fleet.cluster(self.cluster_id)
        if cluster is None or same_form(self.typed.value.strip()) != same_form(cluster.display_name):
            return
        self.typed.value = ""
        self.watcher.begin(plan_delete(cluster), cluster)


def locked_reason(fleet: FleetState, cluster: Cluster | None) -> str | None:
    """Return why a cluster cannot be changed now, whatever the change, or None when it can."""
    if cluster is None:
        return NO_CLUSTER
    if reason := fleet.locks.get(str(cluster.id)):
        return reason
    return "this view is stale: refresh first" if fleet.last_error else None


def _floor(cluster: Cluster, count: int) -> int:
    """Return the fewest workers to offer for a cluster that has `count`."""
    return min(count, cluster.hdfs_replication or 1)


def _refusal(plan: Callable[[], object]) -> str | None:
    """Return why a plan cannot be made, or None when it can."""
    try:
        plan()
    except HecoError as error:
        return error.what
    return None
