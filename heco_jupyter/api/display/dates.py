"""Dates and times as people read them, in each language: `5 Oct 2026`, `2026년 10월 5일`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heco_jupyter.api.display.texts import Said

if TYPE_CHECKING:
    from datetime import datetime

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PART = re.compile(r"%-?[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Parts:
    """A time whose parts a text names as Vega does: `{time:%-d %b %Y}`, on every system and in any locale.

    Parameters
    ----------
    time
        The time, in the time zone to show it in.
    """

    time: datetime

    def __format__(self, form: str) -> str:
        time = self.time
        parts = {
            "%Y": f"{time.year}",
            "%B": _MONTHS[time.month - 1],
            "%b": _MONTHS[time.month - 1][:3],
            "%-m": f"{time.month}",
            "%-d": f"{time.day}",
            "%H": f"{time.hour:02}",
            "%M": f"{time.minute:02}",
        }
        return _PART.sub(lambda found: parts[found[0]], form)


def date_words(time: datetime, language: str) -> str:
    """Return a day: `5 Oct 2026`."""
    return Said("date", {"time": Parts(time)}).in_language(language)


def moment_words(time: datetime, language: str) -> str:
    """Return a time to the minute: `5 Oct 2026 14:00`."""
    return Said("moment", {"time": Parts(time)}).in_language(language)


def month_words(time: datetime, language: str) -> str:
    """Return a month: `October 2026`."""
    return Said("month", {"time": Parts(time)}).in_language(language)
