"""Operations under way: what ends them, what they lock, and what the log says."""

from __future__ import annotations

import pytest
from support import cluster_row

from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.plans import plan_delete, plan_scale
from heco_jupyter.live.operations import Mark, Operations, Outcome, Phase

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
    assert operations.by_cluster[KEY].plan.words == "3 -> 5 workers, +2"
    assert len(operations.log) == 1


def test_an_accepted_operation_ends_when_a_reading_shows_the_target(operations):
    operations.mark_accepted(KEY)
    operations.update(cluster(status="Running(Scaling-out)", workerCnt=4), now=1.0)
    assert operations.by_cluster[KEY].phase is Phase.ACCEPTED
    operations.update(cluster(workerCnt=5), now=2.0)
    assert not operations.by_cluster
    assert (operations.log[0].outcome, operations.log[0].outcome.mark) == (Outcome.DONE, Mark.DONE)
    assert operations.log[0].ended >= operations.log[0].began


def test_no_reading_ends_an_operation_that_is_still_being_sent(operations):
    operations.update(cluster(workerCnt=5), now=1.0)
    operations.mark_missing(KEY)
    assert operations.by_cluster[KEY].phase is Phase.SENDING


def test_an_uncertain_operation_locks_until_the_cluster_has_been_at_rest_for_long(operations):
    operations.mark_uncertain(KEY, "it may have been scaled")
    for _ in range(10):
        operations.update(cluster(), now=29.0)
    assert operations.by_cluster[KEY].phase is Phase.UNCERTAIN
    operations.update(cluster(), now=31.0)
    assert not operations.by_cluster
    assert (operations.log[0].outcome, operations.log[0].detail) == (Outcome.NOT_DONE, "Running")


def test_an_uncertain_operation_that_shows_its_target_was_done_after_all(operations):
    operations.mark_uncertain(KEY, "it may have been scaled")
    operations.update(cluster(workerCnt=5), now=1.0)
    assert operations.log[0].outcome is Outcome.DONE_AFTER_ALL


@pytest.mark.parametrize("status", ["Failed(Scaling)", "Running(Error)", "Running(Scale-out failed)", "Stopped"])
def test_a_cluster_that_fails_ends_a_scale_as_failed_and_unlocks(operations, status):
    operations.mark_accepted(KEY)
    operations.update(cluster(status="Running(Scaling-out)", workerCnt=4), now=1.0)
    operations.update(cluster(status=status, workerCnt=4), now=2.0)
    assert not operations.by_cluster
    assert (operations.log[0].outcome, operations.log[0].detail) == (Outcome.STOPPED, status)


@pytest.mark.parametrize(("phase", "words"), [("accepted", ()), ("uncertain", ("words",))])
def test_a_failure_that_comes_before_any_transition_is_seen_ends_a_scale_too(operations, phase, words):
    getattr(operations, f"mark_{phase}")(KEY, *words)
    operations.update(cluster(status="Failed"), now=1.0)
    assert operations.log[0].detail == "Failed"
    assert not operations.by_cluster


def test_a_failure_from_before_does_not_end_a_scale_at_once():
    operations, before = Operations(), cluster(status="Running(Error)")
    operations.begin(plan_scale(before, 5), before, now=0.0)
    operations.mark_accepted(KEY)
    operations.update(before, now=1.0)
    assert operations.by_cluster
    for status in ("Running(Scaling-out)", "Running(Error)"):
        operations.update(cluster(status=status), now=2.0)
    assert operations.log[0].detail == "Running(Error)"


def test_a_delete_that_fails_ends_as_failed_and_unlocks_once_the_status_stays():
    operations = Operations()
    operations.begin(plan_delete(cluster()), cluster(), now=0.0)
    operations.mark_accepted(KEY)
    for status in ("Terminating", "DeleteFailed", "DeleteFailed", "DeleteFailed"):
        operations.update(cluster(status=status), now=1.0)
    assert operations.by_cluster
    operations.update(cluster(status="DeleteFailed"), now=1.0)
    assert not operations.by_cluster
    assert (operations.log[0].outcome, operations.log[0].detail) == (Outcome.STOPPED, "DeleteFailed")


def test_a_failed_cluster_can_be_deleted():
    operations, failed = Operations(), cluster(status="Failed(Install)")
    operations.begin(plan_delete(failed), failed, now=0.0)
    operations.mark_accepted(KEY)
    for status in ("Failed(Install)", "Stopped", "Terminating", "Terminated(User)"):
        operations.update(cluster(status=status), now=1.0)
    assert operations.log[0].outcome.mark is Mark.DONE


@pytest.mark.parametrize(
    ("plan", "mark"), [(plan_delete(cluster()), Mark.DONE), (plan_scale(cluster(), 5), Mark.FAILED)]
)
def test_a_cluster_that_is_gone_completes_a_delete_and_fails_a_scale(plan, mark):
    operations = Operations()
    operations.begin(plan, cluster(), now=0.0)
    operations.mark_accepted(KEY)
    operations.mark_missing(KEY)
    assert operations.log[0].outcome.mark is mark
    assert not operations.by_cluster


@pytest.mark.parametrize(
    ("target", "count", "moved"), [(5, 4, 1), (5, 9, 2), (5, 2, 0), (2, 3, 0), (2, 1, 1), (5, None, 0)]
)
def test_progress_counts_the_workers_that_have_come_or_gone(target, count, moved):
    operations = Operations()
    operations.begin(plan_scale(cluster(), target), cluster(), now=0.0)
    assert operations.by_cluster[KEY].moved(cluster(workerCnt=count)) == moved


def test_a_new_outcome_is_news_though_the_one_before_was_dismissed(operations):
    operations.mark_accepted(KEY)
    operations.dismiss(operations.log[0].number)
    assert operations.log[0].is_read
    assert operations.log[0].is_dismissed
    operations.update(cluster(workerCnt=5), now=2.0)
    assert not operations.log[0].is_read
    assert not operations.log[0].is_dismissed
    operations.mark_read()
    assert operations.log[0].is_read


def test_the_log_keeps_only_its_latest_entries():
    operations = Operations(max_entries=2)
    for number in range(4):
        operations.begin(plan_delete(cluster()), cluster(), now=0.0)
        operations.mark_failed(KEY, Outcome.REFUSED, f"failure {number}")
    assert [(entry.number, entry.detail) for entry in operations.log] == [(3, "failure 2"), (4, "failure 3")]
