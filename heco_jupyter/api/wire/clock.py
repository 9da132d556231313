"""The API's clock, by which clusters are created: that of this machine may be wrong."""

from __future__ import annotations

import time


class Clock:
    """The API's clock: what it said last, and how much time has passed since on a clock that nobody sets.

    Parameters
    ----------
    told
        The API's time, in seconds since the epoch.
    """

    def __init__(self, told: float) -> None:
        self._told = told
        self._at = time.monotonic()

    def now(self) -> float:
        """Return the API's time now, in seconds since the epoch."""
        return self._told + time.monotonic() - self._at
