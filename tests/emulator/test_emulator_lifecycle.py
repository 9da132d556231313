"""Clusters over time: installation, scaling and termination."""

from __future__ import annotations

import pytest

DAY = 86400


def hive(policy, **fields):
    return {"type": "hive", "terminationPolicy": policy, "hiveQuery": "select 1", **fields}


def test_a_cluster_runs_after_as_long_as_in_a_cloud(api, clock, body):
    created = clock.ms
    cluster_id = api.create(body())
    clock.advance(329.9)
    item = api.item(cluster_id)
    assert (item["status"], item["runningAt"], item["elapsedTime"], item["isScalable"]) == (
        "Initializing",
        None,
        0,
        False,
    )
    assert "runningAt" not in api.get(cluster_id)
    clock.advance(0.1)
    item = api.item(cluster_id)
    assert (item["status"], item["runningAt"], item["elapsedTime"]) == ("Running", clock.ms, 0)
    assert (item["isScalable"], item["createdAt"]) == (True, created)
    clock.advance(60)
    assert api.item(cluster_id)["elapsedTime"] == 60_000


def test_speed_divides_every_duration(make, caller, clock, body):
    api = caller(make(speed=60.0))
    cluster_id = api.create(body())
    clock.advance(5.4)
    assert api.item(cluster_id)["status"] == "Initializing"
    clock.advance(0.1)
    assert api.item(cluster_id)["status"] == "Running"


def test_a_change_of_speed_affects_what_is_under_way(emulator, api, clock, body):
    cluster_id = api.create(body())
    clock.advance(30)
    emulator.set_speed(100)
    clock.advance(3)
    assert api.item(cluster_id)["status"] == "Running"
    assert api.item(cluster_id)["elapsedTime"] == 0


def test_the_vms_of_a_new_cluster_appear_one_after_another(api, clock, body):
    cluster_id = api.create(body())
    seen = []
    for _ in range(12):
        vms = api.vms(cluster_id)
        seen.append((len(vms), sum(vm["status"] == "Running" for vm in vms)))
        clock.advance(30)
    assert seen == sorted(seen)
    assert len({present for present, _ in seen}) == 4
    assert seen[0] == (1, 0)
    assert seen[-1] == (4, 4)


def test_a_vm_has_the_documented_fields_in_order(api, running):
    vms = api.vms(running)
    assert list(vms[0]) == [
        *("name", "instanceId", "index", "isMaster", "status", "flavorName", "ip", "createdAt"),
    ]
    assert [vm["name"] for vm in vms] == [
        *("HadoopMST-etl-1", "HadoopWRK-etl-1", "HadoopWRK-etl-2", "HadoopWRK-etl-3"),
    ]
    assert [(vm["index"], vm["isMaster"]) for vm in vms] == [(1, True), (1, False), (2, False), (3, False)]
    assert [vm["flavorName"] for vm in vms] == ["m2a.xlarge", "m2a.2xlarge", "m2a.2xlarge", "m2a.2xlarge"]
    assert len({vm["ip"] for vm in vms}) == len({vm["instanceId"] for vm in vms}) == 4


def test_a_scale_out_adds_workers_one_after_another(api, clock, running):
    response = api.scale(running, "out", 3)
    assert response.json() == {"id": running, "name": "etl", "status": "Running(Scaling-out)"}
    seen = []
    while api.item(running)["status"] == "Running(Scaling-out)":
        item, vms = api.item(running), api.vms(running)
        assert item["isScalable"] is False
        assert item["nodeCnt"] == item["masterCnt"] + item["workerCnt"]
        assert item["workerCnt"] == sum(vm["status"] == "Running" and not vm["isMaster"] for vm in vms)
        seen.append((item["workerCnt"], len(vms)))
        clock.advance(15)
    assert seen == sorted(seen)
    assert {workers for workers, _ in seen} == {3, 4, 5, 6}
    assert {present for _, present in seen} == {5, 6, 7}
    item = api.item(running)
    assert (item["status"], item["workerCnt"], item["nodeCnt"], item["isScalable"]) == ("Running", 6, 7, True)
    assert [vm["index"] for vm in api.vms(running, name="WRK")] == [1, 2, 3, 4, 5, 6]


def test_a_scale_in_removes_the_last_workers_one_after_another(api, clock, body):
    cluster_id = api.create(body(workerCnt=5))
    clock.advance(330)
    assert api.scale(cluster_id, "in", 3).json()["status"] == "Running(Scaling-in)"
    seen = []
    while api.item(cluster_id)["status"] == "Running(Scaling-in)":
        seen.append((api.item(cluster_id)["workerCnt"], len(api.vms(cluster_id))))
        assert {vm["status"] for vm in api.vms(cluster_id)} == {"Running", "Deleting"}
        clock.advance(15)
    assert seen == sorted(seen, reverse=True)
    assert seen[0] == (4, 6)
    assert {workers for workers, _ in seen} == {4, 3, 2}
    assert api.item(cluster_id)["workerCnt"] == 2
    assert [vm["index"] for vm in api.vms(cluster_id, name="WRK")] == [1, 2]


