"""How many requests in flight the client finds out that an API bears, in simulated time."""

from __future__ import annotations

import random

import pytest
from simulated_api import Api, Client, Run, run

from heco_jupyter.api.wire.concurrency import Concurrency, Seen

ROUND_TRIPS = [0.02, 0.08]


def steady(seconds: float, **times: float):
    """Return a service that takes about so long, and so many times as long for some kinds."""
    return lambda kind, rng: seconds * times.get(kind, 1.0) * rng.uniform(1, 1.02)


def ended(api: Api, requests: int | list[str], fixed: int) -> float:
    """Return when a client that keeps so many requests in flight has all answers."""
    (found,) = run(api, [(Client(fixed=fixed), kinds(requests))])
    return found.ended


def kinds(requests: int | list[str]) -> list[str]:
    return ["page"] * requests if isinstance(requests, int) else requests


def learnt(make, requests: int | list[str]) -> tuple[Run, Run]:
    """Return what a new client makes of a list, and then of the same list again."""
    client = Client()
    (new,) = run(make(), [(client, kinds(requests))])
    (again,) = run(make(), [(client, kinds(requests))], start=new.ended + 1)
    return new, again


@pytest.mark.parametrize("seconds", ROUND_TRIPS)
@pytest.mark.parametrize("requests", [99, 500])
def test_an_api_that_bears_more_is_asked_for_more(seconds, requests):
    new, again = learnt(lambda: Api(64, steady(seconds)), requests)
    floor = ended(Api(64, steady(seconds)), requests, 32)
    assert new.ended <= 1.3 * floor
    assert again.ended <= 1.05 * floor


@pytest.mark.parametrize("seconds", ROUND_TRIPS)
@pytest.mark.parametrize("requests", [200, 5_000])
def test_an_api_that_bears_8_is_soon_asked_for_little_more(seconds, requests):
    new, again = learnt(lambda: Api(8, steady(seconds)), requests)
    assert max(new.ended, again.ended) <= 1.05 * ended(Api(8, steady(seconds)), requests, 8)
    assert max(new.most_after(0.5), again.most_after(0)) <= 14


@pytest.mark.parametrize("seconds", ROUND_TRIPS)
def test_a_few_slow_answers_are_no_queue(seconds):
    def noisy() -> Api:
        return Api(64, lambda _, rng: 0.5 if rng.random() < 0.01 else seconds)

    new, again = learnt(noisy, 500)
    assert max(new.ended, again.ended) <= 1.1 * ended(noisy(), 500, 16)
    assert again.most_after(0) == 32


def test_answers_that_vary_are_no_queue():
    new, again = learnt(lambda: Api(64, lambda _, rng: 0.08 * rng.lognormvariate(0, 0.3)), 500)
    assert (new.most_after(0.5), again.most_after(0.5)) == (32, 32)


@pytest.mark.parametrize("bears", [8, 64])
def test_slow_and_quick_calls_are_not_taken_for_each_other(bears):
    rng = random.Random(4)
    mixed = [rng.choice(["page", "detail"]) for _ in range(500)]
    new, again = learnt(lambda: Api(bears, steady(0.02, page=3)), mixed)
    floor = ended(Api(bears, steady(0.02, page=3)), mixed, 32)
    assert new.ended <= 1.2 * floor
    assert again.ended <= 1.1 * floor
    assert again.most_after(0.5) <= (14 if bears == 8 else 32)


@pytest.mark.parametrize("seconds", ROUND_TRIPS)
def test_a_slow_first_answer_on_a_connection_tells_nothing(seconds):
    new, again = learnt(lambda: Api(64, steady(seconds), first=0.12), 500)
    floor = ended(Api(64, steady(seconds), first=0.12), 500, 32)
    assert new.ended <= 1.4 * floor
    assert again.ended <= floor


@pytest.mark.parametrize("bears", [8, 64])
def test_clients_at_the_same_time_get_about_the_same(bears):
    runs = run(Api(bears, steady(0.08)), [(Client(), kinds(200)) for _ in range(3)])
    times = [found.ended for found in runs]
    assert max(times) <= 1.5 * min(times)


def test_an_api_that_becomes_slower_for_good_is_asked_for_as_much_again():
    client = Client()
    run(Api(64, steady(0.02)), [(client, kinds(500))])
    (slow,) = run(Api(64, steady(0.06)), [(client, kinds(3_000))], start=100)
    assert slow.most_after(0.9) == 32


def feed(
    concurrency: Concurrency,
    in_flight: int,
    answers: int,
    *,
    now: float = 0.0,
    kind: str = "page",
    seconds: float = 0.05,
) -> None:
    for number in range(answers):
        concurrency.sent(in_flight)
        concurrency.answered(Seen(kind, now + number / 1000, seconds))


def test_a_kind_of_call_that_is_new_is_not_measured_with_the_queue_of_the_others():
    concurrency = Concurrency(64)
    feed(concurrency, 8, 8)
    feed(concurrency, 32, 32, now=10, seconds=0.07)
    assert concurrency.allowed == 32
    feed(concurrency, 32, 32, now=50, kind="other", seconds=0.07)
    assert concurrency.allowed == 32


def test_a_kind_of_call_that_is_new_after_a_queue_was_worked_off_is_measured_without_it():
    concurrency = Concurrency(32)
    feed(concurrency, 8, 8)
    feed(concurrency, 32, 32, now=10, seconds=0.2)
    assert concurrency.allowed == 8
    feed(concurrency, 8, 8, now=20, kind="other")
    assert concurrency.allowed == 9


def test_who_does_not_use_what_is_allowed_is_not_allowed_more():
    concurrency = Concurrency(32)
    feed(concurrency, 3, 1_000)
    assert concurrency.allowed == 8
    feed(concurrency, 8, 8, now=2_000)
    assert concurrency.allowed == 32


@pytest.mark.parametrize("in_flight", [1, 3])
def test_answers_that_are_slow_while_few_requests_are_in_flight_wait_in_no_queue(in_flight):
    concurrency = Concurrency(32)
    feed(concurrency, 8, 8)
    feed(concurrency, in_flight, 1_000, now=10, seconds=0.2)  # a panel, while the API is slow
    assert concurrency.allowed == 32
    feed(concurrency, 32, 32, now=20, seconds=0.2)
    feed(concurrency, 32, 32, now=30, kind="other", seconds=0.2)
    assert concurrency.allowed == 32


@pytest.mark.parametrize("in_flight", [1, 3])
def test_a_client_that_was_slow_with_few_requests_in_flight_doubles_as_a_new_one(in_flight):
    concurrency = Concurrency(32)
    feed(concurrency, in_flight, 100)
    feed(concurrency, in_flight, 100, now=10, seconds=0.2)
    feed(concurrency, 8, 8, now=20)
    assert concurrency.allowed == 32


@pytest.mark.parametrize("most", [1, 3, 8, 32])
def test_never_more_than_the_most(most):
    concurrency = Concurrency(most)
    for number in range(20):
        feed(concurrency, 64, 64, now=100.0 * number)
    assert concurrency.allowed == most
