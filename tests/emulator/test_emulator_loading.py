"""Loaded clusters and VMs."""

from __future__ import annotations

import pytest


def test_loaded_clusters_are_served_unchanged_whatever_the_time(emulator, api, clock, example):
    page = example("list-clusters-2-response.json")
    emulator.load(page)
    clock.advance(10**6)
    assert api.items(sort="createdAt,asc") == page["content"]


def test_undocumented_fields_and_values_are_served_too(emulator, api):
    item = {"id": "a", "name": None, "status": "Weird(State)", "somethingNew": {"x": [1, 2]}, "masterCnt": "many"}
    emulator.load([item])
    assert api.items() == [item]
    assert api.get("a") == item


def test_loading_the_same_cluster_again_replaces_it_in_its_place(emulator, api):
    emulator.load([{"id": "a", "name": "1"}, {"id": "b", "name": "2"}])
    emulator.load([{"id": "a", "name": "3"}])
    assert api.items() == [{"id": "a", "name": "3"}, {"id": "b", "name": "2"}]


def test_a_loaded_cluster_has_as_many_vms_as_its_counts_say(emulator, api, example):
    emulator.load(example("list-clusters-2-response.json"))
    vms = api.vms("eb9a91ad-d1b6-462c-8e20-0e8b2c0aa074")
    assert [vm["name"] for vm in vms] == ["HadoopMST-test-1", "HadoopWRK-test-1", "HadoopWRK-test-2"]
    assert {vm["status"] for vm in vms} == {"Running"}


def test_vms_can_be_loaded_for_a_cluster_that_is_in_no_list(emulator, api, example):
    page = example("list-vms-1-response.json")
    emulator.load_vms("somewhere", page)
    assert api.vms("somewhere") == page["content"]
    assert api.call("GET", "/somewhere").status_code == 404


def test_a_write_unfreezes_a_loaded_cluster(emulator, api, clock, example):
    emulator.load(example("list-clusters-2-response.json"))
    cluster_id = "90878bcd-0f38-4338-810e-40d6fbfd8b45"
    api.scale(cluster_id, "out", 2)
    clock.advance(600)
    item = api.item(cluster_id)
    assert (item["status"], item["workerCnt"], item["nodeCnt"]) == ("Running", 3, 4)
    assert item["runningAt"] == example("list-clusters-2-response.json")["content"][0]["runningAt"]
    assert item["elapsedTime"] == clock.ms - item["runningAt"]
    assert api.delete(cluster_id).status_code == 200
    clock.advance(90)
    assert api.item(cluster_id)["status"] == "Terminated(User)"


def test_a_write_continues_from_the_loaded_vms(emulator, api, clock, example):
    vms = example("list-vms-1-response.json")["content"]
    emulator.load([{"id": "a", "name": "test-cluster", "status": "Running", "isScalable": True, "createdAt": 0}])
    emulator.load_vms("a", vms)
    assert api.scale("a", "in", 1).status_code == 200
    clock.advance(600)
    assert api.vms("a") == vms[:3]
    assert api.item("a")["workerCnt"] == 2


def test_the_replication_of_a_loaded_cluster_is_respected(emulator, api):
    emulator.load(
        [
            {
                "id": "a",
                "status": "Running",
                "isScalable": True,
                "workerCnt": 4,
                "masterCnt": 1,
                "config": {"hdfsReplication": 3},
            }
        ]
    )
    assert api.scale("a", "in", 2).status_code == 400
    assert api.scale("a", "in", 1).status_code == 200


def test_a_loaded_cluster_that_is_not_scalable_is_not_scaled(emulator, api, example):
    emulator.load(example("list-clusters-1-response.json"))
    cluster_id = example("list-clusters-1-response.json")["content"][0]["id"]
    assert api.scale(cluster_id, "out", 1).status_code == 400
    assert api.delete(cluster_id).status_code == 400


def test_a_loaded_cluster_that_is_initializing_can_be_deleted_and_never_ran(emulator, api, clock):
    emulator.load([{"id": "a", "status": "Initializing", "createdAt": clock.ms - 5000, "masterCnt": 1, "workerCnt": 2}])
    assert api.delete("a").json()["status"] == "Terminating"
    clock.advance(90)
    assert (api.item("a")["status"], api.item("a")["runningAt"]) == ("Terminated(User)", None)


@pytest.mark.parametrize("wrong", [{}, {"content": None}, "text", 5, [1], [{"name": "no id"}], {"content": ["x"]}])
def test_anything_but_a_page_or_a_list_of_clusters_is_refused(emulator, wrong):
    with pytest.raises(ValueError, match=r"expected|every"):
        emulator.load(wrong)


def test_clusters_can_be_loaded_before_the_start(make, caller, clock):
    from heco_jupyter.emulator import Emulator  # noqa: PLC0415

    emulator = Emulator(seed="empty", clock=clock)
    emulator.load([{"id": "a"}])
    with emulator:
        assert caller(emulator).items() == [{"id": "a"}]
