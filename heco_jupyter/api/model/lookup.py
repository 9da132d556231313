"""Which cluster somebody means: by id, by the start of an id, or by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.model.errors import UnknownClusterError
from heco_jupyter.api.model.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heco_jupyter.api.model.types import Row

SHORTEST_PREFIX = 8
_SHOWN = 5
_ID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


def looks_like_id(text: str) -> bool:
    """Return whether `text` has the form of a whole id, so that asking for it directly is worth a call."""
    return _ID.fullmatch(text) is not None


def by_name(rows: Sequence[Row], text: str) -> Row | None:
    """Return the row named exactly `text`: the one that is not terminated, if several have the name.

    Raises
    ------
    UnknownClusterError
        When several remain; it lists them.
    """
    named = [row for row in rows if row.get("name") == text]
    live = [row for row in named if not Status(row.get("status")).is_terminated]
    return _only(named if len(named) == 1 else live or named, text)


def by_id(rows: Sequence[Row], text: str) -> Row | None:
    """Return the row whose id is `text`, or starts with it if it has 8 characters or more.

    Raises
    ------
    UnknownClusterError
        When several start with it; it lists them.
    """
    ids = {str(row.get("id")): row for row in rows}
    if text in ids:
        return ids[text]
    if len(text) < SHORTEST_PREFIX:
        return None
    return _only([row for id_, row in ids.items() if id_.lower().startswith(text.lower())], text)


def unknown(rows: Sequence[Row], text: str) -> UnknownClusterError:
    """Return the error for a text that is no cluster's name or id."""
    names = {str(row["name"]) for row in rows if row.get("name")}
    short = (
        f"; the start of an id must have {SHORTEST_PREFIX} characters or more"
        if any(str(row.get("id")).startswith(text) for row in rows)
        else ""
    )
    return UnknownClusterError(
        f"there is no cluster {plain(text, 80)!r}{did_you_mean(text, names)}{short}",
        hint="%heco list shows all of them",
    )


def _only(rows: Sequence[Row], text: str) -> Row | None:
    if len(rows) > 1:
        shown = [
            f"{row.get('id')} ({plain(row.get('name'), 40)}, {plain(row.get('status'), 40)})" for row in rows[:_SHOWN]
        ]
        more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        raise UnknownClusterError(
            f"{plain(text, 80)!r} means {len(rows)} clusters",
            said=f"{'; '.join(shown)}{more}",
            hint="name one by its id, or the first 8 characters of it",
        )
    return rows[0] if rows else None
