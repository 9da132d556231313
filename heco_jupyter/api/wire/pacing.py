"""How many requests a second an API allows, found from its refusals. Pure: it is told all that it knows.

A token bucket whose rate is found as botocore's adaptive retry mode finds it (`botocore/retries/adaptive.py`, after
CUBIC, RFC 9438): at a refusal it falls to 0.7 of what it was, then it returns in a cubic curve, fast at first, slowly
near where it was refused, faster again after that. Unlike there, the curve is relative to the rate, so that 5 a second
are found as soon as 500. There is no bucket before the first refusal.
"""

from __future__ import annotations

from collections import deque
from math import cbrt, sqrt

_FALL = 0.7
_LEVEL = 0.92  # of the rate that was refused: where the curve is flat
_CURVE = 0.02  # of that level, by cubed seconds: 2.3 s from the fall to the level
_BEYOND = 0.0005  # the same above the level, where care is due: 5 % more after 4.6 s, twice as much after 12.6 s
_TRIAL = 0.5  # seconds for which a first guess is tried, before it grows until it is refused
_GROWTH = 2.0  # a second
_LEVEL_OF_GROWTH = 0.8  # the same as _LEVEL, after growth that has gone too far
_WINDOWS = (1.0, 2.0, 5.0)  # seconds by which an API may count
_LEAST, _LEAST_GUESS = 2.0, 15.0  # requests a second: below that, an API that refuses everything is told too late
_MOST = 10_000.0  # more is no limit
_BURST = 0.05  # seconds whose requests may come at once, when none came for a while
_LONGEST_HOLD = 30.0  # seconds
_BINDING = 5.0  # seconds for which it is worth telling that a request had to wait


class Pacing:
    """The rate at which requests may be sent.

    Attributes
    ----------
    rate : float or None
        Requests a second; None before the first refusal.
    """

    def __init__(self) -> None:
        self.rate: float | None = None
        self._tokens = 0.0
        self._filled_at = 0.0
        self._refused_at = 0.0
        self._level = 0.0  # the rate at which the curve is flat
        self._fallen_to = 0.0
        self._is_guess = False
        self._held_until = 0.0
        self._waited_at = float("-inf")
        self._sent: deque[float] = deque(maxlen=64)
        self._accepted: deque[float] = deque(maxlen=4096)

    def pause(self, now: float) -> float:
        """Return how many seconds the next request has to wait; 0 if it may be sent."""
        if self.rate is None:
            return 0.0
        self._grow(now)
        pause = max(self._held_until - now, 0.0)
        if self.rate is not None and self._tokens < 1:
            pause = max(pause, (1 - self._tokens) / self.rate)
        if pause:
            self._waited_at = now
        return pause

    def is_binding(self, now: float) -> bool:
        """Return whether requests had to wait for the API's sake a moment ago."""
        return self.rate is not None and now - self._waited_at < _BINDING

    def sent(self, now: float) -> None:
        """Tell that a request is sent now."""
        self._sent.append(now)
        self._tokens -= 1

    def accepted(self, now: float) -> None:
        """Tell that a request was answered, and not refused."""
        self._accepted.append(now)

    def refused(self, started: float, now: float, hold: float = 0.0) -> bool:
        """Tell of a refusal; return whether the rate fell, as it does once for requests that were in flight together.

        Parameters
        ----------
        started
            When the request was sent.
        now
            When it was refused.
        hold
            Seconds that the API asked everybody to wait.
        """
        self._held_until = max(self._held_until, now + min(hold, _LONGEST_HOLD))
        if self.rate is not None and started <= self._refused_at:
            return False
        self._grow(now)
        refused = self.rate or self._a_second(self._sent, now)
        # It lies between what was accepted and what was asked for: of all guesses, this one errs least.
        guess = sqrt(self._a_second(self._accepted, now, least=1.0) * refused)
        if self.rate is None:
            self.rate = self._level = max(_LEAST_GUESS, guess)
            self._is_guess = True
            self._tokens = 0.0
        elif self._is_guess and guess < _FALL * refused and now - self._refused_at < _TRIAL:
            self.rate = self._level = guess
        else:
            self._level = (_LEVEL_OF_GROWTH if self._is_guess else _LEVEL) * refused
            self._level = max(self._level, _LEVEL * self._allowed(now))
            self._is_guess = False
            self.rate = max(_LEAST, _FALL * refused)
        self._fallen_to = self.rate
        self._filled_at = self._refused_at = max(now, self._held_until)
        return True

    def _allowed(self, now: float) -> float:
        """Return how many requests a second were accepted lately, at least.

        An API that counts by the second refuses everything once a second's requests are used up. Such refusals, one
        after another, say nothing of the rate, and it shall return from them soon.
        """
        return max((sum(now - at <= window for at in self._accepted) - 1) / window for window in _WINDOWS)

    def _grow(self, now: float) -> None:
        """Let the rate return, and fill the bucket."""
        if self.rate is None or now <= self._filled_at:
            return
        rate = self._rate(now)
        self._tokens = min(max(1.0, _BURST * rate), self._tokens + (now - self._filled_at) * rate)
        self._filled_at = now
        self.rate = max(_LEAST, rate) if rate < _MOST else None

    def _rate(self, now: float) -> float:
        since = now - self._refused_at
        if self._is_guess:
            return self._level * float(_GROWTH ** min(max(since - _TRIAL, 0.0), 60.0))
        flat_after = cbrt(max(1 - self._fallen_to / self._level, 0.0) / _CURVE)
        beyond = since - flat_after
        return self._level * (1 + (_CURVE if beyond < 0 else _BEYOND) * beyond**3)

    @staticmethod
    def _a_second(times: deque[float], now: float, least: float = 1e-3) -> float:
        """Return how many there were a second lately, not below 1."""
        lately = [at for at in times if now - at <= 1.0]
        return max(1.0, len(lately) / max(now - lately[0], least)) if lately else 1.0
