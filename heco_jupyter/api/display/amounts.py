"""Numbers as people read them: amounts of a column with the same decimals, shares and changes as per cent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_CLOSE = 1e-9
_DECIMALS = ((100, 2), (10_000, 1))  # below the first, so many decimals; none from the last on


def amounts(values: Sequence[float | None], *, signed: bool = False) -> list[str]:
    """Return amounts as texts that line up: with thousands apart, and as many decimals as the largest one needs.

    Parameters
    ----------
    values
        The amounts; what is missing (None) is an empty text.
    signed
        Whether an amount above 0 has a plus.
    """
    known = [value for value in values if value is not None]
    largest = max(map(abs, known), default=0)
    most = next((decimals for limit, decimals in _DECIMALS if largest < limit), 0)
    decimals = next((few for few in range(most) if all(_is_whole(value * 10**few) for value in known)), most)
    return ["" if value is None else _amount(value, decimals, "+" if signed and value > 0 else "") for value in values]


def amount(value: float | None) -> str:
    """Return one amount as a text."""
    return amounts([value])[0]


def share(value: float | None) -> str:
    """Return a share as per cent: `100%` only for the whole, `0%` only for nothing."""
    if value is None:
        return ""
    if _CLOSE < value < 0.01:  # noqa: PLR2004 (below one per cent)
        return "<1%"
    if 0.99 < value < 1 - _CLOSE:  # noqa: PLR2004
        return ">99%"
    return f"{value:.0%}"


def change(value: float | None) -> str:
    """Return a change, as a share of what was before, as per cent with its sign."""
    if value is None:
        return ""
    text = f"{value:+,.0%}"
    return "0%" if text.strip("+-") == "0%" else text


def _is_whole(value: float) -> bool:
    return abs(value - round(value)) < _CLOSE


def _amount(value: float, decimals: int, sign: str) -> str:
    smallest = 10.0**-decimals
    if _CLOSE < value < smallest / 2:
        return f"<{smallest:.{decimals}f}"
    text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if not text.strip("-0.") else sign + text
