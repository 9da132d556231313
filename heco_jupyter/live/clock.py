"""The time, and waiting for it: in one place, so that a test can let a day pass in seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Event


class Clock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    def wait(self, woken: Event, seconds: float) -> None:
        """Wait for so long, or until `woken` is set."""
        woken.wait(seconds)
