"""Deadlines, and what throttles requests: backoff, the retry budget and the gate."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from heco_jupyter.api.wire.deadline import Deadline, TimeUpError
from heco_jupyter.api.wire.throttle import Gate, RetryBudget, backoff, retry_after


def test_an_inner_deadline_ends_no_later_than_the_outer_one():
    outer = Deadline(0.5)
    assert Deadline(10, outer).remaining <= 0.5
    assert Deadline(0.1, outer).remaining <= 0.1


class TestRunning:
    def test_work_that_ends_in_time_returns_its_result_and_is_not_aborted(self):
        aborted = threading.Event()
        assert Deadline(60).run(lambda: 42, aborted.set) == 42
        assert not aborted.is_set()

    def test_an_exception_of_the_work_is_raised(self):
        def fail():
            raise KeyError(1)

        with pytest.raises(KeyError):
            Deadline(60).run(fail, lambda: None)

    def test_work_that_takes_too_long_is_aborted(self):
        aborted = threading.Event()
        with pytest.raises(TimeUpError):
            Deadline(0.05).run(lambda: aborted.wait(60), aborted.set)
        assert aborted.is_set()

    def test_cancelling_the_outer_deadline_aborts_work_under_the_inner_one(self):
        outer = Deadline(60)
        inner = Deadline(30, outer)
        aborted, running = threading.Event(), threading.Event()
        threading.Thread(target=lambda: (running.wait(60), outer.cancel())).start()
        with pytest.raises(TimeUpError):
            inner.run(lambda: (running.set(), aborted.wait(60)), aborted.set)
        assert aborted.is_set()
        assert inner.remaining == 0

    def test_no_work_is_started_after_the_deadline(self):
        started = []
        deadline = Deadline(60)
        deadline.cancel()
        with pytest.raises(TimeUpError):
            deadline.run(lambda: started.append(1), lambda: None)
        assert not started


def test_a_sleep_ends_with_the_deadline():
    started = time.monotonic()
    Deadline(0.05).sleep(60)
    assert time.monotonic() - started < 30


def test_a_retry_budget_runs_out_and_successes_refill_it():
    budget = RetryBudget(capacity=2, refill=0.5)
    assert [budget.spend() for _ in range(3)] == [True, True, False]
    budget.succeed()
    assert not budget.spend()
    budget.succeed()
    assert budget.spend()


def test_backoff_grows_up_to_its_cap():
    for attempt in range(1, 30):
        assert 0 <= backoff(attempt, base=1, cap=8) <= min(8, 2**attempt)


def test_retry_after_is_seconds_or_a_date():
    assert retry_after("7") == 7
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 50 < retry_after(date) <= 60


@pytest.mark.parametrize("value", [None, "", "soon", "1.5.2", "99 bottles"])
def test_an_invalid_retry_after_is_ignored(value):
    assert retry_after(value) is None


def test_a_gate_lets_as_many_requests_through_as_it_is_wide():
    gate = Gate(2)
    deadline = Deadline(60)
    with gate.passing(deadline), gate.passing(deadline), pytest.raises(TimeUpError), gate.passing(Deadline(0.01)):
        pytest.fail("a gate of width 2 let a third request through")
    with gate.passing(deadline), gate.passing(deadline):
        assert width(gate) == 0


def width(gate: Gate) -> int:
    """Return how many more requests the gate lets through now."""
    try:
        with gate.passing(Deadline(0.01)):
            return 1 + width(gate)
    except TimeUpError:
        return 0


def test_a_gate_halves_once_for_all_requests_that_started_together():
    gate = Gate(8)
    started = time.monotonic()
    for _ in range(8):
        gate.slow_down(started)
    assert width(gate) == 4
    gate.slow_down(time.monotonic())
    assert width(gate) == 2


def test_a_gate_widens_by_one_per_interval_however_many_requests_succeed():
    gate = Gate(4, patience=0.3)
    gate.slow_down(time.monotonic())
    gate.slow_down(time.monotonic())
    widths = [1]
    started = time.monotonic()
    while widths[-1] < 4 and time.monotonic() < started + 10:
        gate.speed_up()
        now = width(gate)
        if now != widths[-1]:
            widths.append(now)
    assert widths == [1, 2, 3, 4]
    assert time.monotonic() - started >= 0.85  # three steps, each after 0.3 s
    gate.speed_up()
    assert width(gate) == 4


def test_a_gate_never_closes_completely():
    gate = Gate(8)
    for _ in range(20):
        gate.slow_down(time.monotonic())
    assert width(gate) == 1
