"""What a panel makes of requests, from whomever: nothing is written that nobody has confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import cluster_row

from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.plans import plan_delete, plan_scale
from heco_jupyter.live.operations import Operations
from heco_jupyter.live.state import FleetState
from heco_jupyter.widgets.dispatch import Begin, Dismiss, PanelState, Refresh, aim, dispatch, follow, pick

ONE, OTHER = (cluster_row(number)["id"] for number in (1, 2))
KINDS = (
    "open",
    "pick",
    "aim",
    "apply",
    "confirm",
    "cancel",
    "delete",
    "refresh",
    "dismiss",
    "filter",
    "terminated",
    "tab",
    "rest",
    "back",
)


def cluster(number=1, **fields):
    return Cluster(cluster_row(number, config={"hdfsReplication": 2}, **fields))


def fleet_of(*clusters, **fields):
    by_id = {each.id: each for each in clusters}
    return FleetState(clusters=by_id, details=by_id, updated_at=datetime.now(UTC), **fields)


FLEET = fleet_of(cluster(), cluster(2, workerCnt=40))


def asked(*requests, state=None, fleet=FLEET):
    """Return the state and the last deed after several requests."""
    state = state or PanelState(cluster_id=ONE)
    deed = None
    for request in requests:
        state, deed = dispatch(state, fleet, request)
    return state, deed


AIM = {"kind": "aim", "id": ONE, "entry": "5"}
APPLY = {"kind": "apply", "id": ONE, "target": 5}
CONFIRM = {"kind": "confirm", "question": 1}


def test_a_scale_takes_an_aim_an_apply_and_a_confirmation():
    state, deed = asked(AIM)
    assert (state.target, state.question, deed) == (5, None, None)
    state, deed = asked(APPLY, state=state)
    assert (state.question.plan.words, deed) == ("3 -> 5 workers, +2", None)
    state, deed = asked(CONFIRM, state=state)
    assert isinstance(deed, Begin)
    assert deed.plan.words == "3 -> 5 workers, +2"
    assert (state.target, state.question) == (None, None)
    assert asked(CONFIRM, state=state) == (state, None)


@pytest.mark.parametrize("requests", [[AIM], [AIM | {"entry": "x"}], [AIM, APPLY], [{"kind": "delete", "id": ONE}]])
def test_what_a_page_aimed_at_or_was_asked_ends_with_that_page(requests):
    state, _ = asked(*requests)
    reloaded, deed = asked({"kind": "open", "v": 0}, state=state)
    assert (reloaded.at_rest(), deed) == (reloaded, None)
    assert asked({"kind": "catch-up", "v": 0}, state=state) == (state, None)


def test_what_python_aimed_at_is_shown_by_a_page_that_opens_later():
    state = aim(PanelState(cluster_id=ONE), FLEET, 5)
    assert asked({"kind": "open", "v": 0}, state=state) == (state, None)


@pytest.mark.parametrize(
    "requests",
    [
        [APPLY],
        [CONFIRM],
        [AIM, CONFIRM],
        [AIM, APPLY | {"target": 6}],
        [AIM, APPLY | {"target": "5"}],
        [AIM, APPLY | {"id": OTHER}],
        [AIM | {"id": OTHER}, APPLY],
        [AIM, APPLY, CONFIRM | {"question": 2}],
        [AIM, APPLY, CONFIRM | {"question": "1"}],
        [AIM, APPLY, {"kind": "pick", "id": OTHER}, CONFIRM],
        [AIM, APPLY, {"kind": "cancel", "question": 1}, CONFIRM],
        [AIM, APPLY, {"kind": "rest"}, CONFIRM],
        [AIM, APPLY, AIM | {"entry": "7"}, CONFIRM],
        [AIM | {"entry": "3"}, APPLY | {"target": 3}, CONFIRM],
        [{"kind": "delete", "id": ONE}, CONFIRM],
        [{"kind": "delete", "id": ONE}, CONFIRM | {"name": "cluster-00"}],
        [{"kind": "delete", "id": OTHER}, CONFIRM | {"name": "cluster-001"}],
    ],
)
def test_nothing_is_begun_unless_what_was_asked_was_confirmed(requests):
    assert not isinstance(asked(*requests)[1], Begin)


def test_a_delete_takes_the_name():
    state, deed = asked({"kind": "delete", "id": ONE}, CONFIRM | {"name": "cluster-01"})
    assert (state.question.problem.key, deed) == ("name_differs", None)
    state, deed = asked(CONFIRM | {"name": " cluster-001 "}, state=state)
    assert deed.plan == plan_delete(FLEET.clusters[ONE])


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("7.5", "not_whole"),
        ("1e3", "not_whole"),
        ("", "empty"),
        ("-4", "not_whole"),
        ("٤", "not_whole"),
        ("five", "not_whole"),
        ("1", "below_floor"),
        ("0", "below_floor"),
        ("10001", "above_most"),
        ("9" * 30, "not_whole"),
    ],
)
def test_what_is_no_number_of_workers_is_told_and_changed_into_nothing_else(entry, problem):
    state, _ = asked(AIM, AIM | {"entry": entry})
    assert (state.target, state.problem.key, state.entry) == (None, problem, entry)
    assert follow(state, FLEET) == state
    assert asked(AIM, state=state)[0].problem is None


@pytest.mark.parametrize("count", [1, 3, 1_200, 25_000])
def test_a_count_beyond_any_range_is_no_aim(count):
    fleet = fleet_of(cluster(workerCnt=count))
    state, _ = asked(AIM | {"entry": str(count)}, fleet=fleet)
    assert (state.target, state.problem) == (count, None)
    assert asked(APPLY | {"target": count}, state=state, fleet=fleet)[0].question is None


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": "Running(Scaling-out)"}, {}),
        ({"status": "Terminated(User)"}, {}),
        ({"status": "Running(Error)"}, {}),
        ({"isScalable": False}, {}),
        ({"workerCnt": None}, {}),
        ({}, {"last_error": "503"}),
        ({}, {"detail_errors": {ONE: "500"}}),
    ],
)
def test_a_cluster_that_cannot_be_scaled_is_not_aimed_at_and_what_was_aimed_is_dropped(fields, state):
    fleet = fleet_of(cluster(**fields), **state)
    assert asked(AIM, fleet=fleet)[0].target is None
    armed, _ = asked(AIM, APPLY)
    now = follow(armed, fleet)
    assert (now.target, now.question) == (None, None)
    assert now.notice.key == "withdrawn"
    assert not isinstance(asked(CONFIRM, state=armed, fleet=fleet)[1], Begin)


def test_a_cluster_with_an_operation_under_way_is_locked_for_every_panel():
    operations = Operations()
    operations.begin(plan_scale(cluster(), 4), cluster(), now=0.0)
    fleet = fleet_of(cluster(), operations=operations.by_cluster)
    armed, _ = asked(AIM, APPLY)
    assert asked(CONFIRM, state=armed, fleet=fleet) == (follow(armed, fleet), None)
    assert asked({"kind": "delete", "id": ONE}, fleet=fleet)[0].question is None


def test_a_question_that_was_overtaken_says_so_and_is_closed():
    armed, _ = asked(AIM, APPLY)
    fleet = fleet_of(cluster(workerCnt=4))
    state, deed = asked(CONFIRM, state=armed, fleet=fleet)
    assert deed is None
    assert "4 workers now, not 3" in state.notice.in_language("en")
    assert follow(armed, fleet) == state


def test_a_pick_is_of_a_cluster_that_is_there_and_aims_at_nothing():
    state, _ = asked(AIM, {"kind": "pick", "id": OTHER})
    assert (state.cluster_id, state.target, state.question) == (OTHER, None, None)
    for nonsense in ("nowhere", None, 7, ["x"], {"id": ONE}):
        assert asked({"kind": "pick", "id": nonsense}, state=state)[0] == state
    assert pick(state, OTHER) is state


def test_deeds_without_a_question():
    assert asked({"kind": "refresh"})[1] == Refresh()
    assert asked({"kind": "dismiss", "number": 3})[1] == Dismiss(3)
    told = replace(PanelState(cluster_id=ONE), notice=aim(PanelState(cluster_id=ONE), FLEET, "x").problem)
    assert asked({"kind": "dismiss", "number": 0}, state=told) == (replace(told, notice=None), None)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from([ONE, OTHER, 1, 5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ("id", "entry", "target", "question", "name", "number", "text", "on", "tab", "r", "kind")
ANY = JSON | st.fixed_dictionaries({"kind": st.sampled_from(KINDS)}, optional=dict.fromkeys(FIELDS[:-1], JSON))


@settings(max_examples=150)
@given(st.lists(ANY, max_size=8))
def test_whatever_a_stranger_sends_changes_at_most_what_is_shown(requests):
    state = PanelState(cluster_id=ONE)
    for request in requests:
        before = state
        state, deed = dispatch(state, FLEET, request)
        if isinstance(deed, Begin):
            assert before.question is not None
            assert deed.plan is before.question.plan
        assert state.cluster_id in (ONE, OTHER)
        assert state.target is None or 2 <= state.target <= 10_000
