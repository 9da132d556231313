"""What keeps the client from asking for too much: turns, backoff and the retry budget."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from support import until

from heco_jupyter.api.wire.deadline import Deadline, TimeUpError
from heco_jupyter.api.wire.throttle import PacedError, RetryBudget, Throttle, backoff, retry_after


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


def places(throttle: Throttle) -> int:
    """Return how many more requests may be in flight now."""
    try:
        with throttle.passing(Deadline(0.01)):
            return 1 + places(throttle)
    except TimeUpError:
        return 0


def test_no_more_requests_are_in_flight_than_allowed():
    throttle = Throttle(2)
    with throttle.passing(Deadline(60)):
        assert places(throttle) == 1
    assert places(throttle) == 2


def test_turns_are_taken_in_the_order_of_asking():
    throttle, taken = Throttle(1), []
    threads = []

    def take(number: int) -> None:
        with throttle.passing(Deadline(60)):
            taken.append(number)

    with throttle.passing(Deadline(60)):
        for number in range(5):
            threads.append(threading.Thread(target=take, args=(number,)))
            threads[-1].start()
            until(lambda number=number: len(throttle._waiting) == number + 1)
    for thread in threads:
        thread.join()
    assert taken == list(range(5))


def test_one_that_gives_up_does_not_hold_up_the_others():
    throttle = Throttle(1)
    impatient, patient = Deadline(60), threading.Event()

    def give_up() -> None:
        with pytest.raises(TimeUpError), throttle.passing(impatient):
            pass

    def take() -> None:
        with throttle.passing(Deadline(60)):
            patient.set()

    with throttle.passing(Deadline(60)):
        first, second = threading.Thread(target=give_up), threading.Thread(target=take)
        first.start()
        until(lambda: len(throttle._waiting) == 1)
        second.start()
        until(lambda: len(throttle._waiting) == 2)
        impatient.cancel()
    assert patient.wait(30)
    first.join()
    second.join()
    assert places(throttle) == 1


def test_many_threads_never_exceed_the_limit_and_all_get_their_turn():
    throttle, lock, done = Throttle(3), threading.Lock(), []
    inside = most = 0

    def take() -> None:
        nonlocal inside, most
        for _ in range(50):
            with throttle.passing(Deadline(60)):
                with lock:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.0001)
                with lock:
                    inside -= 1
        done.append(True)

    threads = [threading.Thread(target=take) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), most, throttle.stats()["requests"]) == (12, 3, 600)


def test_a_request_that_the_api_holds_back_beyond_its_deadline_says_so():
    throttle = Throttle(8)
    throttle.refused(time.monotonic(), hold=30)
    with pytest.raises(PacedError), throttle.passing(Deadline(0.01)):
        pytest.fail("a request was sent while the API asks everybody to wait")
    assert throttle.pace == "the API allows 15 requests a second"


def test_waiting_for_the_rate_does_not_count_towards_a_part_of_a_larger_operation():
    throttle = Throttle(8)
    throttle.refused(time.monotonic(), hold=0.3)
    part = Deadline(0.2, Deadline(60))
    with throttle.passing(part):
        assert part.remaining > 0


def test_stats_tell_what_was_sent_and_what_is_allowed():
    throttle = Throttle(32)
    assert throttle.stats() == {
        "requests": 0,
        "retries": 0,
        "refused": 0,
        "allowed_in_flight": 8,
        "allowed_per_second": None,
        "p50": None,
        "p95": None,
    }
    for number in range(20):
        with throttle.passing(Deadline(60), is_retry=number == 3):
            throttle.answered("page", time.monotonic(), number / 100, first=False)
    throttle.refused(time.monotonic(), 0)
    stats = throttle.stats()
    assert (stats["requests"], stats["retries"], stats["refused"]) == (20, 1, 1)
    assert (stats["p50"], stats["p95"]) == (0.1, 0.19)
    assert stats["allowed_per_second"] >= 15


def test_what_is_allowed_is_logged_when_it_changes(caplog):
    caplog.set_level("INFO", "heco_jupyter")
    throttle = Throttle(32)
    throttle.refused(time.monotonic(), 0)
    throttle.refused(0.0, 0)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == "from now on at most 8 requests at once and 15.0 a second; so far 0 requests, 0 retries, 1 refused"
