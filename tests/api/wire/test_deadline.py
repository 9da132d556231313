"""Deadlines, backoff, budget, gate."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from heco_jupyter.api.wire.deadline import Deadline, TimeUpError
from heco_jupyter.api.wire.throttle import Gate, RetryBudget, backoff, retry_after


def test_a_part_ends_no_later_than_the_whole():
    whole = Deadline(0.5)
    assert Deadline(10, whole).remaining <= 0.5
    assert Deadline(0.1, whole).remaining <= 0.1


class TestRunning:
    def test_work_that_ends_in_time_gives_its_result_and_is_not_aborted(self):
        aborted = threading.Event()
        assert Deadline(60).run(lambda: 42, aborted.set) == 42
        assert not aborted.is_set()

    def test_what_work_raises_is_raised(self):
        def fail():
            raise KeyError(1)

        with pytest.raises(KeyError):
            Deadline(60).run(fail, lambda: None)

    def test_work_that_takes_too_long_is_aborted_and_left(self):
        aborted = threading.Event()
        with pytest.raises(TimeUpError):
            Deadline(0.05).run(lambda: aborted.wait(60), aborted.set)
        assert aborted.is_set()

    def test_cancelling_ends_every_part_that_is_under_way(self):
        whole = Deadline(60)
        part = Deadline(30, whole)
        aborted, running = threading.Event(), threading.Event()
        threading.Thread(target=lambda: (running.wait(60), whole.cancel())).start()
        with pytest.raises(TimeUpError):
            part.run(lambda: (running.set(), aborted.wait(60)), aborted.set)
        assert aborted.is_set()
        assert part.remaining == 0

    def test_nothing_is_begun_when_time_is_up(self):
        begun = []
        whole = Deadline(60)
        whole.cancel()
        with pytest.raises(TimeUpError):
            whole.run(lambda: begun.append(1), lambda: None)
        assert not begun


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
    with gate.passing(whole), gate.passing(whole), pytest.raises(TimeUpError), gate.passing(Deadline(0.01)):
        pytest.fail("there were only two places")
    with gate.passing(whole), gate.passing(whole):
        assert width(gate) == 0


def width(gate: Gate) -> int:
    """Return how many the gate lets through at once."""
    try:
        with gate.passing(Deadline(0.01)):
            return 1 + width(gate)
    except TimeUpError:
        return 0


def test_a_gate_halves_once_for_requests_that_were_under_way_together():
    gate = Gate(8)
    together = time.monotonic()
    for _ in range(8):
        gate.slow_down(together)
    assert width(gate) == 4
    gate.slow_down(time.monotonic())
    assert width(gate) == 2


def test_a_gate_widens_by_one_place_a_while_however_much_succeeds():
    gate = Gate(4, patience=0.3)
    gate.slow_down(time.monotonic())
    gate.slow_down(time.monotonic())
    seen = [1]
    until = time.monotonic() + 10
    began = time.monotonic()
    while seen[-1] < 4 and time.monotonic() < until:
        gate.speed_up()
        now = width(gate)
        if now != seen[-1]:
            seen.append(now)
    assert seen == [1, 2, 3, 4]
    assert time.monotonic() - began >= 0.85  # three places, a while before each
    gate.speed_up()
    assert width(gate) == 4


def test_a_gate_never_closes():
    gate = Gate(8)
    for _ in range(20):
        gate.slow_down(time.monotonic())
    assert width(gate) == 1
