"""Deadlines: what ends when."""

from __future__ import annotations

import threading
import time

import pytest

from heco_jupyter.api.wire.deadline import Deadline, TimeUpError


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


def test_what_the_api_makes_wait_counts_for_the_larger_operation_only():
    outer = Deadline(60)
    inner = Deadline(1, outer)
    assert inner.remaining <= 1 < inner.patience <= 60
    inner.extend(30)
    assert 29 < inner.remaining <= 31
    outer.extend(30)
    assert outer.remaining <= 60 == outer.seconds


def test_only_a_whole_operation_is_renewed():
    outer = Deadline(0.2)
    inner = Deadline(60, outer)
    time.sleep(0.1)
    inner.renew()
    assert inner.remaining <= 0.1
    outer.renew()
    assert 0.1 < outer.remaining <= 0.2


def test_a_cancelled_operation_has_no_patience():
    outer = Deadline(60)
    inner = Deadline(30, outer)
    outer.cancel()
    assert inner.patience == outer.patience == 0
