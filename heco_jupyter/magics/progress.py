"""Progress of what takes a while: a bar in a notebook, a line in a terminal, nothing where nobody watches."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Self

from IPython.display import display

from heco_jupyter.api.display import markup

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from IPython.core.interactiveshell import InteractiveShell

_SOON = 0.6
_OFTEN = 0.25
_CLEAR = "\r\x1b[K"


class Progress:
    """Shows what is reported to it, once it has taken long enough to be worth a look.

    Parameters
    ----------
    shell
        Where to show it.
    keep
        Whether the last line stays when it is over.
    """

    def __init__(self, shell: InteractiveShell, *, keep: bool = False) -> None:
        self._in_notebook = hasattr(shell, "kernel")
        self._keep = keep
        self._handle: Any = None
        self._shown = False
        self._next = time.monotonic() + (0.0 if keep else _SOON)
        self._last: _Bar | None = None

    def __enter__(self) -> Self:
        return self

    def __call__(self, text: str, fraction: float | None = None) -> None:
        """Show `text`, and how much of it is done, from 0 to 1."""
        self._last = _Bar(text, fraction)
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _OFTEN
            self._show(self._last)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._shown or self._last is None:
            return
        if self._handle is not None:
            self._handle.update(_Bar(self._last.text, None, over=True) if self._keep else _Bar("", None, over=True))
        else:
            sys.stderr.write(f"{self._last.text}\n" if self._keep and not sys.stderr.isatty() else _CLEAR)
            sys.stderr.flush()

    def _show(self, bar: _Bar) -> None:
        if self._in_notebook:
            if self._handle is None:
                self._handle = display(bar, display_id=True)  # type: ignore[no-untyped-call]
            else:
                self._handle.update(bar)
            self._shown = True
        elif sys.stderr.isatty():
            sys.stderr.write(f"{_CLEAR}{bar!r}")
            sys.stderr.flush()
            self._shown = True


class _Bar:
    """One state of the display."""

    def __init__(self, text: str, fraction: float | None, *, over: bool = False) -> None:
        self.text = text
        self._fraction = fraction
        self._over = over

    def __repr__(self) -> str:
        return self.text if self._fraction is None else f"{self.text} {self._fraction:.0%}"

    def _repr_html_(self) -> str:
        if self._over:
            return markup.quiet(self.text) if self.text else "<span></span>"
        value = "" if self._fraction is None else f" value='{self._fraction:.3f}'"
        bar = f"<progress{value} max='1' style='vertical-align:middle'></progress>"
        return f"<label>{bar} {markup.text(self.text, 500)}</label>"


def lasting_notice() -> Callable[[str], None]:
    """Return a function that shows a line beside this cell's result also later, for the one before.

    What a thread prints lands in whichever cell ran last; a display keeps its place.
    """
    place: Any = display(_Bar("", None, over=True), display_id=True)  # type: ignore[no-untyped-call]
    return lambda text: place.update(_Bar(text, None, over=True))


def show_notice(text: str) -> None:
    """Show a line beside a result."""
    display(_Bar(text, None, over=True))  # type: ignore[no-untyped-call]
