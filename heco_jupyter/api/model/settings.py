"""The options that shape a connection."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from heco_jupyter.errors import CommandError


@dataclass(frozen=True, slots=True)
class Settings:
    """How a `Client` behaves.

    Parameters
    ----------
    timezone
        IANA name of the time zone that times are shown in.
    page_size
        Rows asked for per page; the API may give fewer.
    max_connections
        Requests under way at once; fewer while the API answers 429.
    timeout
        Seconds one request may take, retries, redirects and slow bodies included. A list may take ten times that.
    """

    timezone: str = "UTC"
    page_size: int = 1000
    max_connections: int = 8
    timeout: float = 30.0

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError, TypeError):  # an unknown name is a KeyError, an odd one any of the rest
            raise CommandError(
                f"there is no time zone {self.timezone!r}: use an IANA name such as UTC or Asia/Seoul"
            ) from None
        for name in ("page_size", "max_connections"):
            if getattr(self, name) < 1:
                raise CommandError(f"{name} is {getattr(self, name)}: it must be 1 or more")
        if not self.timeout > 0:
            raise CommandError(f"timeout is {self.timeout}: it must be more than 0 seconds")

    @property
    def long_timeout(self) -> float:
        """Seconds that a whole list or fan-out may take."""
        return 10 * self.timeout
