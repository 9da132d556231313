"""The panel and its parts, as a person uses them, without a browser."""

from __future__ import annotations

from html.parser import HTMLParser

import ipywidgets as widgets
import pytest
from support import access_to, cluster_row, spec
from test_watcher import until

import heco_jupyter
from heco_jupyter.api.client import Client
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.emulator import Fault
from heco_jupyter.errors import UnknownClusterError
from heco_jupyter.live import operations as works
from heco_jupyter.widgets import (
    ActivityView,
    ClusterPanel,
    ClusterPicker,
    DeleteControl,
    NodesView,
    ScaleControl,
    StatusView,
)
from heco_jupyter.widgets import panel as panels

NASTY = "<img src=x onerror=alert(1)>\x1b[31m\u202e'\""
CONFIG = {"config": {"hdfsReplication": 2}}


@pytest.fixture
def panel(analyst, hand):
    """Return a panel on the cluster c1, fed only when `read` is called."""
    made = ClusterPanel("c1", client=analyst)
    made.watcher.read()
    yield made
    made.close()


def labels(picker):
    return [label for label, _ in picker.list.options]


def aim(part, target):
    part.slider.value = target
    part.apply.click()


def settled(panel):
    """Let the write end, then read once."""
    until(lambda: all(work.state != works.SENDING for work, _ in panel.watcher.view.works.values()))
    panel.watcher.read()


def writes(emulator):
    return [
        (request.method, request.path.rpartition("/")[2]) for request in emulator.requests if request.method != "GET"
    ]


class TestPicker:
    def test_it_lists_what_is_active_in_words(self, panel):
        assert labels(panel.picker) == [
            "● c3  Running  3 workers",
            "● c2  Running  3 workers",
            "● c1  Running  3 workers",
        ]
        assert "3 of 3" in panel.picker.count.value

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

    def test_a_pick_is_followed_by_every_part(self, panel, analyst):
        panel.picker.list.index = 0
        panel.watcher.read()
        assert panel.cluster_id == analyst.find("c3").id
        assert ">c3</b>" in panel.status.page.value
        assert "c3" in panel.nodes.page.value

    def test_a_huge_fleet_is_cut_and_says_so(self, analyst, fleet, hand):
        fleet.load([cluster_row(number) for number in range(10, 400)])
        picker = ClusterPicker(client=analyst)
        assert len(picker.list.options) == 300
        assert "393 of 393, the first 300 are listed" in picker.count.value
        picker.close()


