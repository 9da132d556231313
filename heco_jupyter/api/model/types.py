"""Names for the types that many modules share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
"""One JSON object of a list, by field."""
Params = Sequence[tuple[str, str]]
"""Query parameters, in order, repeats allowed."""
Report = Callable[[str, float | None], None]
"""Takes what is being done, in words, and the fraction done from 0 to 1, or None where that is not known."""
