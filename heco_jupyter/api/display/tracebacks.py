"""Tracebacks that show the way and no values.

IPython's own, in Verbose mode, shows the arguments and variables of every frame, its own frames among them, and in
every mode the line of the cell: a spec's body, the environment, a key typed into a call.
"""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from heco_jupyter.api.display.masking import mask
from heco_jupyter.api.display.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_PACKAGE = str(Path(__file__).parents[2])
_LONGEST_MESSAGE = 500
_MOST_FRAMES = 100
_CAUSED = "The exception above was the direct cause of this one:"
_MEANWHILE = "While the exception above was handled, this one occurred:"


def traceback_lines(error: BaseException) -> list[str]:
    """Return the traceback of `error`, and of the errors that led to it, as lines of text.

    Of every frame it shows the file, the line and the function, and the code only where it is this package's own.
    """
    lines: list[str] = []
    for link, earlier in _chain(error):
        lines += [link] if link else []
        lines.append("Traceback (most recent call last):")
        lines += _frames(earlier)
        lines += _message(earlier)
    return lines


def _chain(error: BaseException) -> list[tuple[str, BaseException]]:
    """Return the errors that led to `error` and itself, the first first, each with how it follows from the one before.

    As Python does, it follows the cause if there is one, or else the context unless that is suppressed.
    """
    chain: list[tuple[str, BaseException]] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        context = None if current.__suppress_context__ else current.__context__
        before = current.__cause__ or context
        known = before is None or id(before) in seen
        chain.append(("" if known else _CAUSED if current.__cause__ else _MEANWHILE, current))
        current = before
    return chain[::-1]


def _frames(error: BaseException) -> Iterator[str]:
    frames = list(traceback.walk_tb(error.__traceback__))
    for frame, line in frames[:_MOST_FRAMES]:
        file, function = frame.f_code.co_filename, frame.f_code.co_name
        yield f"  File {plain(file)!r}, line {line}, in {plain(function)}"
        if code := _code(frame, line):
            yield f"    {code}"
    if len(frames) > _MOST_FRAMES:
        yield f"  and {len(frames) - _MOST_FRAMES} more"


def _code(frame: FrameType, line: int) -> str:
    """Return a line of this package; another file's, such as a cell's, may hold a key or a spec."""
    file = frame.f_code.co_filename
    is_own = file.startswith(_PACKAGE) and Path(file).suffix == ".py"
    return linecache.getline(file, line).strip() if is_own else ""


def _message(error: BaseException) -> Iterator[str]:
    try:
        first, *rest = str(error).splitlines() or [""]
    except Exception:  # noqa: BLE001 (it is not our error: whatever its str does, the traceback goes on)
        first, rest = "", []
    name = type(error).__name__
    yield f"{name}: {plain(mask(first), _LONGEST_MESSAGE)}" if first else name
    for line in rest[:_MOST_FRAMES]:
        yield plain(mask(line), _LONGEST_MESSAGE)
