"""The panel and its views, used as a person does, without a browser."""

from __future__ import annotations

import inspect
import re
from html.parser import HTMLParser

import ipywidgets as widgets
import pytest
from support import access_to, cluster_row, spec, until
from watching import paths

import heco_jupyter
from heco_jupyter.api.client import Client
from heco_jupyter.api.display.markup import Tone
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.emulator import Emulator, Fault
from heco_jupyter.errors import UnknownClusterError
from heco_jupyter.live import operations
from heco_jupyter.live.operations import Mark, Phase
from heco_jupyter.widgets import (
    ActivityView,
    ClusterPanel,
    ClusterPicker,
    DeleteControl,
    NodesView,
    ScaleControl,
    StatusView,
    render,
)
from heco_jupyter.widgets import panel as panel_module

NASTY = "<img src=x onerror=alert(1)>\x1b[31m\u202e'\""
CONFIG = {"config": {"hdfsReplication": 2}}


@pytest.fixture
def panel(analyst, manual_ticks):
    """Return a panel on the cluster c1, which reads only when `read` is called."""
    made = ClusterPanel("c1", client=analyst)
    made.watcher.read()
    yield made
    made.close()


def labels(picker):
    return [label for label, _ in picker.list.options]


def ask_to_scale(control, target):
    control.slider.value = target
    control.apply.click()


def finish_writing(panel):
    """Wait until nothing is being sent, then read once."""
    until(lambda: all(operation.phase is not Phase.SENDING for operation, _ in panel.watcher.fleet.operations.values()))
    panel.watcher.read()


def writes(emulator):
    return [
        (request.method, request.path.rpartition("/")[2]) for request in emulator.requests if request.method != "GET"
    ]


class TestPicker:
    def test_it_lists_active_clusters_in_words(self, panel):
        assert labels(panel.picker) == [
            "● c3  Running  3 workers",
            "● c2  Running  3 workers",
            "● c1  Running  3 workers",
        ]
        assert "3 of 3" in panel.picker.count.value

    def test_a_failed_cluster_has_a_mark_of_its_own(self, panel, fleet):
        fleet.load([cluster_row(1, name="c1", status="Failed(Install)", **CONFIG)])
        panel.watcher.read()
        assert labels(panel.picker)[-1] == "! c1  Failed(Install)  3 workers"
        assert Tone.BAD.value in panel.status.html.value

    def test_it_filters_by_every_word_of_name_owner_or_status(self, panel):
        panel.picker.filter.value = "KIM c2"
        assert labels(panel.picker) == ["● c2  Running  3 workers"]
        panel.picker.filter.value = "nobody"
        assert labels(panel.picker) == []

    def test_terminated_clusters_are_shown_when_asked_for(self, panel):
        panel.picker.terminated.value = True
        panel.watcher.read()
        assert "✕ gone  Terminated(User)  0 workers" in labels(panel.picker)

    def test_a_filter_that_hides_the_selection_does_not_move_it(self, panel):
        before = panel.cluster_id
        panel.picker.filter.value = "c2"
        assert panel.picker.list.index is None
        assert panel.cluster_id == panel.picker.selected == before
        panel.picker.filter.value = ""
        assert panel.picker.list.value == before

    def test_the_selection_stays_when_clusters_come_and_go(self, panel, fleet):
        before = panel.cluster_id
        fleet.load([cluster_row(9, name="newest")])
        panel.watcher.read()
        assert labels(panel.picker)[0].startswith("● newest")
        assert panel.picker.list.value == panel.cluster_id == before

    def test_every_view_follows_the_selection(self, panel, analyst):
        panel.picker.list.index = 0
        panel.watcher.read()
        assert panel.cluster_id == analyst.find("c3").id
        assert ">c3</b>" in panel.status.html.value
        assert "c3" in panel.nodes.html.value

    def test_the_list_of_a_huge_fleet_is_cut_and_says_so(self, analyst, fleet, manual_ticks):
        fleet.load([cluster_row(number) for number in range(10, 400)])
        picker = ClusterPicker(client=analyst)
        assert len(picker.list.options) == 300
        assert "393 of 393, the first 300 are listed" in picker.count.value
        picker.close()


