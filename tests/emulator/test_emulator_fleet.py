"""The fleets to start with."""

from __future__ import annotations

from collections import Counter

import pytest

from heco_jupyter.emulator import Emulator

DAY_MS = 86_400_000


@pytest.fixture
def fleet(make, caller):
    return caller(make(seed="fleet"))


def test_the_same_number_and_time_give_the_same_fleet(make, caller):
    first, second, other = (caller(make(seed="fleet", seed_number=number)).items() for number in (7, 7, 8))
    assert first == second
    assert first != other


def test_the_fleet_has_every_kind_of_cluster(fleet):
    items = fleet.items()
    statuses = Counter(item["status"] for item in items)
    assert 35 <= len(items) <= 45
    assert statuses["Running"] >= 12
    assert statuses["Terminated(User)"] + statuses["Terminated(UserTask)"] >= 15
    assert {"Initializing", "Running(Scaling-out)", "Running(Scaling-in)", "Terminating", "Terminated(Error)"} <= set(
        statuses
    )
    assert {item["clusterType"] for item in items} == {"hadoop", "dataflow", "hbase", "trino"}
    assert {"hde-1.1.2", "hde-2.0.1"} <= {item["clusterVersion"] for item in items}
    assert len({item["owner"] for item in items}) >= 4
    assert {item["apiKeyStatus"] for item in items} == {"possible", "impossible", "applied"}
    assert any(not item["name"].isascii() for item in items)


@pytest.mark.parametrize("number", range(5))
def test_the_fleet_is_consistent(make, caller, clock, number):
    api = caller(make(seed="fleet", seed_number=number))
    items = api.items()
    alive = [item["name"] for item in items if not item["status"].startswith("Terminated")]
    assert len(alive) == len(set(alive))
    for item in items:
        assert clock.ms - 90 * DAY_MS <= item["createdAt"] <= clock.ms
        assert item["nodeCnt"] == item["masterCnt"] + item["workerCnt"]
        assert (item["nodeCnt"] == 0) == item["status"].startswith("Terminated")
        assert item["isScalable"] == (item["status"] == "Running")
        assert item["apiKeyStatus"] == "impossible" or item["status"].startswith("Running")
        if item["runningAt"] is None:
            assert item["elapsedTime"] == 0
        else:
            assert item["createdAt"] < item["runningAt"]
            assert item["runningAt"] + item["elapsedTime"] <= clock.ms
        if item["status"] == "Running":
            vms = api.vms(item["id"])
            assert sum(vm["isMaster"] for vm in vms) == item["masterCnt"]
            assert len(vms) == item["nodeCnt"]


def test_some_vms_have_a_floating_ip_and_others_leave_it_out(fleet):
    vms = [vm for item in fleet.items(includeTerminated="false") for vm in fleet.vms(item["id"])]
    assert {("floatingIp" in vm) for vm in vms} == {True, False}
    assert all(isinstance(vm.get("floatingIp", ""), str) for vm in vms)


def test_clusters_in_transition_reach_their_next_status(fleet, clock):
    clock.advance(600)
    assert {item["status"] for item in fleet.items()} == {
        *("Running", "Terminated(User)", "Terminated(UserTask)", "Terminated(Error)"),
    }


def test_a_higher_speed_shortens_only_the_future(make, caller, clock):
    slow, fast = caller(make(seed="fleet")), caller(make(seed="fleet", speed=60.0))
    assert slow.items() == fast.items()
    clock.advance(10)
    assert "Initializing" in {item["status"] for item in slow.items()}
    assert "Initializing" not in {item["status"] for item in fast.items()}


def test_an_unknown_seed_is_refused():
    with pytest.raises(ValueError, match="use one of fleet, busy, empty"):
        Emulator(seed="nothing")


def test_the_busy_fleet_has_nearly_ninety_days_of_daily_jobs(make, caller, clock):
    items = caller(make(seed="busy")).items()
    assert 450 <= len(items) <= 650
    days = {(clock.ms - item["createdAt"]) // DAY_MS for item in items}
    assert days >= set(range(1, 85))
    alive = [item["name"] for item in items if not item["status"].startswith("Terminated")]
    assert len(alive) == len(set(alive))
    assert sum(item["name"] == "etl-orders" for item in items) > 80
