"""The fixtures that tests of the watcher and of the widgets share."""

from __future__ import annotations

from watching import analyst, fast_ticks, fleet, manual_ticks

__all__ = ["analyst", "fast_ticks", "fleet", "manual_ticks"]