class TestScaling:
    def test_a_target_is_shown_as_a_change_and_must_be_confirmed(self, panel, fleet):
        ask_to_scale(panel.scale, 5)
        assert "3 → 5" in panel.scale.change.value
        assert panel.scale.number.value == 5
        assert panel.scale.dialog.layout.display == ""
        assert "Scale c1: 3 -&gt; 5 workers, +2?" in panel.scale.question.value
        assert panel.scale.confirm.description == "Scale c1 to 5"
        panel.scale.cancel.click()
        assert panel.scale.dialog.layout.display == "none"
        assert not writes(fleet)

    def test_the_floor_is_the_replication(self, panel):
        assert panel.scale.slider.min == panel.scale.number.min == 2
        assert "hdfsReplication 2 is the floor" in panel.scale.reason.value

    def test_a_number_beyond_the_slider_extends_it(self, panel):
        panel.scale.number.value = 120
        assert panel.scale.slider.value == 120
        assert "(+117)" in panel.scale.change.value

    def test_a_scale_is_sent_once_and_followed_until_it_is_done(self, panel, fleet):
        ask_to_scale(panel.scale, 5)
        panel.scale.confirm.click()
        assert panel.scale.apply.disabled
        assert "under way" in panel.scale.reason.value
        until(lambda: panel.watcher.read() or not panel.watcher.fleet.operations)
        assert writes(fleet) == [("POST", "scale-out")]
        assert panel.scale.slider.value == 5
        assert "done" in panel.activity.html.value
        assert "workerCnt" in panel.status.html.value
        assert not panel.scale.slider.disabled

    def test_a_worker_count_that_has_changed_meanwhile_stops_the_write_and_says_so(self, panel, fleet):
        ask_to_scale(panel.scale, 5)
        fleet.load([cluster_row(1, name="c1", workerCnt=4, nodeCnt=5, **CONFIG)])
        panel.scale.confirm.click()
        finish_writing(panel)
        assert not writes(fleet)
        assert "c1 has 4 workers now, not 3 as when you were asked" in panel.activity.html.value
        assert panel.scale.slider.value == 4

    def test_a_question_is_withdrawn_when_the_worker_count_changes_before_it_is_answered(self, panel, fleet):
        ask_to_scale(panel.scale, 5)
        fleet.load([cluster_row(1, name="c1", workerCnt=4, nodeCnt=5, **CONFIG)])
        panel.watcher.read()
        assert panel.scale.dialog.layout.display == "none"
        panel.scale.confirm.click()
        assert not panel.watcher.fleet.log

    def test_selecting_another_cluster_withdraws_the_question(self, panel, fleet):
        ask_to_scale(panel.scale, 5)
        panel.picker.list.index = 0
        panel.scale.confirm.click()
        assert not panel.watcher.fleet.log
        assert not writes(fleet)

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"status": "Terminated(User)", "isScalable": False}, "Terminated(User) and cannot be scaled"),
            ({"status": "Running(Scaling-out)"}, "it is Running(Scaling-out): wait until it is running"),
            ({"status": "Running(Error)"}, "it is Running(Error): it cannot be scaled from here"),
            ({"isScalable": False}, "isScalable is false"),
            ({"workerCnt": None}, "does not say how many workers"),
        ],
    )
    def test_a_cluster_that_cannot_be_scaled_shows_why_in_words(self, fleet, analyst, manual_ticks, fields, words):
        fleet.load([cluster_row(1, name="c1", **(CONFIG | fields))])
        control = ScaleControl(cluster_row(1)["id"], client=analyst)
        control.watcher.read()
        assert words in control.reason.value
        assert control.apply.disabled
        assert control.slider.disabled
        assert control.number.disabled
        control.close()

    def test_an_uncertain_scale_is_shown_and_locks_until_the_state_is_known(self, fleet, manual_ticks, monkeypatch):
        monkeypatch.setattr(operations, "_SETTLED_AFTER", 0.0)
        panel = ClusterPanel("c1", client=Client(access_to(fleet), Settings(timeout=0.5)))
        panel.watcher.read()
        fleet.faults.add(Fault(method="POST", drop="before"), Fault(method="GET", status=503, times=40))
        ask_to_scale(panel.scale, 5)
        fleet.faults.clear()
        fleet.faults.add(Fault(method="POST", drop="before"))
        panel.scale.confirm.click()
        until(lambda: "it may have been scaled" in panel.activity.html.value)
        assert any(entry.mark is Mark.UNCERTAIN for entry in panel.watcher.fleet.log)
        assert "it is not known yet whether this was done" in panel.scale.reason.value
        assert panel.scale.apply.disabled
        assert panel.delete.typed.disabled
        for _ in range(4):
            panel.watcher.read()
        assert "it was not done" in panel.activity.html.value
        assert not panel.scale.slider.disabled
        assert writes(fleet) == [("POST", "scale-out")]
        panel.close()

    def test_two_panels_on_one_cluster_agree(self, panel, analyst, fleet):
        other = ClusterPanel("c1", client=analyst)
        ask_to_scale(panel.scale, 5)
        panel.scale.confirm.click()
        assert "under way" in other.scale.reason.value
        ask_to_scale(other.scale, 7)
        other.scale.confirm.click()
        until(lambda: panel.watcher.read() or not panel.watcher.fleet.operations)
        assert writes(fleet) == [("POST", "scale-out")]
        assert other.scale.slider.value == panel.scale.slider.value == 5
        assert other.activity.html.value == panel.activity.html.value
        other.close()


