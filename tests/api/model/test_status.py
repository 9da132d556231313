"""Statuses: what the API's words mean, including words that are not documented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heco_jupyter.api.display.markup import Tone
from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.status import Scaling, Status


@pytest.mark.parametrize(
    "text",
    [
        *("Running", "RUNNING", "running", " Running ", "Running(Healthy)", "Running (ok)"),
        *("Running(Scalable)", "Running(Escalated)", "Running(No errors)", "Running(Failover)", "Running(failed-over)"),
        *("Running(0 failures)", "Running(장애 조치)", "Running(오류 없음)"),
    ],
)
def test_a_status_of_running_means_ready(text):
    assert Status(text).is_running


@pytest.mark.parametrize("text", ["Running(Scaling)", "RUNNING (scale-out)", "Running(Scaling-in)", "Running(증설 중)"])
def test_running_while_scaling_means_busy(text):
    assert Status(text).is_busy


@pytest.mark.parametrize(
    "text",
    [
        "Terminated",
        "Terminated(User)",
        "terminated(Error)",
        "TERMINATED",
        "TerminatedByUser",
        "Deleted",
        "DELETED(User)",
    ],
)
def test_a_status_of_terminated_means_terminated_whatever_the_reason(text):
    assert Status(text).is_terminated


@pytest.mark.parametrize(
    "text",
    [
        *("Initializing", "Pending", "Terminating", "생성 중", "", None, "(", "a(b"),
        *("Stopping", "Aborting", "Cancelling", "중지 중", "취소중", "Failing over", "Rebalancing(Error)"),
    ],
)
def test_any_other_status_means_busy(text):
    assert Status(text).is_busy


@pytest.mark.parametrize("text", ["Terminating", "TERMINATING(Error)", "Deleting", "Terminating(Failed)"])
def test_terminating_stays_so_whatever_the_reason(text):
    assert Status(text).is_terminating
    assert Status(text).is_busy


FAILED = [
    *("Failed", "FAILED", "failed", "Failed(Install)", "Failed (timeout)", "Failure", "Failed(", "Failed(a(b)c)"),
    *("Error", "ERROR", "Error(Quota exceeded)", "InternalError", "Errored", "ERR"),
    *("Stopped", "STOPPED(User)", "Stop", "Suspended", "Paused", "Halted", "SHUTOFF", "Shut down"),
    *("Aborted", "Cancelled", "Canceled(User)", "Crashed", "Unhealthy", "Killed", "Dead", "Timed out"),
    *("Abnormal", "Fault", "Faulted(Disk)", "Corrupted", "Unreachable", "Running(Abnormal)", "Running(Node fault)"),
    *("Initialize Failed", "InstallFailed", "INSTALL_FAILED", "install-failed", "TerminateFailed", "DeletionFailed"),
    *("ScalingFailed", "Scale-in Failed", "Failover failed"),
    *("Initializing(Error)", "Pending(Failed)", "CREATING (creation failed)"),
    *(
        "Running(Error)",
        "RUNNING (failed)",
        "Running(InternalError)",
        "Running(Scaling-out Failed)",
        "Running(Stopped)",
    ),
    *(
        "오류",
        "실패",
        "중지",
        "중지됨",
        "설치 실패",
        "생성 실패(할당량)",
        "Running(오류)",
        "Running(장애)",
        "오류(설치)",
    ),
]


@pytest.mark.parametrize("text", FAILED)
def test_failed_is_neither_ready_nor_busy_nor_terminated(text):
    status = Status(text)
    assert status.is_failed
    assert not any((status.is_running, status.is_busy, status.is_terminated, status.is_terminating))
    assert status.scaling is None


@pytest.mark.parametrize("text", FAILED)
def test_failed_has_its_own_mark_and_the_colour_of_errors(text):
    others = {Status(other).mark for other in ("Running", "Initializing", "Terminating", "Terminated(Error)")}
    assert Status(text).mark not in others
    assert Status(text).tone is Tone.BAD


def test_the_card_of_a_failed_cluster_says_so_and_offers_no_wait():
    cluster = Cluster({"id": "c1", "name": "etl", "status": "Failed(Install)"})
    assert repr(cluster).startswith("! etl  Failed(Install)")
    assert "%heco" not in repr(cluster)
    assert Tone.BAD.value in cluster._repr_html_()


@pytest.mark.parametrize(
    ("text", "scaling"),
    [
        *((text, Scaling.OUT) for text in ("Running(Scaling-out)", "Running(Scale Out)", "Running(ScaleOut)")),
        *((text, Scaling.OUT) for text in ("RUNNING(SCALE_OUT)", "running (scaleout)", "ScalingOut", "SCALING-OUT")),
        *((text, Scaling.OUT) for text in ("Running(Scaling Out In Progress)", "Running(증설 중)", "Scaling(out)")),
        *((text, Scaling.IN) for text in ("Running(Scaling-in)", "Running(Scale In)", "Running(ScaleIn)", "ScalingIn")),
        *((text, Scaling.IN) for text in ("SCALING_IN", "Running(Scaling in by 2)", "Running(scaling-in: 5 -> 3)")),
        *((text, Scaling.IN) for text in ("Running(Scale-in in progress)", "Running(축소)", "Running(Scale In 중)")),
        *((text, Scaling.UNKNOWN) for text in ("Running(Scaling)", "Running(Resizing)", "Scaling", "RESIZING")),
        *((text, Scaling.UNKNOWN) for text in ("Running (Scaling In Progress)", "Running(ScalingInProgress)")),
        *((text, Scaling.UNKNOWN) for text in ("Running(Scaling instances)", "Running(scaling in the cluster)")),
        *((text, Scaling.UNKNOWN) for text in ("Running(scale-in after scale-out)", "Running(스케일 인스턴스)")),
        *((text, None) for text in ("Running", "Running(ok)", "Initializing", "Terminating(Scaling-in)", "", None)),
        *((text, None) for text in ("Terminated(Scaling-in)", "Running(Scale-out failed)", "Rebalancing(Scaling-in)")),
    ],
)
def test_the_direction_of_a_scaling_is_read_where_the_words_leave_no_doubt(text, scaling):
    assert Status(text).scaling is scaling


@pytest.mark.parametrize(
    "text", ["Initializing", "PENDING", "Processing", "Running", "Terminating", "Terminated(User)"]
)
def test_the_heads_of_the_vendors_pages_are_known(text):
    assert Status(text).is_known


@pytest.mark.parametrize(
    "text", ["Creating", "Scaling", "Scaling-out", "ScalingIn", "Failed(Install)", "Running(Error)"]
)
def test_plain_variants_of_those_heads_are_known(text):
    assert Status(text).is_known


@pytest.mark.parametrize("text", ["Rebalancing", "Rebalancing(Error)", "", None, "(", "Recovering", "정리 중"])
def test_any_other_head_is_unknown(text):
    assert not Status(text).is_known


def test_a_status_has_a_head_and_a_reason():
    assert (Status("Terminated(User)").head, Status("Terminated(User)").reason) == ("Terminated", "User")
    assert (Status(" Running (a (b)) ").head, Status(" Running (a (b)) ").reason) == ("Running", "a (b)")
    assert (Status("Running(a").head, Status("Running(a").reason) == ("Running(a", "")


@given(st.text())
def test_every_status_is_exactly_one_of_the_four_kinds(text):
    status = Status(text)
    assert [status.is_running, status.is_terminated, status.is_busy, status.is_failed].count(True) == 1
    assert status.mark in "●✕◐!"


@pytest.mark.parametrize("piece", [" ", "(", ")", "()", "scal", "fail", "no error ", "가", "aB", "\ud800"])
def test_a_status_of_any_length_is_read(piece):
    status = Status(piece * 200_000)  # in a time that grows with its square, this would take minutes
    assert status.mark in "●✕◐!"
