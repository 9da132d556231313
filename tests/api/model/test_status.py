"""Statuses: what the API's words mean, including words that are not documented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heco_jupyter.api.model.status import Status


@pytest.mark.parametrize("text", ["Running", "RUNNING", "running", " Running ", "Running(Healthy)", "Running (ok)"])
def test_a_status_of_running_means_ready(text):
    assert Status(text).is_running


@pytest.mark.parametrize("text", ["Running(Scaling)", "RUNNING (scale-out)", "Running(Scaling-in)", "Running(증설 중)"])
def test_running_while_scaling_means_busy(text):
    assert Status(text).is_busy


@pytest.mark.parametrize(
    "text", ["Terminated", "Terminated(User)", "terminated(Error)", "TERMINATED", "TerminatedByUser"]
)
def test_a_status_of_terminated_means_terminated_whatever_the_reason(text):
    assert Status(text).is_terminated


@pytest.mark.parametrize("text", ["Initializing", "Pending", "Terminating", "생성 중", "", None, "(", "a(b"])
def test_any_other_status_means_busy(text):
    assert Status(text).is_busy


def test_a_status_has_a_head_and_a_reason():
    assert (Status("Terminated(User)").head, Status("Terminated(User)").reason) == ("Terminated", "User")


@given(st.text())
def test_every_status_is_exactly_one_of_running_terminated_and_busy(text):
    status = Status(text)
    assert [status.is_running, status.is_terminated, status.is_busy].count(True) == 1
    assert status.mark in "●✕◐"
