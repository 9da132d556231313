"""Each request of a page is taken once and in order, whatever gets lost, comes twice, or overtakes another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heco_jupyter.widgets.inbox import PLACES, Inbox


def requests_of(page, count):
    return [{"kind": "filter", "text": str(place), "r": page * PLACES + place} for place in range(1, count + 1)]


@given(seed=st.randoms(use_true_random=False), counts=st.lists(st.integers(0, 12), min_size=1, max_size=3))
def test_every_request_is_taken_once_and_in_order(seed, counts):
    inbox = Inbox()
    asked = {page: requests_of(page, count) for page, count in enumerate(counts)}
    answered = dict.fromkeys(asked, 0)
    taken = {page: [] for page in asked}
    while any(answered[page] < len(requests) for page, requests in asked.items()):
        sent = [request for page, requests in asked.items() for request in requests[answered[page] :]]
        came = [request for request in sent for _ in range(seed.choice((0, 1, 1, 2)))]
        seed.shuffle(came)
        for request in came:
            for due in inbox.due(request):
                taken[due["r"] // PLACES].append(due)
            page, place = divmod(inbox.answered, PLACES)
            answered[page] = max(answered[page], place)
    assert taken == asked


def test_what_has_no_number_is_due_and_answers_nothing():
    inbox = Inbox()
    for request in (None, 3, [], {}, {"r": None}, {"r": True}, {"r": "1"}, {"r": -1}, {"r": 1.0}):
        assert inbox.due(request) == [request]
    assert inbox.answered == 0


def test_a_stranger_fills_no_memory():
    inbox = Inbox()
    for place in range(2, 10_000):
        assert inbox.due({"r": place}) == []
    for page in range(10_000):
        inbox.due({"r": page * PLACES})
    assert len(inbox._pages) <= 1_000
    assert sum(len(page.early) for page in inbox._pages.values()) <= 1_000