class TestDeleting:
    def test_only_the_full_name_enables_the_button(self, panel):
        assert panel.delete.delete.disabled
        panel.delete.typed.value = "c"
        assert panel.delete.delete.disabled
        assert "the name does not match yet" in panel.delete.reason.value
        panel.delete.typed.value = "c1"
        assert not panel.delete.delete.disabled

    def test_a_deleted_cluster_is_followed_until_it_is_terminated(self, panel, fleet):
        panel.delete.typed.value = "c1"
        panel.delete.delete.click()
        until(lambda: panel.watcher.read() or not panel.watcher.fleet.operations)
        assert [method for method, _ in writes(fleet)] == ["DELETE"]
        assert "done" in panel.activity.html.value
        assert "Terminated(User)" in panel.status.html.value
        assert "c1" not in "".join(labels(panel.picker))

    @pytest.mark.parametrize("reads", [0, 1], ids=["before it is read again", "after that"])
    def test_a_cluster_that_is_gone_before_the_delete_reaches_it_is_deleted(self, panel, fleet, reads):
        detail, others = f"/clusters/{cluster_row(1)['id']}$", [cluster_row(2), cluster_row(3)]
        fleet.faults.add(
            *[Fault(method="GET", path=detail, times=1)] * reads,
            Fault(path=detail, status=404),
            Fault(path="/clusters$", body={"content": others, "totalElements": 2, "size": 20}),
        )
        panel.delete.typed.value = "c1"
        panel.delete.delete.click()
        finish_writing(panel)
        (entry,) = panel.watcher.fleet.log
        assert (entry.mark, entry.outcome) == (Mark.DONE, "done, the API no longer has it")
        assert len(writes(fleet)) == reads

    def test_a_name_typed_for_one_cluster_is_cleared_for_another(self, panel):
        panel.delete.typed.value = "c1"
        panel.picker.list.index = 0
        assert panel.delete.typed.value == ""
        assert panel.delete.delete.disabled