class TestScaling:
    def test_a_target_is_shown_as_a_change_and_asked_about(self, panel, fleet):
        aim(panel.scale, 5)
        assert "3 → 5" in panel.scale.words.value
        assert panel.scale.number.value == 5
        assert panel.scale.asking.layout.display == ""
        assert "Scale c1: 3 -&gt; 5 workers, +2?" in panel.scale.question.value
        assert panel.scale.confirm.description == "Scale c1 to 5"
        panel.scale.cancel.click()
        assert panel.scale.asking.layout.display == "none"
        assert not writes(fleet)

    def test_the_floor_is_the_replication(self, panel):
        assert panel.scale.slider.min == panel.scale.number.min == 2
        assert "hdfsReplication 2 is the floor" in panel.scale.reason.value

    def test_a_number_beyond_the_slider_stretches_it(self, panel):
        panel.scale.number.value = 120
        assert panel.scale.slider.value == 120
        assert "(+117)" in panel.scale.words.value

    def test_a_scale_is_sent_once_followed_and_done(self, panel, fleet):
        aim(panel.scale, 5)
        panel.scale.confirm.click()
        assert panel.scale.apply.disabled
        assert "under way" in panel.scale.reason.value
        until(lambda: panel.watcher.read() or not panel.watcher.view.works)
        assert writes(fleet) == [("POST", "scale-out")]
        assert panel.scale.slider.value == 5
        assert "done" in panel.activity.page.value
        assert "workerCnt" in panel.status.page.value
        assert not panel.scale.slider.disabled

    def test_a_count_that_changed_underneath_stops_the_write_and_says_so(self, panel, fleet):
        aim(panel.scale, 5)
        fleet.load([cluster_row(1, name="c1", workerCnt=4, nodeCnt=5, **CONFIG)])
        panel.scale.confirm.click()
        settled(panel)
        assert not writes(fleet)
        assert "c1 has 4 workers now, not 3 as when you were asked" in panel.activity.page.value
        assert panel.scale.slider.value == 4

    def test_a_question_is_withdrawn_when_the_count_changes_before_it_is_answered(self, panel, fleet):
        aim(panel.scale, 5)
        fleet.load([cluster_row(1, name="c1", workerCnt=4, nodeCnt=5, **CONFIG)])
        panel.watcher.read()
        assert panel.scale.asking.layout.display == "none"
        panel.scale.confirm.click()
        assert not panel.watcher.view.log

    def test_another_pick_withdraws_the_question(self, panel, fleet):
        aim(panel.scale, 5)
        panel.picker.list.index = 0
        panel.scale.confirm.click()
        assert not panel.watcher.view.log
        assert not writes(fleet)

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"status": "Terminated(User)", "isScalable": False}, "Terminated(User) and cannot be scaled"),
            ({"status": "Running(Scaling-out)"}, "it is Running(Scaling-out): wait until it is running"),
            ({"isScalable": False}, "isScalable is false"),
            ({"workerCnt": None}, "does not say how many workers"),
        ],
    )
    def test_where_it_cannot_be_scaled_the_reason_is_there_in_words(self, fleet, analyst, hand, fields, words):
        fleet.load([cluster_row(1, name="c1", **(CONFIG | fields))])
        control = ScaleControl(cluster_row(1)["id"], client=analyst)
        control.watcher.read()
        assert words in control.reason.value
        assert control.apply.disabled
        assert control.slider.disabled
        assert control.number.disabled
        control.close()

    def test_an_uncertain_scale_is_shown_and_locks_until_the_state_is_known(self, fleet, hand, monkeypatch):
        monkeypatch.setattr(works, "_SURE_AFTER", 0.0)
        panel = ClusterPanel("c1", client=Client(access_to(fleet), Settings(timeout=0.5)))
        panel.watcher.read()
        fleet.faults.add(Fault(method="POST", drop="before"), Fault(method="GET", status=503, times=40))
        aim(panel.scale, 5)
        fleet.faults.clear()
        fleet.faults.add(Fault(method="POST", drop="before"))
        panel.scale.confirm.click()
        until(lambda: any(entry.mark == "?" for entry in panel.watcher.view.log))
        assert "it may have been scaled" in panel.activity.page.value
        assert "it is not known yet whether this was done" in panel.scale.reason.value
        assert panel.scale.apply.disabled
        assert panel.delete.typed.disabled
        for _ in range(4):
            panel.watcher.read()
        assert "it was not done" in panel.activity.page.value
        assert not panel.scale.slider.disabled
        assert writes(fleet) == [("POST", "scale-out")]
        panel.close()

    def test_two_panels_on_one_cluster_agree(self, panel, analyst, fleet):
        other = ClusterPanel("c1", client=analyst)
        aim(panel.scale, 5)
        panel.scale.confirm.click()
        assert "under way" in other.scale.reason.value
        aim(other.scale, 7)
        other.scale.confirm.click()
        until(lambda: panel.watcher.read() or not panel.watcher.view.works)
        assert writes(fleet) == [("POST", "scale-out")]
        assert other.scale.slider.value == panel.scale.slider.value == 5
        assert other.activity.page.value == panel.activity.page.value
        other.close()


class TestDeleting:
    def test_only_the_name_itself_unlocks_the_button(self, panel):
        assert panel.delete.delete.disabled
        panel.delete.typed.value = "c"
        assert panel.delete.delete.disabled
        assert "not its name yet" in panel.delete.reason.value
        panel.delete.typed.value = "c1"
        assert not panel.delete.delete.disabled

    def test_a_cluster_is_deleted_and_its_going_followed(self, panel, fleet):
        panel.delete.typed.value = "c1"
        panel.delete.delete.click()
        until(lambda: panel.watcher.read() or not panel.watcher.view.works)
        assert [method for method, _ in writes(fleet)] == ["DELETE"]
        assert "done" in panel.activity.page.value
        assert "Terminated(User)" in panel.status.page.value
        assert "c1" not in "".join(labels(panel.picker))

    def test_what_was_typed_for_one_cluster_is_not_there_for_another(self, panel):
        panel.delete.typed.value = "c1"
        panel.picker.list.index = 0
        assert panel.delete.typed.value == ""
        assert panel.delete.delete.disabled


