"""The options that shape a connection."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from heco_jupyter.api.model.checks import check_language
from heco_jupyter.api.model.errors import CommandError

_LONGEST_TIMEOUT = 86_400  # a day: whoever means for ever should say so in a loop of their own


@dataclass(frozen=True, slots=True)
class Settings:
    """How a `Client` behaves.

    Parameters
    ----------
    timezone
        IANA name of the time zone for all times.
    page_size
        Rows asked for per page; the API may give fewer.
    max_connections
        Most requests in flight at once; how many of them the API bears, the client finds out.
    timeout
        Seconds for one request, retries and slow bodies included. A list may take ten times that.
    language
        Of the panel, reports and charts: `en` or `ko`.
    prices
        Path of the user's price table, or an empty string.
    """

    timezone: str = "UTC"
    page_size: int = 1000
    max_connections: int = 32
    timeout: float = 30.0
    language: str = "en"
    prices: str = ""

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError, TypeError):  # an unknown name, or one of several kinds of nonsense
            raise CommandError(
                f"there is no time zone {self.timezone!r}: use an IANA name such as UTC or Asia/Seoul"
            ) from None
        for name in ("page_size", "max_connections"):
            if getattr(self, name) < 1:
                raise CommandError(f"{name} is {getattr(self, name)}: it must be 1 or more")
        if not 0 < self.timeout <= _LONGEST_TIMEOUT:
            raise CommandError(
                f"timeout is {self.timeout}: it must be more than 0 and at most {_LONGEST_TIMEOUT} seconds"
            )
        check_language(self.language)

    @property
    def long_timeout(self) -> float:
        """Seconds that a whole list or fan-out may take."""
        return 10 * self.timeout
