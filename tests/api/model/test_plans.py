"""Plans: what a write would send, decided without sending anything."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import cluster_row, spec

from heco_jupyter.api.model.call import cluster_path
from heco_jupyter.api.model.checks import positive
from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.plans import CreatePlan, DeletePlan, id_of, plan_change, plan_delete, plan_scale
from heco_jupyter.api.spec.checking import check_spec
from heco_jupyter.errors import CommandError

counts = st.integers(min_value=1, max_value=50)


def cluster(**fields: object) -> Cluster:
    return Cluster(cluster_row(1, **({"config": {"hdfsReplication": 2}} | fields)))


@given(counts, counts, counts)
def test_a_target_becomes_the_right_difference_or_is_refused(before, target, replication):
    now = cluster(workerCnt=before, config={"hdfsReplication": replication})
    if target < replication and target < before:
        with pytest.raises(CommandError, match="hdfsReplication is"):
            plan_scale(now, target)
        return
    plan = plan_scale(now, target)
    if target == before:
        assert plan is None
        return
    verb = "out" if target > before else "in"
    call = plan.call()
    assert (call.method, call.path) == ("POST", f"/clusters/{now.id}/scale-{verb}")
    assert call.body() == {"scaleCnt": abs(target - before)}
    assert plan.words == f"{before} -> {target} workers, {target - before:+d}"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "Terminated(User)", "isScalable": False}, "cannot be scaled"),
        ({"isScalable": False}, "isScalable is false"),
        ({"workerCnt": None}, "does not say how many workers"),
    ],
)
def test_a_cluster_that_cannot_be_scaled_is_refused_with_the_reason(fields, words):
    with pytest.raises(CommandError, match=words):
        plan_scale(cluster(**fields), 5)


def test_a_cluster_without_is_scalable_may_be_scaled():
    assert plan_scale(cluster(isScalable=None), 5).change == 2


def test_at_least_one_worker_stays_when_the_replication_is_unknown():
    now = cluster(workerCnt=3, config=None)
    assert plan_change(now, -2).target == 1
    with pytest.raises(CommandError, match="at least 1"):
        plan_change(now, -3)


@pytest.mark.parametrize("count", [0, -1, 1.5, "3", True, None])
def test_a_target_that_is_not_a_positive_whole_number_is_refused(count):
    with pytest.raises(CommandError, match="whole number"):
        plan_scale(cluster(), count)


@pytest.mark.parametrize("cluster_id", ["", " ", ".", "..", None, 5])
def test_a_value_that_cannot_be_an_id_is_refused(cluster_id):
    with pytest.raises(CommandError):
        id_of(cluster_id)


@given(st.text(min_size=1))
def test_an_id_stays_one_segment_of_the_path(cluster_id):
    try:
        path = cluster_path(cluster_id)
    except (CommandError, UnicodeEncodeError):
        return
    assert path.count("/") == 2
    assert not set("?#") & set(path)


def test_a_plan_says_what_it_does():
    assert CreatePlan(check_spec(spec())).words == (
        "create etl-nightly: hadoop hde-2.0.1, 1 master m2a.xlarge, 3 workers m2a.xlarge"
    )
    assert DeletePlan("x", cluster()).words == "delete cluster-001, which cannot be undone"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "etl"}, "create etl: as the request says"),
        ({"clusterType": "custom", "instanceSpecs": []}, "create a cluster: custom"),
        ({"name": "etl", "workerCnt": 1, "masterFlavorName": "m2a.xlarge"}, "create etl: m2a.xlarge, 1 worker"),
        ({"name": 5, "isHa": "x", "workerCnt": "y", "clusterVersion": None}, "create 5: as the request says"),
    ],
)
def test_a_plan_of_a_spec_for_a_newer_api_says_what_it_knows(body, words):
    plan = CreatePlan(check_spec(body, allow_unknown=True))
    assert plan.words == words
    assert plan.done.startswith("created: ")
    assert plan.call().body() == body


@pytest.mark.parametrize("count", [np.int64(3), np.int32(3), 3])
def test_a_whole_number_of_any_type_is_a_count(count):
    number = positive(count, "n")
    assert (number, type(number)) == (3, int)


@pytest.mark.parametrize("count", [0, -1, 1.0, True, "3", None, np.float64(3)])
def test_a_refused_count_is_repeated_as_it_was_given(count):
    with pytest.raises(CommandError, match="it must be a whole number of at least 1") as caught:
        positive(count, "n")
    assert repr(count) in str(caught.value)


@pytest.mark.parametrize("status", ["Terminated(User)", "Terminating", "Deleting"])
def test_a_cluster_that_is_gone_or_going_is_not_deleted_again(status):
    with pytest.raises(CommandError, match=f"already {re.escape(status)}"):
        plan_delete(cluster(status=status))


@pytest.mark.parametrize(
    ("fields", "nodes", "size"),
    [
        ({}, 9, "4 -> 9 nodes, workers of unknown flavor"),
        ({"workerInfo": [{"flavorName": "m2a.xlarge"}]}, 9, "4 -> 9 nodes, workers m2a.xlarge"),
        ({"nodeCnt": 6}, 11, "6 -> 11 nodes, workers of unknown flavor"),
        ({"nodeCnt": None}, 9, "4 -> 9 nodes, workers of unknown flavor"),
        ({"nodeCnt": 2}, 9, "2 -> 9 nodes, workers of unknown flavor"),
        ({"nodeCnt": None, "masterCnt": None}, 8, "number of nodes unknown, workers of unknown flavor"),
    ],
)
def test_a_scale_knows_how_large_the_cluster_becomes(fields, nodes, size):
    plan = plan_change(cluster(**fields), 5)
    assert (plan.nodes, plan.size) == (nodes, size)