def test_a_worker_with_a_reused_name_is_another_vm(api, clock, running):
    before = {vm["name"]: vm for vm in api.vms(running)}
    api.scale(running, "in", 1)
    clock.advance(600)
    api.scale(running, "out", 1)
    clock.advance(600)
    after = {vm["name"]: vm for vm in api.vms(running)}
    assert set(before) == set(after)
    changed = {name for name in before if before[name]["instanceId"] != after[name]["instanceId"]}
    assert changed == {"HadoopWRK-etl-3"}
    assert before["HadoopWRK-etl-3"]["ip"] != after["HadoopWRK-etl-3"]["ip"]


def test_scaling_to_hundreds_of_workers_ends_in_reasonable_time(api, clock, running):
    api.scale(running, "out", 500)
    clock.advance(600)
    assert (api.item(running)["status"], api.item(running)["workerCnt"]) == ("Running", 503)
    assert len({vm["ip"] for vm in api.vms(running)}) == 504


def test_a_deleted_cluster_ends_without_vms_and_web_pages(api, clock, running):
    clock.advance(100)
    assert api.delete(running).json() == {"id": running, "name": "etl", "status": "Terminating"}
    item = api.item(running)
    assert (item["nodeCnt"], item["isScalable"], item["apiKeyStatus"]) == (4, False, "impossible")
    assert {vm["status"] for vm in api.vms(running)} == {"Deleting"}
    clock.advance(90)
    item = api.item(running)
    assert item["status"] == "Terminated(User)"
    assert (item["masterCnt"], item["workerCnt"], item["nodeCnt"]) == (0, 0, 0)
    assert item["elapsedTime"] == 100_000
    assert api.vms(running) == []
    assert not [field for field in api.get(running) if field.endswith("Url")]


def test_a_cluster_deleted_during_its_installation_never_ran(api, clock, body):
    cluster_id = api.create(body())
    clock.advance(100)
    api.delete(cluster_id)
    clock.advance(1000)
    item = api.item(cluster_id)
    assert (item["status"], item["runningAt"], item["elapsedTime"]) == ("Terminated(User)", None, 0)


def test_a_cluster_can_be_deleted_while_it_is_scaled(api, clock, running):
    api.scale(running, "out", 3)
    clock.advance(40)
    assert api.delete(running).status_code == 200
    assert len(api.vms(running)) == 6
    clock.advance(60)
    assert len(api.vms(running)) == 6
    clock.advance(30)
    assert api.item(running)["status"] == "Terminated(User)"


def test_a_terminated_cluster_is_listed_for_ninety_days(api, clock, running):
    api.delete(running)
    clock.advance(90 + 90 * DAY - 1)
    assert api.item(running)["status"] == "Terminated(User)"
    clock.advance(1)
    assert api.items() == []
    assert api.call("GET", f"/{running}").status_code == 404


def test_vm_uptime_includes_vms_that_are_gone(api, clock, running):
    at_start = api.get(running)["totalVmUptime"]
    clock.advance(100)
    assert api.get(running)["totalVmUptime"] == at_start + 4 * 100_000
    api.scale(running, "in", 1)
    clock.advance(100)
    assert api.get(running)["totalVmUptime"] == at_start + 4 * 100_000 + 3 * 100_000
    api.delete(running)
    clock.advance(1000)
    assert api.get(running)["totalVmUptime"] == at_start + 7 * 100_000
    assert api.get(running)["elapsedTime"] == 200_000


@pytest.mark.parametrize(
    ("task", "status"),
    [
        (hive("never"), "Running"),
        (hive("onSuccess"), "Terminated(UserTask)"),
        (hive("always"), "Terminated(UserTask)"),
        (hive("onSuccess", hiveQuery="select 1 -- emulator:fail"), "Running"),
        (hive("always", execParams="emulator:fail"), "Terminated(UserTask)"),
    ],
)
def test_a_user_task_ends_the_cluster_as_its_policy_says(api, clock, body, task, status):
    cluster_id = api.create(body(userTask=task))
    clock.advance(330 + 599)
    assert api.item(cluster_id)["status"] == "Running"
    clock.advance(100)
    assert api.item(cluster_id)["status"] == status


def test_a_user_can_delete_a_cluster_before_its_task_ends_it(api, clock, body):
    cluster_id = api.create(body(userTask=hive("always")))
    clock.advance(400)
    api.delete(cluster_id)
    clock.advance(5000)
    assert api.item(cluster_id)["status"] == "Terminated(User)"
    assert api.item(cluster_id)["elapsedTime"] == 70_000


def test_a_user_script_can_be_made_to_fail_the_installation(api, clock, body, b64):
    cluster_id = api.create(body(config={"userScript": b64("#!/bin/bash\n# emulator:fail\n")}))
    assert api.item(cluster_id)["status"] == "Initializing"
    clock.advance(330)
    item = api.item(cluster_id)
    assert (item["status"], item["nodeCnt"], item["runningAt"]) == ("Terminated(Error)", 0, None)