class TestFreshness:
    def test_it_says_whether_it_is_live_and_why_when_it_is_stale(self, panel, fleet):
        assert "live" in panel.freshness.value
        fleet.faults.add(Fault(status=500))
        with pytest.raises(Exception, match="500"):
            panel.watcher.read()
        assert "stale" in panel.freshness.value
        assert "500" in panel.freshness.value
        assert "stale: refresh first" in panel.scale.reason.value
        assert panel.delete.typed.disabled
        fleet.faults.clear()
        panel.watcher.read()
        assert "live" in panel.freshness.value
        assert not panel.scale.slider.disabled

    def test_without_auto_it_says_paused(self, panel):
        panel.auto.value = False
        panel.watcher.read()
        assert "paused" in panel.freshness.value

    def test_a_cluster_that_the_api_no_longer_has_is_shown_as_gone(self, panel, analyst):
        panel.cluster_id = None
        panel.picker.selected = "11111111-2222-4333-8444-555555555555"
        panel.watcher.read()
        assert "the API no longer has this cluster" in panel.status.html.value
        assert panel.scale.apply.disabled


@pytest.mark.usefixtures("manual_ticks")
def test_a_steady_fleet_of_500_costs_one_list_request_a_tick_and_no_message_to_the_browser(monkeypatch):
    with Emulator(seed="empty") as emulator:
        emulator.load([cluster_row(number) for number in range(500)])
        client = Client(access_to(emulator))
        panels = [ClusterPanel(client=client) for _ in range(3)]
        watcher = panels[0].watcher
        watcher.read()
        watcher.read()
        sent = []
        monkeypatch.setattr(widgets.Widget, "_send", lambda self, message, buffers=None: sent.append(message))
        emulator.clear_requests()
        for _ in range(5):
            watcher.read()
        assert paths(emulator) == ["/clusters"] * 5
        assert not sent
        emulator.load([cluster_row(499, workerCnt=9)])
        watcher.read()
        assert sent
        for panel in panels:
            panel.close()


@pytest.mark.usefixtures("fast_ticks")
def test_the_life_of_a_cluster(emulator):
    emulator.set_speed(400)
    client = Client(access_to(emulator))
    panel = ClusterPanel(client=client)
    assert labels(panel.picker) == []
    made = client.create_cluster(spec())
    until(lambda: labels(panel.picker))
    panel.picker.list.index = 0
    until(lambda: "Running" in panel.status.html.value and "●" in panel.status.html.value)
    until(lambda: not panel.scale.slider.disabled)
    ask_to_scale(panel.scale, 6)
    panel.scale.confirm.click()
    until(lambda: "6 workers" in "".join(labels(panel.picker)) and not panel.watcher.fleet.operations)
    until(lambda: panel.nodes.html.value.count("worker</td>") == 6)
    panel.delete.typed.value = made.name
    panel.delete.delete.click()
    until(lambda: "Terminated" in panel.status.html.value)
    until(lambda: labels(panel.picker) == [])
    panel.close()
    until(lambda: not panel.watcher.is_running)


@pytest.mark.usefixtures("manual_ticks")
def test_each_view_can_be_used_alone(analyst):
    for view in (StatusView, NodesView, ScaleControl, DeleteControl):
        shown = view("c1", client=analyst)
        shown.watcher.read()
        texts = [widget.value for widget in vars(shown).values() if isinstance(widget, widgets.HTML)]
        assert any("c1" in text or "hdfsReplication" in text for text in texts), view
        shown.close()
    log = ActivityView(client=analyst)
    assert "nothing has been done" in log.html.value
    log.close()


@pytest.mark.parametrize("name", heco_jupyter.widgets.__all__)
def test_every_widget_takes_a_cluster_and_by_name_only_a_client(name):
    # Of the class itself, Python below 3.11.4 tells what traitlets' __new__ takes.
    parameters = inspect.signature(getattr(heco_jupyter.widgets, name).__init__).parameters
    assert list(parameters)[:3] == ["self", "cluster", "client"]
    assert all(parameters[name].default is None for name in ("cluster", "client"))
    assert parameters["client"].kind is inspect.Parameter.KEYWORD_ONLY


