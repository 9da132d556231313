"""Operations under way: what ends them, what they lock, and what the log says."""

from __future__ import annotations

import pytest
from support import cluster_row

from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.plans import plan_delete, plan_scale
from heco_jupyter.live.operations import Mark, Operations, Phase

KEY = cluster_row(1)["id"]


def cluster(**fields):
    return Cluster(cluster_row(1, name="c1", **fields))


@pytest.fixture
def operations():
    """Return the operations of a connection that is scaling c1 from 3 to 5 workers."""
    made = Operations()
    assert made.begin(plan_scale(cluster(), 5), cluster(), now=0.0)
    return made


def test_a_second_operation_on_a_cluster_is_refused(operations):
    assert not operations.begin(plan_delete(cluster()), cluster(), now=1.0)
    assert operations.lock_reason(KEY) == "under way: scale c1: 3 -> 5 workers, +2"
    assert len(operations.log) == 1


def test_an_accepted_operation_ends_when_a_reading_shows_the_target(operations):
    operations.mark_accepted(KEY)
    operations.update(cluster(status="Running(Scaling-out)", workerCnt=4), now=1.0)
    assert operations.by_cluster[KEY].phase is Phase.ACCEPTED
    operations.update(cluster(workerCnt=5), now=2.0)
    assert not operations.by_cluster
    assert operations.lock_reason(KEY) is None
    assert (operations.log[0].mark, operations.log[0].outcome) == (Mark.DONE, "done")


def test_no_reading_ends_an_operation_that_is_still_being_sent(operations):
    operations.update(cluster(workerCnt=5), now=1.0)
    operations.mark_missing(KEY)
    assert operations.by_cluster[KEY].phase is Phase.SENDING


def test_an_uncertain_operation_locks_until_the_cluster_has_been_at_rest_for_long(operations):
    operations.mark_uncertain(KEY, "it may have been scaled")
    for _ in range(10):
        operations.update(cluster(), now=29.0)
    assert operations.lock_reason(KEY) == "it is not known yet whether this was done: scale c1: 3 -> 5 workers, +2"
    operations.update(cluster(), now=31.0)
    assert operations.lock_reason(KEY) is None
    assert operations.log[0].outcome == "it was not done: it is Running with 3 workers"


def test_an_uncertain_operation_that_shows_its_target_was_done_after_all(operations):
    operations.mark_uncertain(KEY, "it may have been scaled")
    operations.update(cluster(workerCnt=5), now=1.0)
    assert (operations.log[0].mark, operations.log[0].outcome) == (Mark.DONE, "it was done after all")


@pytest.mark.parametrize("status", ["Failed(Scaling)", "Running(Error)", "Running(Scale-out failed)", "Stopped"])
def test_a_cluster_that_fails_ends_a_scale_as_failed_and_unlocks(operations, status):
    operations.mark_accepted(KEY)
    operations.update(cluster(status="Running(Scaling-out)", workerCnt=4), now=1.0)
    operations.update(cluster(status=status, workerCnt=4), now=2.0)
    assert operations.lock_reason(KEY) is None
    assert (operations.log[0].mark, operations.log[0].outcome) == (Mark.FAILED, f"it is {status}")


@pytest.mark.parametrize("phase", ["accepted", "uncertain"])
def test_a_failure_that_comes_before_any_transition_is_seen_ends_a_scale_too(operations, phase):
    getattr(operations, f"mark_{phase}")(KEY, "words")
    operations.update(cluster(status="Failed"), now=1.0)
    assert operations.log[0].outcome == "it is Failed"
    assert not operations.by_cluster


def test_a_failure_from_before_does_not_end_a_scale_at_once():
    operations, before = Operations(), cluster(status="Running(Error)")
    operations.begin(plan_scale(before, 5), before, now=0.0)
    operations.mark_accepted(KEY)
    operations.update(before, now=1.0)
    assert operations.by_cluster
    for status in ("Running(Scaling-out)", "Running(Error)"):
        operations.update(cluster(status=status), now=2.0)
    assert operations.log[0].outcome == "it is Running(Error)"


def test_a_delete_that_fails_ends_as_failed_and_unlocks_once_the_status_stays():
    operations = Operations()
    operations.begin(plan_delete(cluster()), cluster(), now=0.0)
    operations.mark_accepted(KEY)
    for status in ("Terminating", "DeleteFailed", "DeleteFailed", "DeleteFailed"):
        operations.update(cluster(status=status), now=1.0)
    assert operations.lock_reason(KEY) == "under way: delete c1"
    operations.update(cluster(status="DeleteFailed"), now=1.0)
    assert operations.lock_reason(KEY) is None
    assert (operations.log[0].mark, operations.log[0].outcome) == (Mark.FAILED, "it is DeleteFailed")


def test_a_failed_cluster_can_be_deleted():
    operations, failed = Operations(), cluster(status="Failed(Install)")
    operations.begin(plan_delete(failed), failed, now=0.0)
    operations.mark_accepted(KEY)
    for status in ("Failed(Install)", "Stopped", "Terminating", "Terminated(User)"):
        operations.update(cluster(status=status), now=1.0)
    assert operations.log[0].mark is Mark.DONE


@pytest.mark.parametrize(
    ("plan", "mark"), [(plan_delete(cluster()), Mark.DONE), (plan_scale(cluster(), 5), Mark.FAILED)]
)
def test_a_cluster_that_is_gone_completes_a_delete_and_fails_a_scale(plan, mark):
    operations = Operations()
    operations.begin(plan, cluster(), now=0.0)
    operations.mark_accepted(KEY)
    operations.mark_missing(KEY)
    assert operations.log[0].mark is mark
    assert not operations.by_cluster


@pytest.mark.parametrize(
    ("target", "count", "age", "words"),
    [
        (5, 4, 12.0, "3 → 5, 1 of 2 up, for 10 s"),
        (2, 3, 190.0, "3 → 2, 0 of 1 gone, for 3 min"),
        (5, None, 0.0, "3 -> 5 workers, +2, for 0 s"),
    ],
)
def test_progress_counts_workers(target, count, age, words):
    operations = Operations()
    operations.begin(plan_scale(cluster(), target), cluster(), now=0.0)
    assert operations.by_cluster[KEY].progress(cluster(workerCnt=count), age) == words


def test_the_log_keeps_only_its_latest_entries():
    operations = Operations(max_entries=2)
    for number in range(4):
        operations.begin(plan_delete(cluster()), cluster(), now=0.0)
        operations.mark_failed(KEY, f"failure {number}")
    assert [entry.outcome for entry in operations.log] == ["failure 2", "failure 3"]
