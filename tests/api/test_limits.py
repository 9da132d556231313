"""Deadlines, backoff, budget, gate."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from heco_jupyter.api.limits import Deadline, Gate, RetryBudget, backoff, retry_after


def test_a_part_ends_no_later_than_the_whole():
    whole = Deadline(0.5)
    assert whole.within(10).remaining <= 0.5
    assert whole.within(0.1).remaining <= 0.1


def test_cancelling_ends_every_part_and_calls_what_is_under_way():
    whole = Deadline(60)
    part = whole.within(30)
    aborted = threading.Event()
    with part.aborting(aborted.set):
        whole.cancel()
    assert aborted.is_set()
    assert part.remaining == 0


def test_time_running_out_aborts_what_is_under_way_from_another_thread():
    aborted = threading.Event()
    with Deadline(0.05).aborting(aborted.set):
        assert aborted.wait(5)


def test_what_has_ended_in_time_is_not_aborted():
    aborted = threading.Event()
    with Deadline(0.05).aborting(aborted.set):
        pass
    assert not aborted.wait(0.15)


def test_sleep_ends_with_the_deadline():
    started = time.monotonic()
    Deadline(0.05).sleep(60)
    assert time.monotonic() - started < 30


def test_a_budget_runs_out_and_successes_refill_it():
    budget = RetryBudget(capacity=2, refill=0.5)
    assert [budget.spend() for _ in range(3)] == [True, True, False]
    budget.succeed()
    assert not budget.spend()
    budget.succeed()
    assert budget.spend()


def test_backoff_grows_and_is_capped():
    for attempt in range(1, 30):
        assert 0 <= backoff(attempt, base=1, cap=8) <= min(8, 2**attempt)


def test_retry_after_is_read_as_seconds_or_as_a_date():
    assert retry_after("7") == 7
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 50 < retry_after(date) <= 60


@pytest.mark.parametrize("value", [None, "", "soon", "1.5.2", "99 bottles"])
def test_a_retry_after_without_sense_is_ignored(value):
    assert retry_after(value) is None


def test_a_gate_lets_its_width_through_and_no_more():
    gate = Gate(2)
    whole = Deadline(60)
    with gate.passing(whole) as first, gate.passing(whole) as second, gate.passing(Deadline(0.01)) as third:
        assert (first, second, third) == (True, True, False)
    with gate.passing(whole) as again:
        assert again


def width(gate: Gate) -> int:
    """Return how many the gate lets through at once."""
    if not (entered := 0):
        with gate.passing(Deadline(0.01)) as here:
            entered = 1 + width(gate) if here else 0
    return entered


def test_a_gate_halves_once_for_requests_that_were_under_way_together_and_widens_slowly():
    gate = Gate(8)
    together = time.monotonic()
    for _ in range(8):
        gate.slow_down(together)
    assert width(gate) == 4
    gate.slow_down(time.monotonic())
    assert width(gate) == 2
    gate.speed_up()
    assert width(gate) == 2
    for _ in range(100):
        gate.speed_up()
    assert width(gate) == 8


def test_a_gate_never_closes():
    gate = Gate(8)
    for _ in range(20):
        gate.slow_down(time.monotonic())
    assert width(gate) == 1
