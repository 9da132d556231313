"""Writes that are refused because of the state of the cluster."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("count", [0, -1, 1.5, "2", True, None, [1]])
@pytest.mark.parametrize("direction", ["out", "in"])
def test_a_scale_count_must_be_a_positive_integer(api, running, direction, count):
    response = api.scale(running, direction, count)
    assert response.status_code == 400
    assert "scaleCnt" in response.json()["message"]
    assert api.item(running)["status"] == "Running"


def test_a_scale_in_below_replication_is_refused(api, running):
    response = api.scale(running, "in", 2)
    assert response.status_code == 400
    assert "hdfsReplication (2)" in response.json()["message"]
    assert (api.item(running)["status"], api.item(running)["workerCnt"]) == ("Running", 3)


def test_a_scale_in_down_to_replication_is_accepted(api, clock, running):
    assert api.scale(running, "in", 1).status_code == 200
    clock.advance(600)
    assert api.item(running)["workerCnt"] == 2


@pytest.mark.parametrize("direction", ["out", "in"])
def test_a_cluster_that_is_initializing_cannot_be_scaled(api, body, direction):
    response = api.scale(api.create(body()), direction, 1)
    assert response.status_code == 400
    assert "Initializing" in response.json()["message"]


@pytest.mark.parametrize("direction", ["out", "in"])
def test_a_cluster_that_is_being_scaled_cannot_be_scaled(api, clock, running, direction):
    api.scale(running, "out", 1)
    assert api.scale(running, direction, 1).status_code == 400
    clock.advance(600)
    assert api.item(running)["workerCnt"] == 4


@pytest.mark.parametrize("seconds", [0, 1000])
def test_a_cluster_that_is_terminating_or_terminated_can_be_neither_scaled_nor_deleted(api, clock, running, seconds):
    api.delete(running)
    clock.advance(seconds)
    assert api.scale(running, "out", 1).status_code == 400
    assert api.scale(running, "in", 1).status_code == 400
    assert api.delete(running).status_code == 400


def test_a_cluster_cannot_grow_beyond_the_maximum(api, running):
    assert api.scale(running, "out", 998).status_code == 400
    assert api.scale(running, "out", 997).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "", 404),
        ("DELETE", "", 404),
        ("POST", "/scale-out", 404),
        ("POST", "/scale-in", 404),
        ("GET", "/vms", 400),
    ],
)
def test_an_unknown_cluster_gets_the_documented_status(api, method, path, status):
    response = api.call(method, f"/no-such-cluster{path}", json={"scaleCnt": 1} if method == "POST" else None)
    assert response.status_code == status
    assert response.json() == {"code": "ClusterNotFound", "message": "There is no cluster no-such-cluster"}


def test_a_scale_body_must_be_declared_as_json(api, running):
    response = api.call("POST", f"/{running}/scale-out", data='{"scaleCnt": 1}')
    assert response.status_code == 400
