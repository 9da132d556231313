"""The watcher: what it requests, when, and what it shows its listeners."""

from __future__ import annotations

import time

import pytest
from support import access_to, cluster_row, until
from watching import paths

from heco_jupyter.api.client import Client
from heco_jupyter.api.model.plans import plan_delete
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.emulator import Fault
from heco_jupyter.errors import ServerError
from heco_jupyter.live.operations import Outcome
from heco_jupyter.live.state import Interest
from heco_jupyter.live.watcher import watcher_of


class Listener:
    def __init__(self, **interest):
        self.interest = Interest(**interest)
        self.shown = []

    def show(self, fleet):
        self.shown.append(fleet)


@pytest.mark.usefixtures("manual_ticks")
def test_a_tick_is_one_list_request_however_many_listeners_there_are(fleet, analyst):
    watcher = watcher_of(analyst)
    for _ in range(5):
        watcher.add(Listener())
    fleet.clear_requests()
    watcher.read()
    assert paths(fleet) == ["/clusters"]


@pytest.mark.usefixtures("manual_ticks")
def test_a_cluster_that_is_shown_is_read_in_full_and_its_vms_every_other_time_or_when_it_changes(fleet, analyst):
    watcher = watcher_of(analyst)
    key = analyst.find("c1").id
    watcher.add(Listener(cluster_id=key, vms=True))
    watcher.add(Listener(cluster_id=key))
    watcher.read()
    fleet.clear_requests()
    watcher.read()
    watcher.read()
    both = ["/clusters", f"/clusters/{key}"]
    assert sorted(paths(fleet)) == sorted([*both, *both, f"/clusters/{key}/vms"])
    fleet.load([cluster_row(1, name="c1", workerCnt=4, nodeCnt=5, config={"hdfsReplication": 2})])
    fleet.clear_requests()
    watcher.read()
    assert paths(fleet) == [*both, f"/clusters/{key}/vms"]
    assert watcher.fleet.cluster(key).workerCnt == 4


@pytest.mark.usefixtures("manual_ticks")
@pytest.mark.parametrize("what", ["", "/vms"])
def test_what_belongs_to_one_cluster_fails_for_it_alone(fleet, analyst, what):
    watcher = watcher_of(analyst)
    one, other = analyst.find("c1").id, analyst.find("c2").id
    for key in (one, other):
        watcher.add(Listener(cluster_id=key, vms=True))
    watcher.read()
    fleet.faults.add(Fault(path=f"{one}{what}$", status=403))
    watcher.refresh()
    watcher.read()
    errors = watcher.fleet.vm_errors if what else watcher.fleet.detail_errors
    assert [*errors] == [one]
    assert watcher.fleet.last_error is None
    assert watcher.fleet.cluster(one).workerCnt == 3
    assert len(watcher.fleet.vms[one]) == len(watcher.fleet.vms[other]) == 4


@pytest.mark.usefixtures("manual_ticks")
def test_terminated_clusters_are_requested_only_while_they_are_shown(fleet, analyst):
    watcher = watcher_of(analyst)
    listener = Listener()
    watcher.add(listener)
    watcher.read()
    assert len(watcher.fleet.clusters) == 3
    listener.interest = Interest(terminated=True)
    watcher.read()
    assert len(watcher.fleet.clusters) == 4


@pytest.mark.usefixtures("manual_ticks")
def test_listeners_are_notified_of_every_reading_and_a_request_for_one_is_answered(analyst):
    watcher = watcher_of(analyst)
    listener = Listener(cluster_id=analyst.find("c1").id, vms=True)
    watcher.add(listener)
    for number in (1, 2):
        asked = watcher.refresh()
        assert watcher.fleet.answered < asked
        shown = len(listener.shown)
        watcher.read()
        assert len(listener.shown) == shown + 1
        assert watcher.fleet.answered == asked == number
    assert (
        listener.shown[-1].clusters[listener.interest.cluster_id]
        is listener.shown[-2].clusters[listener.interest.cluster_id]
    )


@pytest.mark.usefixtures("manual_ticks")
def test_a_failed_reading_is_shown_as_the_last_error_and_what_is_known_stays(fleet, analyst):
    watcher = watcher_of(analyst)
    watcher.add(listener := Listener())
    watcher.read()
    fleet.faults.add(Fault(status=500))
    with pytest.raises(ServerError):
        watcher.read()
    assert "500" in listener.shown[-1].last_error
    assert len(listener.shown[-1].clusters) == 3
    fleet.faults.clear()
    watcher.read()
    assert listener.shown[-1].last_error is None


@pytest.mark.usefixtures("manual_ticks")
def test_a_listener_that_raises_does_not_keep_the_others_from_being_notified(analyst):
    class Broken(Listener):
        def show(self, fleet):
            raise ZeroDivisionError("here")

    watcher = watcher_of(analyst)
    watcher.add(Broken())
    watcher.add(listener := Listener())
    watcher.read()
    assert len(listener.shown[-1].clusters) == 3
    assert "ZeroDivisionError" in watcher.fleet.last_error


@pytest.mark.usefixtures("fast_ticks")
def test_the_thread_ticks_while_anyone_listens_and_ends_with_the_last_listener(fleet, analyst):
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


@pytest.mark.usefixtures("fast_ticks")
def test_it_recovers_after_faults(fleet):
    watcher = watcher_of(Client(access_to(fleet), Settings(timeout=0.5)))
    watcher.add(listener := Listener())
    until(lambda: listener.shown[-1].updated_at)
    fleet.faults.add(Fault(status=503))
    until(lambda: listener.shown[-1].last_error)
    fleet.faults.clear()
    until(lambda: not listener.shown[-1].last_error)
    watcher.remove(listener)


@pytest.mark.usefixtures("manual_ticks")
def test_a_write_that_ends_in_an_error_that_nobody_foresaw_is_uncertain_and_keeps_the_cluster_locked(
    analyst, monkeypatch
):
    def fail(plan):
        raise ZeroDivisionError("here")

    cluster = analyst.find("c1")
    watcher = watcher_of(analyst)
    monkeypatch.setattr(analyst, "carry_out_renewed", fail)
    assert watcher.begin(plan_delete(cluster), cluster)
    until(lambda: watcher.fleet.log[-1].outcome is Outcome.UNCERTAIN)
    assert "ZeroDivisionError" in watcher.fleet.log[-1].detail
    assert not watcher.begin(plan_delete(cluster), cluster)


def test_there_is_one_watcher_per_connection(analyst, fleet):
    watcher = watcher_of(analyst)
    assert watcher_of(analyst) is watcher
    assert watcher_of(Client(access_to(fleet))) is not watcher
