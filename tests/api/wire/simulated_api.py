"""An API and a client in simulated time: what becomes of a list where the API bears so much and no more."""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from heco_jupyter.api.wire.concurrency import Concurrency, Seen
from heco_jupyter.api.wire.pacing import Pacing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Service = Callable[[str, random.Random], float]


@dataclass
class Api:
    """What answers.

    Parameters
    ----------
    bears
        Requests that it works on at once; the others wait in a queue.
    service
        Seconds that it works on a request of a kind.
    first
        Seconds more for the first answer on a connection.
    rate, burst
        Requests that it allows a second, and how many more after a rest; the others are refused. 0 for no limit.
    window
        Seconds by which it counts its rate, and allows a window's requests at once; 0 where it has a bucket.
    hold
        The `Retry-After` of a refusal.
    """

    bears: int
    service: Service
    first: float = 0.0
    rate: float = 0.0
    burst: float = 1.0
    window: float = 0.0
    hold: float = 0.0
    distance: float = 0.0
    _busy: list[float] = field(default_factory=list)
    _tokens: float = 0.0
    _filled_at: float = 0.0

    def __post_init__(self) -> None:
        self._tokens = self.rate * self.window or self.burst

    def answer(self, kind: str, now: float, rng: random.Random, *, is_first: bool) -> tuple[float, bool]:
        """Return when a request that is sent now is answered, and whether it is refused."""
        if self.rate:
            self._fill(now)
            if self._tokens < 1:
                return now + self.distance + 1e-3, True
            self._tokens -= 1
        begins = now
        if len(self._busy) >= self.bears:
            begins = max(now, heapq.heappop(self._busy))
        ends = begins + self.service(kind, rng)
        heapq.heappush(self._busy, ends)
        return ends + self.distance + (self.first if is_first else 0.0), False

    def _fill(self, now: float) -> None:
        if not self.window:
            self._tokens = min(self.burst, self._tokens + (now - self._filled_at) * self.rate)
        elif now // self.window > self._filled_at // self.window:
            self._tokens = self.rate * self.window
        self._filled_at = now


@dataclass
class Run:
    """What came of a list.

    Attributes
    ----------
    ended
        When the last page was there.
    in_flight
        When a request was sent, and how many were then in flight.
    refusals
        When requests were refused.
    """

    ended: float = 0.0
    in_flight: list[tuple[float, int]] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)

    def most_after(self, share: float) -> int:
        """Return the most requests in flight after a share of them was sent."""
        return max(number for _, number in self.in_flight[int(share * len(self.in_flight)) :])


class Client:
    """A client that learns; `fixed` is one that does not."""

    def __init__(self, *, fixed: int | None = None, most: int = 32) -> None:
        self.fixed = fixed
        self.concurrency = Concurrency(most)
        self.pacing = Pacing()
        self.connections = 0

    @property
    def allowed(self) -> int:
        return self.fixed or self.concurrency.allowed


def run(api: Api, lists: Sequence[tuple[Client, Sequence[str]]], *, seed: int = 1, start: float = 0.0) -> list[Run]:
    """Let clients read the requests of these kinds, all at once; return what came of each."""
    rng = random.Random(seed)
    order = count()
    events: list[tuple[float, int, str, int, tuple[str, float, bool, bool]]] = []
    waiting = [deque(kinds) for _, kinds in lists]
    inside = [0] * len(lists)
    idle = [client.connections for client, _ in lists]
    runs = [Run() for _ in lists]

    def send(index: int, now: float) -> None:
        client = lists[index][0]
        while waiting[index] and inside[index] < client.allowed:
            if not client.fixed and (pause := client.pacing.pause(now)):
                heapq.heappush(events, (now + pause + 1e-6, next(order), "wake", index, ("", 0.0, False, False)))
                return
            kind = waiting[index].popleft()
            is_first = not idle[index]
            client.connections += is_first
            idle[index] -= not is_first
            inside[index] += 1
            client.concurrency.sent(inside[index])
            client.pacing.sent(now)
            runs[index].in_flight.append((now, inside[index]))
            ends, is_refused = api.answer(kind, now, rng, is_first=is_first)
            heapq.heappush(events, (ends, next(order), "answer", index, (kind, now, is_first, is_refused)))

    for index in range(len(lists)):
        send(index, start)
    while events:
        now, _, what, index, (kind, started, is_first, is_refused) = heapq.heappop(events)
        client = lists[index][0]
        if what == "answer":
            inside[index] -= 1
            idle[index] += 1
            if is_refused:
                client.pacing.refused(started, now, api.hold)
                runs[index].refusals.append(now)
                waiting[index].appendleft(kind)
            else:
                client.pacing.accepted(now)
                client.concurrency.answered(Seen(kind, started, now - started, is_first))
                runs[index].ended = now - start
        send(index, now)
    return runs
