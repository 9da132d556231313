"""What a person asks of a panel, and what comes of it: pure functions from one `PanelState` to the next.

Requests come from the page, and are checked as if a stranger had sent them: whatever one says, nothing is written but
what the open question says, once it is confirmed by its number, and while the cluster is still as it was when asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.texts import Said
from heco_jupyter.api.model.lookup import same_form
from heco_jupyter.api.model.plans import DeletePlan, ScalePlan
from heco_jupyter.widgets.safety import delete_reason, locked_reason, read_target, scale_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.plans import ChangePlan
    from heco_jupyter.live.state import FleetState

TABS = ("nodes", "activity")
_LONGEST = 200  # letters of a filter, and more than any name, id or number has


@dataclass(frozen=True, slots=True)
class Question:
    """A question that is open.

    Parameters
    ----------
    number
        Its number, by which it is answered.
    plan
        What is done if the answer is yes.
    cluster
        As it was when the question was asked.
    problem
        Why the answer given last was none.
    """

    number: int
    plan: ChangePlan
    cluster: Cluster
    problem: Said | None = None


@dataclass(frozen=True, slots=True)
class PanelState:
    """What one panel is set to.

    Parameters
    ----------
    cluster_id
        The cluster that is picked.
    target
        The number of workers that is aimed at; None until somebody aims.
    count
        How many workers the cluster had at that moment.
    entry
        What was typed, where it is no number of workers.
    problem
        Why it is none.
    question
        The question that is open.
    notice
        What became of the last question, if nothing was begun.
    filter
        What the list is filtered by.
    show_terminated
        Whether the list shows terminated clusters.
    tab
        Which tab is open.
    asked
        How many questions there have been.
    by_page
        Whether a page aimed, and not Python.
    """

    cluster_id: str | None = None
    target: int | None = None
    count: int | None = None
    entry: str = ""
    problem: Said | None = None
    question: Question | None = None
    notice: Said | None = None
    filter: str = ""
    show_terminated: bool = False
    tab: str = TABS[0]
    asked: int = 0
    by_page: bool = False

    def at_rest(self, notice: Said | None = None) -> PanelState:
        """Return the same with nothing aimed at and nothing asked."""
        return replace(
            self, target=None, count=None, entry="", problem=None, question=None, notice=notice, by_page=False
        )


@dataclass(frozen=True, slots=True)
class Begin:
    """Something to do: carry out a plan."""

    plan: ChangePlan
    cluster: Cluster


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Something to do: put the outcome with this number aside."""

    number: int


@dataclass(frozen=True, slots=True)
class Refresh:
    """Something to do: read everything."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Something to do: end the recording."""


@dataclass(frozen=True, slots=True)
class Back:
    """Something to do: go without the tab beside the notebook, which a person has closed."""

    tab: str


Deed = Begin | Dismiss | Refresh | Stop | Back
"""What is to be done besides showing another state."""
Step = tuple[PanelState, Deed | None]


def dispatch(state: PanelState, fleet: FleetState, request: object) -> Step:
    """Return what comes of a request from the page.

    Parameters
    ----------
    state
        The panel as it is.
    fleet
        The fleet as it is known.
    request
        What the page has sent; anything that makes no sense changes nothing.
    """
    if not isinstance(request, dict) or not isinstance(request.get("kind"), str):
        return state, None
    handle = _HANDLERS.get(request["kind"])
    return handle(state, fleet, request) if handle else (state, None)


def pick(state: PanelState, cluster_id: str | None) -> PanelState:
    """Return the state with another cluster picked, and nothing aimed at."""
    return state if cluster_id == state.cluster_id else replace(state.at_rest(), cluster_id=cluster_id)


def aim(state: PanelState, fleet: FleetState, entry: object) -> PanelState:
    """Return the state with another target, or with why there is none."""
    cluster = fleet.cluster(state.cluster_id)
    if cluster is None or scale_reason(fleet, state.cluster_id) is not None:
        return state.at_rest(state.notice)
    target = read_target(cluster, entry)
    kept = state.at_rest(state.notice)
    if isinstance(target, Said):
        return replace(kept, count=cluster.workerCnt, entry=str(entry)[:_LONGEST], problem=target)
    is_same = state.question is not None and target == state.target
    return replace(kept, target=target, count=cluster.workerCnt, question=state.question if is_same else None)


def follow(state: PanelState, fleet: FleetState) -> PanelState:
    """Return the state as the fleet now allows it: nothing stays armed for a cluster that has changed."""
    cluster = fleet.cluster(state.cluster_id)
    if state.target is not None or state.problem is not None:
        reason = scale_reason(fleet, state.cluster_id)
        count = cluster.workerCnt if cluster is not None else None
        if reason is not None or count != state.count:
            changed = Said("overtaken", {"detail": count, "before": state.count})
            said = changed if reason is None else Said("withdrawn", {"reason": reason})
            is_told = state.question is not None or (reason is None and state.target is not None)
            return state.at_rest(said if is_told else state.notice)
    question = state.question
    if question is not None and isinstance(question.plan, DeletePlan):
        reason = delete_reason(fleet, state.cluster_id)
        if reason is not None:
            return state.at_rest(Said("withdrawn", {"reason": reason}))
    return state