class TestFreshness:
    def test_it_says_that_it_is_live_and_when_it_is_stale_why(self, panel, fleet):
        assert "live" in panel.pulse.value
        fleet.faults.add(Fault(status=500))
        with pytest.raises(Exception, match="500"):
            panel.watcher.read()
        assert "stale" in panel.pulse.value
        assert "500" in panel.pulse.value
        assert "stale: refresh first" in panel.scale.reason.value
        assert panel.delete.typed.disabled
        fleet.faults.clear()
        panel.watcher.read()
        assert "live" in panel.pulse.value
        assert not panel.scale.slider.disabled

    def test_without_auto_it_says_paused(self, panel):
        panel.auto.value = False
        panel.watcher.read()
        assert "paused" in panel.pulse.value

    def test_a_cluster_that_the_api_forgot_is_told_as_gone(self, panel, analyst):
        panel.cluster_id = None
        panel.picker.selected = "11111111-2222-4333-8444-555555555555"
        panel.watcher.read()
        assert "no more" in panel.status.page.value
        assert panel.scale.apply.disabled


@pytest.mark.usefixtures("quick")
def test_the_life_of_a_cluster(emulator):
    emulator.set_speed(400)
    client = Client(access_to(emulator))
    panel = ClusterPanel(client=client)
    assert labels(panel.picker) == []
    made = client.create_cluster(spec())
    until(lambda: labels(panel.picker))
    panel.picker.list.index = 0
    until(lambda: "Running" in panel.status.page.value and "●" in panel.status.page.value)
    until(lambda: not panel.scale.slider.disabled)
    aim(panel.scale, 6)
    panel.scale.confirm.click()
    until(lambda: "6 workers" in "".join(labels(panel.picker)) and not panel.watcher.view.works)
    until(lambda: panel.nodes.page.value.count("worker</td>") == 6)
    panel.delete.typed.value = made.name
    panel.delete.delete.click()
    until(lambda: "Terminated" in panel.status.page.value)
    until(lambda: labels(panel.picker) == [])
    panel.close()
    until(lambda: not panel.watcher.is_running)


@pytest.mark.usefixtures("hand")
def test_each_part_can_be_used_alone(analyst):
    for part in (StatusView, NodesView, ScaleControl, DeleteControl):
        shown = part(analyst, "c1")
        shown.watcher.read()
        texts = [widget.value for widget in vars(shown).values() if isinstance(widget, widgets.HTML)]
        assert any("c1" in text or "hdfsReplication" in text for text in texts), part
        shown.close()
    log = ActivityView(client=analyst)
    assert "nothing was done" in log.page.value
    log.close()


class Markup(HTMLParser):
    def handle_starttag(self, tag, attrs):
        assert tag not in ("img", "script"), tag
        assert not [name for name, _ in attrs if name.startswith("on")]
        assert all((value or "").startswith("http") for name, value in attrs if name == "href")


@pytest.mark.usefixtures("hand")
def test_text_from_the_api_is_text_in_every_part(fleet, analyst):
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
    for part in [panel, *panel._parts]:
        seen += [widget.value for widget in vars(part).values() if isinstance(widget, widgets.HTML)]
    seen += [panel._repr_mimebundle_()["text/html"]]
    assert any("&lt;img" in text for text in seen)
    for text in seen:
        Markup().feed(text)
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "\x1b" not in "".join(labels(panel.picker))
    panel.close()


@pytest.mark.usefixtures("hand")
def test_where_widgets_cannot_live_there_is_a_snapshot(panel):
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

    def test_a_cluster_that_is_not_there_is_told_before_there_is_a_panel(self, notebook, emulator):
        assert "there is no cluster 'c9'" in notebook.refusal("%heco panel c9")
        with pytest.raises(UnknownClusterError):
            heco_jupyter.panel(cluster="c9")

    def test_running_the_cell_again_closes_the_panel_of_the_last_run(self, analyst, hand, monkeypatch):
        where = ("cell", "run 1")
        monkeypatch.setattr(panels, "_where", lambda: where)
        first, second = heco_jupyter.panel(client=analyst), heco_jupyter.panel(client=analyst)
        assert len(first.watcher._listeners) == 2
        where = ("cell", "run 2")
        third = heco_jupyter.panel(client=analyst)
        assert third.watcher._listeners == [third]
        assert first.comm is None
        assert second.comm is None
        where = ("another cell", "run 3")
        fourth = heco_jupyter.panel(client=analyst)
        assert third.watcher._listeners == [third, fourth]
        third.close()
        fourth.close()
