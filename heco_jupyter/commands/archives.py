"""What `%heco history DIR --check` shows: what an archive covers, its gaps, and the files that are not ours."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.cards import Card, CardRow, ShownAsCard, count_of, duration_words, words
from heco_jupyter.api.display.markup import Tone
from heco_jupyter.api.display.text import plain

if TYPE_CHECKING:
    from pathlib import Path

    from heco_jupyter.fleet.checking import Check

_SECOND = timedelta(seconds=1)
_MOST_SHOWN = 10  # of the gaps and of the files; data() has all


@dataclass(frozen=True, repr=False)
class CheckedArchive(ShownAsCard):
    """What was found in an archive.

    Parameters
    ----------
    directory
        Its directory.
    found
        What it holds.
    """

    directory: Path
    found: Check

    def data(self) -> dict[str, Any]:
        """Return it as names and values."""
        return {"directory": str(self.directory), **asdict(self.found)}

    def card(self) -> Card:
        """Return what is told of it."""
        found = self.found
        rows = [("snapshots", str(found.snapshots))]
        if found.first and found.last:
            rows += [("first", _moment(found.first)), ("last", _moment(found.last))]
        if found.limit:
            usual = timedelta(milliseconds=found.limit / 2)
            if usual > _SECOND:
                usual = timedelta(seconds=round(usual / _SECOND))  # 10 min, not 9 min 59 s
            rows.append(("usually every", duration_words(usual)))
        rows.append(("files", f"{found.files}, {found.size / 1e6:,.1f} MB"))
        rows += _listed("gap", [_gap(since, until) for since, until in found.gaps])
        rows += _listed("incomplete", [_moment(moment) for moment in found.incomplete])
        rows += _listed("not ours", found.ignored)
        amiss = [
            count_of(len(found.gaps), "gap") if found.gaps else "",
            count_of(len(found.incomplete), "incomplete snapshot") if found.incomplete else "",
            f"{count_of(len(found.ignored), 'file')} not ours" if found.ignored else "",
        ]
        is_well = not any(amiss)
        status = "no gaps, every snapshot whole, every file ours" if is_well else ", ".join(filter(None, amiss))
        mark, tone = ("●", Tone.GOOD) if is_well else ("▲", Tone.WARNING)
        if is_well and not found.snapshots:
            status, mark, tone = "no snapshots yet", "○", Tone.QUIET
        shown = tuple(CardRow(*row) for row in rows)
        return Card(plain(self.directory, 200), status, mark, tone, shown)


def _listed(label: str, lines: list[str]) -> list[tuple[str, str]]:
    """Return a row per line, the latest first; of many, the first few and how many more."""
    shown = [(label, plain(line)) for line in lines[::-1][:_MOST_SHOWN]]
    more = len(lines) - len(shown)
    return [*shown, (label, f"and {more} more")] if more else shown


def _gap(since: str, until: str) -> str:
    lasted = datetime.fromisoformat(until) - datetime.fromisoformat(since)
    return f"{_moment(since)} to {_moment(until)}, {duration_words(lasted)}"


def _moment(text: str) -> str:
    return words(datetime.fromisoformat(text))
