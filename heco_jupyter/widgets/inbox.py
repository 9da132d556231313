"""Requests of pages, each taken once and in the order in which it was made, though some get lost or overtake others.

A front end may send a page's messages to threads of the kernel that have ended, or run at the same time. JupyterLab
does, with its subshells, where a page has only just opened. So pages number their requests, and send those again that
have no answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PLACES = 1_000_000
"""A request's number is that of its page times this, and its place in the page's order, from 1."""
_MOST_EARLY = 100  # requests of a page that wait for one before them
_MOST_PAGES = 1_000  # that are remembered


@dataclass(slots=True)
class _Page:
    """What has come from one page: the place of the last request that was taken, and those that came too early."""

    last: int = 0
    early: dict[int, object] = field(default_factory=dict)


class Inbox:
    """Puts the requests of one widget's pages in order."""

    def __init__(self) -> None:
        self.answered = 0  # the number of the last request that was taken, of the page heard last
        self._pages: dict[int, _Page] = {}

    def due(self, request: object) -> list[object]:
        """Return the requests that are to be carried out now that this one has come.

        Parameters
        ----------
        request
            What a page has sent; without a number, it is due.
        """
        number = request.get("r") if isinstance(request, dict) else None
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            return [request]
        page_number, place = divmod(number, PLACES)
        page = self._pages.setdefault(page_number, _Page())
        if len(self._pages) > _MOST_PAGES:
            del self._pages[next(iter(self._pages))]
        if page.last < place <= page.last + _MOST_EARLY:
            page.early[place] = request
        ready = []
        while page.last + 1 in page.early:
            page.last += 1
            ready.append(page.early.pop(page.last))
        self.answered = page_number * PLACES + page.last
        return ready
