"""The view that a page is sent: what it holds, and what changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import cluster_row

from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.live.state import FleetState
from heco_jupyter.widgets.dispatch import PanelState, dispatch
from heco_jupyter.widgets.view import ViewMaker, changes

ID = cluster_row(1)["id"]
FLAVORS = {"masterInfo": [{"flavorName": "m"}], "workerInfo": [{"flavorName": "w"}]}


def cluster(number=1, **fields):
    return Cluster(cluster_row(number, **fields))


def fleet_of(*clusters, **fields):
    by_id = {each.id: each for each in clusters}
    return FleetState(clusters=by_id, details=by_id, updated_at=datetime.now(UTC), **fields)


def view(fleet, state=None, language="en", prices=None):
    return ViewMaker(language, "UTC", prices or {}).view(state or PanelState(cluster_id=ID), fleet)


def applied(before, patch):
    """Put a patch into a view, as page/store.js does."""
    now = dict(before)
    for name, value in patch.items():
        if name in ("rows", "nodes") and name in before:
            now[name] = {key: entry for key, entry in (before[name] | value).items() if entry is not None}
        else:
            now[name] = value
    return now


ROWS = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=3)


@settings(max_examples=60)
@given(*[st.fixed_dictionaries({"rows": ROWS, "nodes": ROWS, "fleet": st.integers(0, 1)})] * 2)
def test_a_view_and_its_changes_make_the_next_view(before, now):
    assert applied(before, changes(before, now)) == now
    assert changes(now, now) == {}


def test_time_alone_changes_nothing():
    fleet = fleet_of(cluster(), cluster(2))
    later = fleet_of(*fleet.clusters.values(), read_at=99.0)
    assert changes(view(fleet), view(later)) == {}


def test_a_change_of_one_row_is_told_alone():
    maker = ViewMaker("en", "UTC", {})
    rows = [cluster(number) for number in range(500)]
    state = PanelState()
    before = maker.view(state, fleet_of(*rows))
    rows[7] = cluster(7, status="Failed")
    patch = changes(before, maker.view(state, fleet_of(*rows)))
    assert [*patch] == ["rows", "fleet"]
    assert [*patch["rows"]] == [rows[7].id]


def test_a_view_is_json_and_holds_no_control_characters():
    nasty = "\x1b[31m<img src=x>\u202e"
    texts = dict.fromkeys(("name", "owner", "clusterType", "clusterVersion", "status", "hueUrl"), nasty)
    made = view(fleet_of(cluster(**texts), vms={ID: ({"name": nasty, "ip": None, "isMaster": True},)}))
    sent = json.dumps(made, ensure_ascii=False)
    assert "\x1b" not in sent
    assert "\u202e" not in sent
    assert made["card"]["links"] == []
    assert made["card"]["name"] == "<img src=x>"


def test_a_cluster_that_ended_by_an_error_looks_otherwise_than_one_that_a_user_ended():
    by_user, by_error = cluster(1, status="Terminated(User)"), cluster(2, status="Terminated(Error)")
    rows = view(fleet_of(by_user, by_error), PanelState(show_terminated=True))["rows"]
    assert [rows[each.id]["tone"] for each in (by_user, by_error)] == ["faint", "bad"]
    assert view(fleet_of(by_user, by_error))["rows"] == {}


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([], "0 running, 0 moving, 0 failed, 0 nodes; 0 per hour (0 of 0 known)"),
        (
            [cluster(1), cluster(2, status="Installing")],
            "1 running, 1 moving, 0 failed, 8 nodes; 7 per hour (1 of 2 known)",
        ),
    ],
)
def test_the_fleet_in_a_line(rows, line):
    made = view(fleet_of(*rows, flavors={ID: ("m", "w"), "elsewhere": ("m", "w")}), prices={"m": 1.0, "w": 2.0})
    assert made["fleet"] == line


def test_a_question_tells_nodes_flavor_and_price_before_and_after():
    fleet = fleet_of(cluster(**FLAVORS))
    state = PanelState(cluster_id=ID)
    for request in ({"kind": "aim", "id": ID, "entry": "5"}, {"kind": "apply", "id": ID, "target": 5}):
        state, _ = dispatch(state, fleet, request)
    lines = view(fleet, state, prices={"m": 1.0, "w": 2.0})["question"]["lines"]
    assert lines == ["workers 3 → 5 (+2)", "nodes 4 → 6", "flavor w", "price per hour 7 → 11"]
    assert "price per hour unknown" in view(fleet, state, prices={"m": 1.0})["question"]["lines"]


@pytest.mark.parametrize(
    ("count", "language", "told"),
    [(4, "en", "4"), (5, "en", "5, 1 other node"), (6, "en", "6, 2 other nodes"), (6, "ko", "6, 그 밖의 노드 2개")],
)
def test_nodes_that_are_neither_masters_nor_workers_are_told(count, language, told):
    card = view(fleet_of(cluster(nodeCnt=count)), language=language)["card"]
    assert ["nodeCnt", told] in [[label, value] for label, value in card["facts"]]


@pytest.mark.parametrize("count", [1, 3, 30, 1_200, 12_000])
def test_the_slider_reaches_the_count_whatever_it_is(count):
    scale = view(fleet_of(cluster(workerCnt=count)))["scale"]
    assert scale["min"] <= scale["count"] == count <= scale["max"]
    assert (scale["target"], scale["armed"], scale["change"]) == (None, False, "")


def test_in_korean_everything_is_korean_but_names_of_fields():
    fleet = fleet_of(cluster(status="Installing"), vm_errors={ID: "500"})
    korean, english = (view(fleet, language=language) for language in ("ko", "en"))
    for made in (korean["fleet"], korean["scale"]["reason"], korean["nodes_note"], korean["activity_note"]):
        assert any("가" <= letter <= "힣" for letter in made)
    labels = [[label for label, _ in made["card"]["facts"]] for made in (korean, english)]
    assert labels[0][1:] == labels[1][1:]
