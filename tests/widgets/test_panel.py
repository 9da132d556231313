"""The panel and its parts, asked as a page asks them, without a browser; the API is real."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from types import SimpleNamespace

import ipywidgets as widgets
import pytest
from IPython.utils.capture import capture_output
from support import access_to, cluster_row, spec, until, writes
from traitlets import TraitError
from watching import paths

import heco_jupyter
from heco_jupyter.api.client import Client
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.emulator import Emulator, Fault
from heco_jupyter.errors import CommandError, UnknownClusterError
from heco_jupyter.live import operations
from heco_jupyter.live.operations import Outcome, Phase
from heco_jupyter.widgets import ClusterPanel, ClusterPicker, DeleteControl, NodesView, ScaleControl, StatusView
from heco_jupyter.widgets import panel as panel_module
from heco_jupyter.widgets.view import changes

NASTY = "<img src=x onerror=alert(1)>\x1b[31m\u202e'\""
WIDGET = "application/vnd.jupyter.widget-view+json"
CONFIG = {"config": {"hdfsReplication": 2}}


class Page:
    """What a page would know of a panel, and a way to ask what a page asks."""

    def __init__(self, panel):
        self.panel = panel
        self.number = 0

    def ask(self, kind, **values):
        self.number += 1
        self.panel._handle_custom_msg({"kind": kind, "r": self.number, **values}, [])

    @property
    def view(self):
        return self.panel.get_state("_view")["_view"]["set"]

    def scale(self, target):
        self.ask("aim", id=self.view["pick"], entry=str(target))
        self.ask("apply", id=self.view["pick"], target=target)

    def confirm(self, **values):
        self.ask("confirm", question=(self.view["question"] or {}).get("number"), **values)

    def delete(self, name):
        self.ask("delete", id=self.view["pick"])
        self.confirm(name=name)


@pytest.fixture
def panel(analyst, manual_ticks):
    """Return a panel on the cluster c1, which reads only when `read` is called."""
    made = ClusterPanel("c1", client=analyst)
    made.watcher.read()
    yield made
    made.close()


@pytest.fixture
def page(panel):
    return Page(panel)


@pytest.fixture
def sent(monkeypatch):
    """Return what panels send to the browser from now on."""
    messages = []
    monkeypatch.setattr(widgets.Widget, "_send", lambda self, message, buffers=None: messages.append(message))
    return messages


def id_of(number):
    return cluster_row(number)["id"]


def finish_writing(panel):
    """Wait until nothing is being sent, then read once."""
    until(lambda: all(o.phase is not Phase.SENDING for o in panel.watcher.fleet.operations.values()))
    panel.watcher.read()


def tabs():
    return [each for each in widgets.widget._instances.values() if type(each).__name__ == "Sidecar"]


def outcomes(panel):
    return [entry.outcome for entry in panel.watcher.fleet.log]


class TestPicking:
    def test_it_shows_active_clusters_and_terminated_ones_when_asked_for(self, panel, page):
        assert {row["name"] for row in page.view["rows"].values()} == {"c1", "c2", "c3"}
        page.ask("terminated", on=True)
        panel.watcher.read()
        assert panel.show_terminated
        assert page.view["rows"][id_of(4)]["status"] == "Terminated(User)"

    def test_a_pick_moves_the_card_the_nodes_and_the_trait(self, panel, page):
        seen = []
        panel.observe(lambda change: seen.append(change.new), "cluster_id")
        page.ask("pick", id=id_of(3))
        panel.watcher.read()
        assert seen == [panel.cluster_id] == [id_of(3)]
        assert page.view["card"]["name"] == "c3"
        assert "c3" in page.view["nodes"]["0"]["name"]

    def test_the_selection_stays_when_clusters_come_and_go(self, panel, page, fleet):
        fleet.load([cluster_row(9, name="newest")])
        panel.watcher.read()
        assert id_of(9) in page.view["rows"]
        assert page.view["pick"] == panel.cluster_id == id_of(1)

    def test_the_traits_do_what_the_mouse_does(self, panel, page, fleet):
        panel.cluster_id = id_of(2)
        panel.watcher.read()
        panel.target = 7
        assert page.view["scale"]["change"] == "3 → 7 (+4)"
        assert page.view["scale"]["armed"]
        panel.filter = "c2"
        assert page.view["filter"] == "c2"
        for wrong in (1, 10_001, 7.5, "8"):
            with pytest.raises(TraitError):
                panel.target = wrong
        assert panel.target == 7
        panel.cluster_id = None
        assert panel.target is None
        assert not writes(fleet)

    def test_a_cluster_that_the_api_no_longer_has_is_shown_as_gone(self, panel, page):
        panel.cluster_id = "11111111-2222-4333-8444-555555555555"
        panel.watcher.read()
        assert page.view["card"]["name"] == page.view["scale"]["reason"] == "the API no longer has this cluster"


class TestScaling:
    def test_a_pick_after_one_with_another_range_arms_nothing(self, panel, page, fleet):
        rows = [cluster_row(n, name=f"x{n}", workerCnt=3 * n, nodeCnt=3 * n + 1, **CONFIG) for n in range(10, 50)]
        fleet.load(rows)
        panel.watcher.read()
        for row in [*rows, *reversed(rows)]:
            page.ask("pick", id=row["id"])
            scale = page.view["scale"]
            assert (scale["count"], scale["armed"], panel.target) == (row["workerCnt"], False, None)
            assert scale["min"] <= row["workerCnt"] <= scale["max"]

    def test_a_scale_is_sent_once_and_followed_until_it_is_done(self, panel, page, fleet):
        page.scale(5)
        assert page.view["question"]["lines"][0] == "workers 3 → 5 (+2)"
        assert not writes(fleet)
        page.confirm()
        page.confirm()
        assert "under way: scale c1: 3 → 5 workers (+2)" in page.view["scale"]["reason"]
        assert page.view["rows"][id_of(1)]["progress"]["to"] == 5
        until(lambda: panel.watcher.read() or not panel.watcher.fleet.operations)
        assert [request.path.rpartition("/")[2] for request in writes(fleet)] == ["scale-out"]
        assert page.view["scale"]["count"] == 5
        assert page.view["outcome"]["text"] == "scale c1: 3 → 5 workers (+2): done"
        assert page.view["unread"] == 1

    def test_an_outcome_stays_until_it_is_dismissed_in_every_panel(self, panel, page, fleet, analyst):
        other = Page(ClusterPanel("c1", client=analyst))
        fleet.faults.add(Fault(method="POST", status=409, body={"message": "quota is used up"}))
        page.scale(5)
        page.confirm()
        finish_writing(panel)
        for shown in (page, other):
            assert "quota is used up" in shown.view["outcome"]["text"]
            assert shown.view["outcome"]["tone"] == "bad"
        page.ask("dismiss", number=page.view["outcome"]["number"])
        assert page.view["outcome"] is other.view["outcome"] is None
        assert page.view["unread"] == 0
        assert len(other.view["activity"]) == 1
        other.panel.close()

    def test_what_is_unread_is_read_by_opening_activity(self, panel, page, fleet):
        fleet.faults.add(Fault(method="POST", status=409))
        page.scale(5)
        page.confirm()
        finish_writing(panel)
        assert page.view["unread"] == 1
        page.ask("tab", tab="activity")
        assert page.view["unread"] == 0
        assert page.view["outcome"] is not None

    def test_a_count_that_has_changed_meanwhile_stops_the_write_and_says_so(self, panel, page, fleet):
        page.scale(5)
        fleet.load([cluster_row(1, name="c1", workerCnt=4, nodeCnt=5, **CONFIG)])
        page.confirm()
        finish_writing(panel)
        assert not writes(fleet)
        assert outcomes(panel) == [Outcome.OVERTAKEN]
        assert "it has 4 workers now, not 3" in page.view["outcome"]["text"]

    def test_a_question_is_withdrawn_when_the_count_changes_before_it_is_answered(self, panel, page, fleet):
        page.scale(5)
        number = page.view["question"]["number"]
        fleet.load([cluster_row(1, name="c1", workerCnt=4, nodeCnt=5, **CONFIG)])
        panel.watcher.read()
        page.ask("confirm", question=number)
        assert page.view["question"] is None
        assert "it has 4 workers now, not 3" in page.view["outcome"]["text"]
        assert not panel.watcher.fleet.log
        page.ask("dismiss", number=0)
        assert page.view["outcome"] is None

    def test_an_uncertain_scale_is_shown_and_locks_until_the_state_is_known(self, fleet, manual_ticks, monkeypatch):
        monkeypatch.setattr(operations, "_SETTLED_AFTER", 0.0)
        panel = ClusterPanel("c1", client=Client(access_to(fleet), Settings(timeout=0.5)))
        page = Page(panel)
        panel.watcher.read()
        fleet.faults.add(Fault(method="POST", drop="before"))
        page.scale(5)
        page.confirm()
        until(lambda: outcomes(panel) == [Outcome.UNCERTAIN])
        assert "it may have been scaled" in page.view["outcome"]["text"]
        assert "it is not known yet whether this was done" in page.view["scale"]["reason"]
        page.scale(6)
        page.ask("delete", id=id_of(1))
        assert page.view["question"] is None
        for _ in range(4):
            panel.watcher.read()
        assert "it was not done" in page.view["outcome"]["text"]
        assert page.view["scale"]["open"]
        assert len(writes(fleet)) == 1
        panel.close()

    def test_two_panels_on_one_cluster_agree(self, panel, page, analyst, fleet):
        other = Page(ClusterPanel("c1", client=analyst))
        other.scale(7)
        number = other.view["question"]["number"]
        page.scale(5)
        page.confirm()
        other.ask("confirm", question=number)
        assert "under way" in other.view["scale"]["reason"]
        until(lambda: panel.watcher.read() or not panel.watcher.fleet.operations)
        assert len(writes(fleet)) == 1
        assert other.view["scale"]["count"] == page.view["scale"]["count"] == 5
        assert other.view["activity"] == page.view["activity"]
        other.panel.close()


class TestDeleting:
    def test_only_the_full_name_deletes_it_and_it_is_followed_until_it_is_terminated(self, panel, page, fleet):
        page.delete("c")
        assert page.view["question"]["problem"]
        assert not writes(fleet)
        page.confirm(name="c1")
        until(lambda: panel.watcher.read() or not panel.watcher.fleet.operations)
        assert [request.method for request in writes(fleet)] == ["DELETE"]
        assert page.view["card"]["status"] == "Terminated(User)"
        assert id_of(1) not in page.view["rows"]
        assert page.view["outcome"]["text"] == "delete c1: done"

    @pytest.mark.parametrize("reads", [0, 1], ids=["before it is read again", "after that"])
    def test_a_cluster_that_is_gone_before_the_delete_reaches_it_is_deleted(self, panel, page, fleet, reads):
        detail, others = f"/clusters/{id_of(1)}$", [cluster_row(2), cluster_row(3)]
        fleet.faults.add(
            *[Fault(method="GET", path=detail, times=1)] * reads,
            Fault(path=detail, status=404),
            Fault(path="/clusters$", body={"content": others, "totalElements": 2, "size": 20}),
        )
        page.delete("c1")
        finish_writing(panel)
        assert outcomes(panel) == [Outcome.GONE]
        assert len(writes(fleet)) == reads


class TestFreshness:
    def test_while_the_api_fails_it_says_why_and_nothing_stays_armed(self, panel, page, fleet):
        page.scale(5)
        fleet.faults.add(Fault(status=500))
        with pytest.raises(Exception, match="500"):
            panel.watcher.read()
        assert "500" in page.view["error"]
        assert page.view["question"] is None
        assert page.view["scale"] | {"armed": False, "open": False, "target": None} == page.view["scale"]
        assert "Refresh first" in page.view["scale"]["reason"]
        fleet.faults.clear()
        panel.watcher.read()
        assert page.view["error"] is None
        assert page.view["scale"]["open"]
        assert not page.view["scale"]["armed"]

    def test_a_refresh_is_under_way_until_everything_was_read(self, panel, page, fleet):
        fleet.clear_requests()
        page.ask("refresh")
        assert page.view["reading"]
        panel.watcher.read()
        assert not page.view["reading"]
        assert paths(fleet) == ["/clusters", f"/clusters/{id_of(1)}", f"/clusters/{id_of(1)}/vms"]

    def test_vms_that_cannot_be_read_are_the_trouble_of_their_cluster_alone(self, panel, page, fleet, analyst):
        other = Page(ClusterPanel("c2", client=analyst))
        fleet.faults.add(Fault(path=f"{id_of(1)}/vms", status=403, body={"message": "not yours"}))
        panel.refresh()
        panel.watcher.read()
        assert "its VMs cannot be read" in page.view["nodes_note"]
        assert page.view["error"] is None
        assert page.view["scale"]["open"]
        assert len(other.view["nodes"]) == 4
        other.panel.close()

    @pytest.mark.parametrize("what", ["detail", "vm"])
    def test_what_changes_alone_is_seen_within_two_readings(self, panel, page, fleet, what):
        if what == "detail":
            body = cluster_row(1, name="c1", workerCnt=3, hueUrl="https://hue.example.com", **CONFIG)
            fleet.faults.add(Fault(method="GET", path=f"/clusters/{id_of(1)}$", body=body))
        else:
            vm = {"name": "HadoopMST-c1-1", "isMaster": True, "index": 1, "status": "ERROR", "floatingIp": "1.2.3.4"}
            fleet.load_vms(id_of(1), [vm | {"instanceId": "x", "createdAt": 0}])
        panel.watcher.read()
        panel.watcher.read()
        if what == "detail":
            assert page.view["card"]["links"] == [["Hue", "https://hue.example.com"]]
        else:
            assert [vm["ip"] for vm in page.view["nodes"].values()] == ["1.2.3.4"]

    @pytest.mark.parametrize("kind", ["open", "catch-up"])
    def test_a_page_that_missed_something_is_sent_everything(self, panel, page, sent, kind):
        page.ask(kind, v=-1)
        assert [message["content"].get("whole") for message in sent if message.get("content")] == [None, True]
        sent.clear()
        page.ask(kind, v=panel._version)
        assert [message["content"].get("whole") for message in sent if message.get("content")] == [None]


@pytest.mark.usefixtures("manual_ticks")
def test_a_steady_fleet_of_500_costs_one_list_request_a_tick_and_a_beat_of_less_than_200_bytes(sent):
    with Emulator(seed="empty") as emulator:
        emulator.load([cluster_row(number) for number in range(500)])
        client = Client(access_to(emulator))
        panels = [ClusterPanel(client=client) for _ in range(3)]
        watcher = panels[0].watcher
        watcher.read()
        sent.clear()
        emulator.clear_requests()
        for _ in range(5):
            watcher.read()
        assert paths(emulator) == ["/clusters"] * 5
        assert len(sent) == 5 * len(panels)
        assert all(len(json.dumps({"comm_id": panels[0].model_id, "data": message})) < 200 for message in sent)
        assert not any("set" in message["content"] for message in sent)
        emulator.load([cluster_row(499, workerCnt=9, nodeCnt=10)])
        sent.clear()
        watcher.read()
        assert [[*message["content"]["set"]] for message in sent] == [["rows", "fleet"]] * len(panels)
        for panel in panels:
            panel.close()


@pytest.mark.usefixtures("fast_ticks")
def test_the_life_of_a_cluster(emulator):
    emulator.set_speed(400)
    client = Client(access_to(emulator))
    panel = ClusterPanel(client=client)
    page = Page(panel)
    assert page.view["rows"] == {}
    made = client.create_cluster(spec())
    until(lambda: made.id in page.view["rows"])
    page.ask("pick", id=made.id)
    until(lambda: page.view["card"]["status"] == "Running" and page.view["scale"]["open"])
    page.scale(6)
    page.confirm()
    until(lambda: page.view["rows"][made.id]["workers"] == 6 and not panel.watcher.fleet.operations)
    until(lambda: len(page.view["nodes"]) == 7)
    page.delete(made.name)
    until(lambda: "Terminated" in page.view["card"]["status"])
    until(lambda: page.view["rows"] == {})
    panel.close()
    until(lambda: not panel.watcher.is_running)


@pytest.mark.usefixtures("manual_ticks")
def test_each_part_can_be_used_alone_and_several_in_a_box(analyst):
    parts = [part("c1", client=analyst) for part in (StatusView, NodesView, ScaleControl, DeleteControl)]
    assert [part._sections for part in parts] == [["status"], ["nodes"], ["scale"], ["delete"]]
    box = widgets.VBox([*parts, ClusterPicker(client=analyst)])
    assert all(isinstance(part, widgets.DOMWidget) for part in box.children)
    assert all(part.cluster_id == id_of(1) for part in parts)
    for part in box.children:
        part.close()


@pytest.mark.usefixtures("manual_ticks")
def test_a_closed_panel_leaves_no_widget_model(analyst):
    before = {*widgets.Widget._instances} if hasattr(widgets.Widget, "_instances") else {*widgets.widget._instances}
    for part in (ClusterPanel, ClusterPicker, NodesView):
        part(client=analyst).close()
    assert {*widgets.widget._instances} == before


@pytest.mark.usefixtures("manual_ticks")
def test_the_panel_speaks_the_language_of_the_settings(notebook, emulator):
    emulator.load([cluster_row(1, name="c1")])
    panel = notebook.value("%heco panel c1")
    page = Page(panel)
    panel.watcher.read()
    english = page.view
    notebook.run("%config HecoMagics.language = 'ko'")
    panel.watcher.read()
    assert page.view["texts"]["apply"] == "적용"
    assert "실행 1" in page.view["fleet"]
    assert "기준" in panel._repr_mimebundle_()[0]["text/html"]
    assert {"texts", "fleet", "scale", "activity_note"} <= {*changes(english, page.view)}
    assert "there is no language" in str(notebook.run("%config HecoMagics.language = 'fr'").error)
    panel.close()


@pytest.mark.usefixtures("manual_ticks")
def test_a_price_table_prices_the_fleet_and_learns_the_flavors(notebook, emulator, tmp_path):
    flavors = {key: [{"flavorName": "m2a.xlarge"}] for key in ("masterInfo", "workerInfo")}
    emulator.load([cluster_row(number, name=f"c{number}", **flavors) for number in range(6)])
    (tmp_path / "prices.csv").write_text("flavorName,pricePerHour\nm2a.xlarge,1\n")
    notebook.run(f"%config HecoMagics.prices = '{tmp_path / 'prices.csv'}'")
    panel = notebook.value("%heco panel c1")
    for _ in range(2):
        panel.watcher.read()
    assert "24 per hour (6 of 6 known)" in Page(panel).view["fleet"]
    panel.close()


@pytest.mark.usefixtures("manual_ticks")
def test_what_the_kernel_records_is_shown_and_stopped(notebook, emulator, tmp_path):
    emulator.load([cluster_row(1, name="c1")])
    panel = notebook.value("%heco panel")
    page = Page(panel)
    assert page.view["recording"] == ""
    notebook.run(f"%heco record {tmp_path / 'archive'} --every 10m")
    panel.watcher.read()
    assert "recording every 10 min, last snapshot" in page.view["recording"]
    page.ask("stop")
    until(lambda: panel.watcher.read() or page.view["recording"] == "")
    panel.close()


class Markup(HTMLParser):
    def handle_starttag(self, tag, attrs):
        assert tag not in ("img", "script"), tag
        assert not [name for name, _ in attrs if name.startswith("on")]
        assert all((value or "").startswith("http") for name, value in attrs if name == "href")


@pytest.mark.usefixtures("manual_ticks")
def test_text_from_the_api_is_escaped_in_the_table(fleet, analyst):
    texts = dict.fromkeys(("name", "owner", "clusterType", "clusterVersion", "hueUrl", "nameNodeUrl"), NASTY)
    fleet.load([cluster_row(1, **texts, **CONFIG, status=f"Running {NASTY}")])
    panel = ClusterPanel(id_of(1), client=analyst)
    panel.watcher.read()
    html = panel._repr_mimebundle_()[0]["text/html"]
    assert "&lt;img" in html
    Markup().feed(html)
    assert not re.search("[\x1b\u202e]", html)
    panel.close()


def test_without_widgets_there_is_a_static_form(panel):
    data, *_ = panel._repr_mimebundle_()
    for form in ("text/plain", "text/html"):
        assert "c1" in data[form]
        assert "c3" in data[form]
        assert "gone" not in data[form]
        assert "kim@example.com" in data[form]
    assert "application/vnd.jupyter.widget-view+json" in data


@pytest.mark.usefixtures("manual_ticks")
def test_the_widget_is_shown_with_the_metadata_without_which_colab_shows_none(notebook, emulator, monkeypatch):
    colab = SimpleNamespace(
        enable_custom_widget_manager=lambda: None, _widgets=SimpleNamespace(_installed_url="manager.js")
    )
    monkeypatch.setitem(sys.modules, "google.colab.output", colab)
    emulator.load([cluster_row(1, name="c1")])
    with capture_output() as captured:
        panel = notebook.shell.run_cell("panel = %heco panel\npanel").result
    table, widget = captured.outputs
    assert table.metadata == {}
    assert widget.metadata[WIDGET] == {"colab": {"custom_widget_manager": {"url": "manager.js"}}}
    panel.close()


@pytest.mark.usefixtures("manual_ticks")
class TestBeside:
    @pytest.fixture
    def kernel(self, shell, fleet, monkeypatch):
        """Let the shell look like a kernel's."""
        monkeypatch.setattr(shell, "kernel", object(), raising=False)

    def test_it_opens_one_tab_with_the_widget_and_its_cell_has_the_table(self, kernel, notebook, fleet):
        ran = notebook.run("%heco panel c2 --side")
        panel = ran.value
        (tab,) = tabs()
        (output,) = tab.outputs
        assert output["data"][WIDGET]["model_id"] == panel.model_id
        first = tab.model_id
        assert panel.get_state("_tab")["_tab"] == first
        assert ran.shown.index("text/html") < ran.shown.index("widget-view+json")
        assert "kim@example.com" in ran.shown
        panel.open_beside()
        assert [other.model_id for other in tabs()] == [panel._tab] != [first]
        panel.close()
        assert not writes(fleet)

    @pytest.mark.parametrize("part", [ClusterPanel, NodesView])
    def test_closing_it_leaves_no_widget_model(self, kernel, analyst, part):
        before = {*widgets.widget._instances}
        made = part("c1", client=analyst)
        made.open_beside()
        made.close()
        assert {*widgets.widget._instances} == before

    def test_running_the_cell_again_replaces_the_tab(self, kernel, notebook, monkeypatch):
        cell = ("cell", "run 1")
        monkeypatch.setattr(panel_module, "_current_cell", lambda: cell)
        notebook.value("%heco panel --side")
        cell = ("cell", "run 2")
        second = notebook.value("%heco panel --side")
        assert [tab.model_id for tab in tabs()] == [second._tab]
        cell = ("cell", "run 3")
        notebook.value("%heco panel").close()
        assert tabs() == []

    def test_whoever_closes_the_tab_has_the_panel_in_its_cell_with_nothing_aimed_at(self, kernel, panel, page, fleet):
        panel.open_beside()
        page.scale(5)
        for nonsense in (None, 7, "", "another"):
            page.ask("back", tab=nonsense)
            assert [tab.model_id for tab in tabs()] == [panel._tab]
        page.ask("back", tab=panel._tab)
        assert (tabs(), panel._tab, panel.target, page.view["question"]) == ([], "", None, None)
        assert not writes(fleet)

    def test_without_sidecar_it_says_in_a_line_what_to_install_and_makes_no_panel(self, kernel, notebook, monkeypatch):
        monkeypatch.setitem(sys.modules, "sidecar", None)
        before = {*widgets.widget._instances}
        refusal = notebook.refusal("%heco panel c1 --side")
        assert "pip install 'heco-jupyter[side]'" in refusal
        assert len(refusal.strip().splitlines()) == 1
        assert {*widgets.widget._instances} == before

    def test_where_there_is_no_notebook_it_says_so(self, notebook, panel, fleet):
        assert "there is no notebook here" in notebook.refusal("%heco panel --side")
        with pytest.raises(CommandError, match="there is no notebook here"):
            panel.open_beside()
        assert tabs() == []


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

    def test_it_shows_a_table_and_then_the_widget(self, notebook, emulator):
        emulator.load([cluster_row(1, name="c1")])
        shown = notebook.run("panel = %heco panel\npanel").shown
        assert shown.index("text/html") < shown.index("widget-view+json")
        assert shown.count("kim@example.com") == 1
        notebook.run("panel.close()")

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