def _opened(state: PanelState, *_: object) -> Step:
    """End what another page aimed at, or was asked: whoever reloads a page has moved nothing yet."""
    return (state.at_rest(state.notice) if state.by_page or state.question else state), None


def _picked(state: PanelState, fleet: FleetState, request: Mapping[str, Any]) -> Step:
    cluster_id = request.get("id")
    is_known = isinstance(cluster_id, str) and (cluster_id in fleet.clusters or cluster_id in fleet.details)
    return (pick(state, cluster_id) if is_known else state), None


def _is_about(state: PanelState, request: Mapping[str, Any]) -> bool:
    """Return whether a request is about the cluster that is picked: it may have been another when it was sent."""
    return state.cluster_id is not None and request.get("id") == state.cluster_id


def _aimed(state: PanelState, fleet: FleetState, request: Mapping[str, Any]) -> Step:
    entry = request.get("entry")
    if not _is_about(state, request) or not isinstance(entry, str) or len(entry) > _LONGEST:
        return state, None
    return replace(aim(state, fleet, entry), by_page=True), None


def _applied(state: PanelState, fleet: FleetState, request: Mapping[str, Any]) -> Step:
    cluster = fleet.cluster(state.cluster_id)
    if not _is_about(state, request) or cluster is None or state.target is None or state.count is None:
        return state, None
    if request.get("target") != state.target or isinstance(request.get("target"), bool):
        return state, None
    change = state.target - state.count
    if not change or follow(state, fleet) != state or scale_reason(fleet, state.cluster_id) is not None:
        return state, None
    return _ask(state, ScalePlan(cluster, change), cluster), None


def _delete_asked(state: PanelState, fleet: FleetState, request: Mapping[str, Any]) -> Step:
    cluster = fleet.cluster(state.cluster_id)
    if not _is_about(state, request) or cluster is None or delete_reason(fleet, state.cluster_id) is not None:
        return state, None
    return _ask(state.at_rest(), DeletePlan(cluster.id, cluster), cluster), None


def _ask(state: PanelState, plan: ChangePlan, cluster: Cluster) -> PanelState:
    number = state.asked + 1
    return replace(state, question=Question(number, plan, cluster), asked=number, notice=None)


def _confirmed(state: PanelState, fleet: FleetState, request: Mapping[str, Any]) -> Step:
    question = state.question
    if question is None or request.get("question") != question.number:
        return state, None
    now = follow(state, fleet)
    if now.question is None or locked_reason(fleet, state.cluster_id) is not None:
        return now, None
    if isinstance(question.plan, DeletePlan):
        name = request.get("name")
        typed = name.strip() if isinstance(name, str) and len(name) <= _LONGEST else ""
        if same_form(typed) != same_form(question.cluster.display_name):
            return replace(state, question=replace(question, problem=Said("name_differs"))), None
    return state.at_rest(), Begin(question.plan, question.cluster)


def _cancelled(state: PanelState, _: FleetState, request: Mapping[str, Any]) -> Step:
    question = state.question
    is_asked = question is not None and request.get("question") == question.number
    return (replace(state, question=None) if is_asked else state), None


def _dismissed(state: PanelState, _: FleetState, request: Mapping[str, Any]) -> Step:
    number = request.get("number")
    if number == 0:
        return replace(state, notice=None), None
    return state, Dismiss(number) if isinstance(number, int) else None


def _filtered(state: PanelState, _: FleetState, request: Mapping[str, Any]) -> Step:
    words = request.get("text")
    return (replace(state, filter=words[:_LONGEST]) if isinstance(words, str) else state), None


def _switched(state: PanelState, _: FleetState, request: Mapping[str, Any]) -> Step:
    on = request.get("on")
    return (replace(state, show_terminated=on), Refresh()) if isinstance(on, bool) else (state, None)


def _turned(state: PanelState, _: FleetState, request: Mapping[str, Any]) -> Step:
    tab = request.get("tab")
    return (replace(state, tab=tab) if tab in TABS else state), None


def _came_back(state: PanelState, _: FleetState, request: Mapping[str, Any]) -> Step:
    tab = request.get("tab")
    return (state.at_rest(state.notice), Back(tab)) if isinstance(tab, str) else (state, None)


_HANDLERS: dict[str, Callable[[PanelState, FleetState, Mapping[str, Any]], Step]] = {
    "open": _opened,
    "pick": _picked,
    "aim": _aimed,
    "apply": _applied,
    "confirm": _confirmed,
    "cancel": _cancelled,
    "delete": _delete_asked,
    "dismiss": _dismissed,
    "filter": _filtered,
    "terminated": _switched,
    "tab": _turned,
    "rest": lambda state, *_: (state.at_rest(state.notice), None),
    "refresh": lambda state, *_: (state, Refresh()),
    "back": _came_back,
    "stop": lambda state, *_: (state, Stop()),
}
