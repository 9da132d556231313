"""The state of a fleet: which readings differ, and which differences listeners must see."""

from __future__ import annotations

from support import cluster_row

from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.live.state import FleetState, is_any_busy, is_same, reuse_unchanged


def cluster(**fields):
    return Cluster(cluster_row(1, **fields))


def test_time_alone_makes_no_difference():
    assert is_same(cluster(elapsedTime=1, totalVmUptime=1), cluster(elapsedTime=2, totalVmUptime=2))
    assert not is_same(cluster(workerCnt=3), cluster(workerCnt=4))
    assert not is_same(cluster(), Cluster(cluster().raw, "Asia/Seoul"))


def test_an_unchanged_cluster_is_the_same_object_again():
    before = {"a": cluster(elapsedTime=1), "b": cluster(), "c": cluster()}
    now = {"a": cluster(elapsedTime=2), "b": cluster(workerCnt=9), "c": None, "d": cluster()}
    reused = reuse_unchanged(now, before)
    assert reused["a"] is before["a"]
    assert reused["b"] is now["b"]
    assert reused["c"] is None
    assert reused["d"] is now["d"]


def test_a_fleet_is_busy_while_any_cluster_is():
    assert not is_any_busy([cluster(), cluster(status="Terminated(User)")])
    assert is_any_busy([cluster(), cluster(status="Installing")])
    assert not is_any_busy([cluster(status="Failed"), cluster(status="Running(Error)")])


def test_a_cluster_is_shown_in_full_where_its_details_are_known():
    full, listed = cluster(isHa=True), cluster()
    fleet = FleetState(clusters={"a": listed, "b": listed}, details={"a": full, "b": None})
    assert fleet.cluster("a") is full
    assert fleet.cluster("b") is listed
    assert fleet.cluster("c") is None
    assert fleet.cluster(None) is None
