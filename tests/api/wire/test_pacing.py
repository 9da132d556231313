"""The rate of requests that the client finds out that an API allows, in simulated time."""

from __future__ import annotations

import pytest
from simulated_api import Api, Client, Run, run

from heco_jupyter.api.wire.pacing import Pacing

PAGES = 10  # as many seconds' worth
SETTLED = 5.0  # seconds


def read(rate: float, *, seconds: float = 0.02, pages: float = PAGES, **limit: float) -> Run:
    """Read as many pages as the API allows in some seconds."""
    api = Api(1_000, lambda _, rng: seconds * rng.uniform(1, 1.02), rate=rate, **limit)
    (found,) = run(api, [(Client(), ["page"] * int(pages * rate))])
    return found


@pytest.mark.parametrize("rate", [5, 20, 100])
@pytest.mark.parametrize("share", [0.1, 1.0])
@pytest.mark.parametrize("seconds", [0.02, 0.08])
def test_a_rate_is_found_and_kept(rate, share, seconds):
    found = read(rate, burst=max(1.0, share * rate), seconds=seconds)
    late = sum(at > SETTLED for at in found.refusals)
    assert found.ended <= 1.3 * PAGES
    assert late <= max(4, 0.03 * sum(at > SETTLED for at, _ in found.in_flight))


@pytest.mark.parametrize("rate", [5, 20, 50])
@pytest.mark.parametrize(("window", "pages"), [(1.0, PAGES), (2.0, 2 * PAGES), (5.0, 2 * PAGES)])
@pytest.mark.parametrize("seconds", [0.02, 0.08])
def test_an_api_that_counts_by_the_window_is_asked_for_what_it_allows(rate, window, pages, seconds):
    found = read(rate, window=window, pages=pages, seconds=seconds)
    late = sum(at > SETTLED for at in found.refusals)
    assert found.ended <= 1.3 * pages
    assert late <= max(4, 0.05 * sum(at > SETTLED for at, _ in found.in_flight))


def test_a_hold_is_kept_and_costs_little():
    found = read(20, burst=2, hold=1.0)
    assert found.ended <= 1.5 * PAGES
    after = {at: [sent for sent, _ in found.in_flight if at < sent < at + 0.99] for at in found.refusals}
    assert not any(after.values())


def test_there_is_no_rate_before_a_refusal():
    pacing = Pacing()
    for number in range(1_000):
        pacing.sent(number / 1e5)
        pacing.accepted(number / 1e5)
    assert (pacing.rate, pacing.pause(0.01), pacing.is_binding(0.01)) == (None, 0, False)


def test_requests_that_were_in_flight_together_count_once():
    pacing = Pacing()
    assert pacing.refused(0.0, 1.0)
    guess = pacing.rate
    assert not any(pacing.refused(at, 1.01) for at in (0.1, 0.5, 1.0))
    assert pacing.rate == guess
    assert pacing.refused(2.0, 2.1)


def test_a_rate_falls_to_0_7_returns_and_goes_beyond():
    pacing = Pacing()
    pacing.refused(0.0, 0.0)
    pacing.refused(1.0, 1.0)  # ends the growth of the first guess
    pacing.pause(3.0)
    refused = pacing.rate
    pacing.refused(2.99, 3.0)
    rates = [pacing.rate / refused]
    for after in (2.3, 6.0, 20.0):
        pacing.pause(3.0 + after)
        rates.append(pacing.rate / refused)
    assert rates[0] == pytest.approx(0.7)
    assert 0.9 < rates[1] < 0.95
    assert rates[1] < rates[2] < 1.1
    assert rates[3] > 2


def test_a_hold_has_a_bound():
    pacing = Pacing()
    pacing.refused(0.0, 0.0, hold=86_400.0)
    assert 0 < pacing.pause(0.0) <= 30
    assert pacing.pause(31.0) == 0


def test_a_rate_that_is_no_limit_any_more_is_forgotten():
    pacing = Pacing()
    pacing.refused(0.0, 0.0)
    assert pacing.pause(3_600.0) == 0
    assert pacing.rate is None
