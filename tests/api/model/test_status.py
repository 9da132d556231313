"""Statuses, known and unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heco_jupyter.api.model.status import Status


@pytest.mark.parametrize("text", ["Running", "RUNNING", "running", " Running ", "Running(Healthy)", "Running (ok)"])
def test_running_is_ready(text):
    assert Status(text).is_running


@pytest.mark.parametrize("text", ["Running(Scaling)", "RUNNING (scale-out)", "Running(Scaling-in)", "Running(증설 중)"])
def test_running_with_a_reason_that_speaks_of_scaling_is_busy(text):
    assert Status(text).is_busy


@pytest.mark.parametrize(
    "text", ["Terminated", "Terminated(User)", "terminated(Error)", "TERMINATED", "TerminatedByUser"]
)
def test_terminated_is_final(text):
    assert Status(text).is_terminated


@pytest.mark.parametrize("text", ["Initializing", "Pending", "Terminating", "생성 중", "", None, "(", "a(b"])
def test_anything_else_is_in_transition(text):
    assert Status(text).is_busy


def test_head_and_reason_are_told_apart():
    assert (Status("Terminated(User)").head, Status("Terminated(User)").reason) == ("Terminated", "User")


@given(st.text())
def test_every_text_is_exactly_one_of_the_three(text):
    status = Status(text)
    assert [status.is_running, status.is_terminated, status.is_busy].count(True) == 1
    assert status.mark in "●✕◐"
