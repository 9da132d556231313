"""The watcher: what it asks for, when, and what it tells."""

from __future__ import annotations

import time

import pytest
from ipywidgets import Widget
from support import access_to, cluster_row

from heco_jupyter.api.client import Client
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.emulator import Emulator, Fault
from heco_jupyter.errors import ServerError
from heco_jupyter.live.watcher import Wants, watcher_of
from heco_jupyter.widgets import ClusterPanel


class Listener:
    def __init__(self, **wants):
        self.wants = Wants(**wants)
        self.views = []

    def show(self, view):
        self.views.append(view)


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def paths(emulator):
    return [request.path.removeprefix("/v2/hadoop-eco") for request in emulator.requests]


@pytest.mark.usefixtures("hand")
def test_a_tick_is_one_list_however_many_listen(fleet, analyst):
    watcher = watcher_of(analyst)
    for _ in range(5):
        watcher.add(Listener())
    fleet.clear_requests()
    watcher.read()
    assert paths(fleet) == ["/clusters"]


@pytest.mark.usefixtures("hand")
def test_what_is_looked_at_is_read_in_full_once_and_again_when_it_changes(fleet, analyst):
    watcher = watcher_of(analyst)
    key = analyst.find("c1").id
    watcher.add(Listener(cluster_id=key, vms=True))
    watcher.add(Listener(cluster_id=key))
    watcher.read()
    fleet.clear_requests()
    watcher.read()
    assert paths(fleet) == ["/clusters"]
    fleet.load([cluster_row(1, name="c1", workerCnt=4, nodeCnt=5, config={"hdfsReplication": 2})])
    fleet.clear_requests()
    watcher.read()
    assert paths(fleet) == ["/clusters", f"/clusters/{key}", f"/clusters/{key}/vms"]
    assert watcher.view.cluster(key).workerCnt == 4


@pytest.mark.usefixtures("hand")
def test_terminated_clusters_are_asked_for_only_where_they_are_shown(fleet, analyst):
    watcher = watcher_of(analyst)
    listener = Listener()
    watcher.add(listener)
    watcher.read()
    assert len(watcher.view.clusters) == 3
    listener.wants = Wants(terminated=True)
    watcher.read()
    assert len(watcher.view.clusters) == 4


@pytest.mark.usefixtures("hand")
def test_nothing_is_told_when_nothing_has_changed(analyst):
    watcher = watcher_of(analyst)
    listener = Listener(cluster_id=analyst.find("c1").id, vms=True)
    watcher.add(listener)
    watcher.read()
    watcher.read()  # the time to the next tick has settled
    told = len(listener.views)
    for _ in range(3):
        watcher.read()
    assert len(listener.views) == told


@pytest.mark.usefixtures("hand")
def test_a_steady_fleet_of_500_costs_one_list_a_tick_and_no_message_to_the_browser(monkeypatch):
    with Emulator(seed="empty") as emulator:
        emulator.load([cluster_row(number) for number in range(500)])
        client = Client(access_to(emulator))
        panels = [ClusterPanel(client=client) for _ in range(3)]
        watcher = watcher_of(client)
        watcher.read()
        watcher.read()
        sent = []
        monkeypatch.setattr(Widget, "_send", lambda self, message, buffers=None: sent.append(message))
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


@pytest.mark.usefixtures("hand")
def test_what_fails_is_told_as_stale_and_what_is_known_stays(fleet, analyst):
    watcher = watcher_of(analyst)
    watcher.add(listener := Listener())
    watcher.read()
    fleet.faults.add(Fault(status=500))
    with pytest.raises(ServerError):
        watcher.read()
    assert "500" in listener.views[-1].trouble
    assert len(listener.views[-1].clusters) == 3
    fleet.faults.clear()
    watcher.read()
    assert listener.views[-1].trouble is None


@pytest.mark.usefixtures("hand")
def test_a_listener_that_breaks_does_not_keep_the_others_from_being_told(analyst):
    class Broken(Listener):
        def show(self, view):
            raise ZeroDivisionError("here")

    watcher = watcher_of(analyst)
    watcher.add(Broken())
    watcher.add(listener := Listener())
    watcher.read()
    assert len(listener.views[-1].clusters) == 3
    assert "ZeroDivisionError" in watcher.view.trouble


@pytest.mark.usefixtures("quick")
def test_the_thread_ticks_while_somebody_listens_and_ends_with_the_last(fleet, analyst):
    watcher = watcher_of(analyst)
    one, other = Listener(), Listener()
    watcher.add(one)
    watcher.add(other)
    until(lambda: len(paths(fleet)) >= 3)
    watcher.remove(one)
    seen = len(paths(fleet))
    until(lambda: len(paths(fleet)) >= seen + 2)
    watcher.remove(other)
    until(lambda: not watcher.is_running)
    seen = len(paths(fleet))
    time.sleep(0.5)
    assert len(paths(fleet)) == seen
    watcher.add(one)
    until(lambda: len(paths(fleet)) > seen)
    watcher.remove(one)


@pytest.mark.usefixtures("quick")
def test_where_nobody_wants_to_be_kept_up_to_date_it_reads_only_when_asked(fleet, analyst):
    watcher = watcher_of(analyst)
    watcher.add(listener := Listener(auto=False))
    until(lambda: listener.views[-1].heard)
    time.sleep(0.3)
    seen = len(paths(fleet))
    time.sleep(0.5)
    assert len(paths(fleet)) == seen
    assert listener.views[-1].every is None
    watcher.refresh()
    until(lambda: len(paths(fleet)) == seen + 1)
    watcher.remove(listener)


@pytest.mark.usefixtures("quick")
def test_it_goes_on_after_faults(fleet):
    watcher = watcher_of(Client(access_to(fleet), Settings(timeout=0.5)))
    watcher.add(listener := Listener())
    until(lambda: listener.views[-1].heard)
    fleet.faults.add(Fault(status=503))
    until(lambda: listener.views[-1].trouble)
    fleet.faults.clear()
    until(lambda: not listener.views[-1].trouble)
    watcher.remove(listener)


def test_there_is_one_watcher_a_connection(analyst, fleet):
    watcher = watcher_of(analyst)
    assert watcher_of(analyst) is watcher
    assert watcher_of(Client(access_to(fleet))) is not watcher
