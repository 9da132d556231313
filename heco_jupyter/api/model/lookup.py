"""Which cluster somebody means: by id, by the start of an id, or by name; and how to name one in a command."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, TypeVar

from heco_jupyter.api.display.text import is_one_word, nearest, plain, typed, visible
from heco_jupyter.api.model.errors import UnknownClusterError
from heco_jupyter.api.model.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heco_jupyter.api.model.types import Row

T = TypeVar("T")

SHORTEST_PREFIX = 8
_SHOWN = 5
_LONGEST_TYPED = 80
_ID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


def looks_like_id(text: str) -> bool:
    """Return whether `text` has the form of a whole id, so that asking for it directly is worth a call."""
    return _ID.fullmatch(text) is not None


def same_form(text: object) -> str:
    """Return a name in the form in which names are compared: as frames show it, and composed."""
    return composed(visible(str(text)))


def composed(text: str) -> str:
    """Return a text with its letters in one piece: a Mac writes Korean ones in parts."""
    return unicodedata.normalize("NFC", text)


def forms_of(text: str) -> list[str]:
    """Return the forms in which a name may be stored: one, unless it has letters that can be written in parts."""
    return list(dict.fromkeys(unicodedata.normalize(form, text) for form in ("NFC", "NFD")))


def as_argument(name: object, cluster_id: object, otherwise: str = "CLUSTER") -> str:
    """Return how to name a cluster in a command: one word, in which nothing is evaluated whatever the API calls it.

    Parameters
    ----------
    name, cluster_id
        What the API calls it: the name is used, or the id where that cannot be typed, or means another cluster.
    otherwise
        What to return where neither can be typed.
    """
    if isinstance(name, str) and _can_be_typed(name) and not looks_like_id(name):  # or it would mean another cluster
        return typed(name)
    if isinstance(cluster_id, str) and _can_be_typed(cluster_id):
        return typed(cluster_id)
    return otherwise


def _can_be_typed(text: str) -> bool:
    return text == plain(text, _LONGEST_TYPED) != "" and is_one_word(text)


def by_name(rows: Sequence[Row], text: str) -> Row | None:
    """Return the row named `text`: the one that is not terminated, if several have the name.

    Raises
    ------
    UnknownClusterError
        When several remain; it lists them.
    """
    name = same_form(text)
    named = [row for row in rows if row.get("name") and same_form(row["name"]) == name]
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
    """Return the error for a text that is no cluster's name or id; it lists the names that contain it."""
    names = {str(row["name"]): row.get("id") for row in rows if row.get("name")}
    wanted = same_form(text).casefold()
    containing = [name for name in names if wanted in same_form(name).casefold()]
    match = None if containing else nearest(text, names)
    guess = f", did you mean {as_argument(match, names[match])}?" if match else ""
    empty = "" if text.strip() else ": the name is empty"
    space = " with a space before or after it" if text.strip() not in ("", text) else ""
    short = (
        f"; the start of an id must have {SHORTEST_PREFIX} characters or more"
        if any(str(row.get("id")).startswith(text) for row in rows)
        else ""
    )
    return UnknownClusterError(
        f"there is no cluster {plain(text, 80)!r}{space}{guess}{short}{empty}",
        said=f"names that contain it: {_listed(containing, lambda name: as_argument(name, names[name]))}"
        if containing
        else None,
        hint="%heco list shows all of them",
    )


def _listed(entries: Sequence[T], words: Callable[[T], str]) -> str:
    more = f" and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
    return f"{', '.join(map(words, entries[:_SHOWN]))}{more}"


def _candidate(row: Row) -> str:
    return f"{as_argument(None, row.get('id'))} ({plain(row.get('name'), 40)}, {plain(row.get('status'), 40)})"


def _only(rows: Sequence[Row], text: str) -> Row | None:
    if len(rows) > 1:
        raise UnknownClusterError(
            f"{plain(text, 80)!r} means {len(rows)} clusters",
            said=_listed(rows, _candidate),
            hint="name one by its id, or the first 8 characters of it",
        )
    return rows[0] if rows else None
