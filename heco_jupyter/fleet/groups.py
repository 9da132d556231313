"""Groups in charts: their names, and their colours while there are enough of them; the smallest become one group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.texts import Said

if TYPE_CHECKING:
    import pandas as pd

_COLOURS = ("#4c78a8", "#f58518", "#e45756", "#72b7b2", "#54a24b", "#eeca3b", "#b279a2", "#ff9da6", "#9d755d")
_GREY = "#bab0ac"
MOST_COLOURS = len(_COLOURS) + 1
"""How many groups a chart can tell apart by colour, the rest counted as one."""


def group_names(groups: pd.DataFrame, language: str) -> pd.Series:
    """Return the values of columns as text, with a name for what is missing."""
    texts = groups.astype(object).where(groups.notna(), Said("no_group").in_language(language)).astype(str)
    return texts.agg(" / ".join, axis="columns") if len(texts) else texts.iloc[:, 0]


def with_rest(names: pd.Series, sizes: pd.Series, most: int, language: str) -> tuple[pd.Series, list[str]]:
    """Return a name for each row and all names, the largest first: at most `most`, the last one for all the others."""
    totals = sizes.groupby(names).sum().sort_index().sort_values(ascending=False, kind="stable")
    entries = list(totals.index)
    if len(entries) <= most:
        return names, entries
    kept = entries[: most - 1]
    rest = Said("others", {"n": f"{len(entries) - len(kept):,}"}).in_language(language)
    while rest in kept:
        rest = f"({rest})"
    return names.where(names.isin(kept), rest), [*kept, rest]


def group_colour(alt: Any, by: str, entries: list[str], field: str) -> Any:
    """Return the colours of groups, as `with_rest` names them: the user's, or ours with grey for the rest."""
    colours = {"range": [*_COLOURS, _GREY]} if len(entries) > len(_COLOURS) else {}
    legend = alt.Legend(orient="bottom", columns=3, labelLimit=200)
    return alt.Color(f"{field}:N", title=by, legend=legend, scale=alt.Scale(domain=entries, **colours))