class Markup(HTMLParser):
    def handle_starttag(self, tag, attrs):
        assert tag not in ("img", "script"), tag
        assert not [name for name, _ in attrs if name.startswith("on")]
        assert all((value or "").startswith("http") for name, value in attrs if name == "href")


@pytest.mark.usefixtures("manual_ticks")
def test_text_from_the_api_is_escaped_in_every_view(fleet, analyst):
    texts = dict.fromkeys(("name", "owner", "clusterType", "clusterVersion", "hueUrl", "nameNodeUrl"), NASTY)
    fleet.load([cluster_row(1, **texts, **CONFIG, status=f"Running {NASTY}")])
    key = cluster_row(1)["id"]
    vm = dict.fromkeys(("name", "status", "flavorName", "ip", "floatingIp"), NASTY)
    fleet.load_vms(key, [vm | {"instanceId": NASTY, "index": 1, "isMaster": False, "createdAt": 0}])
    panel = ClusterPanel(key, client=analyst)
    panel.watcher.read()
    panel.delete.typed.value = "x"
    fleet.faults.add(Fault(status=500, body={"message": NASTY}))
    with pytest.raises(Exception, match="500"):
        panel.watcher.read()
    seen = []
    for shown in [panel, *panel._views]:
        seen += [widget.value for widget in vars(shown).values() if isinstance(widget, widgets.HTML)]
    seen += [panel._repr_mimebundle_()["text/html"]]
    assert any("&lt;img" in text for text in seen)
    for text in seen:
        Markup().feed(text)
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "\x1b" not in "".join(labels(panel.picker))
    panel.close()


@pytest.mark.usefixtures("manual_ticks")
def test_without_widgets_there_is_a_static_form(panel):
    bundle = panel._repr_mimebundle_()
    for form in ("text/plain", "text/html"):
        assert "c1" in bundle[form]
        assert "c3" in bundle[form]
        assert "gone" not in bundle[form]
        assert "kim@example.com" in bundle[form]
    assert "application/vnd.jupyter.widget-view+json" in bundle


class TestCommand:
    def test_it_shows_a_panel_on_the_cluster(self, notebook, emulator):
        emulator.load([cluster_row(1, name="c1"), cluster_row(2, name="c2")])
        panel = notebook.value("%heco panel c2")
        assert isinstance(panel, ClusterPanel)
        assert panel.cluster_id == cluster_row(2)["id"]
        panel.close()

    def test_an_unknown_cluster_is_an_error_before_there_is_a_panel(self, notebook, emulator):
        assert "there is no cluster 'c9'" in notebook.refusal("%heco panel c9")
        with pytest.raises(UnknownClusterError):
            heco_jupyter.panel(cluster="c9")

    def test_running_the_cell_again_closes_the_panel_of_the_last_run(self, analyst, manual_ticks, monkeypatch):
        cell = ("cell", "run 1")
        monkeypatch.setattr(panel_module, "_current_cell", lambda: cell)
        first, second = heco_jupyter.panel(client=analyst), heco_jupyter.panel(client=analyst)
        assert len(first.watcher._listeners) == 2
        cell = ("cell", "run 2")
        third = heco_jupyter.panel(client=analyst)
        assert third.watcher._listeners == [third]
        assert first.comm is None
        assert second.comm is None
        cell = ("another cell", "run 3")
        fourth = heco_jupyter.panel(client=analyst)
        assert third.watcher._listeners == [third, fourth]
        third.close()
        fourth.close()


def test_a_vm_that_is_neither_master_nor_worker_is_neither_in_the_table():
    vms = [
        {"name": "HadoopMST-etl-1", "isMaster": True},
        {"name": "HadoopWRK-etl-1", "isMaster": False},
        {"name": "HadoopTSK-etl-1", "isMaster": False},
        {"name": "whatever", "isMaster": False},
    ]
    table = render.vm_table(vms)
    assert re.findall(r">(master|worker|other)<", table) == ["master", "worker", "other", "worker"]
