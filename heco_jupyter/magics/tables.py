"""How the client's frames show as text: columns that line up, with Korean in them too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_MODULES = ("pandas.core.frame", "pandas")  # where DataFrame says that it is from, before pandas 3 and since
_MARK = "endpoint"  # in the attrs of every frame that the client returns


class TableFormatter:
    """Shows the client's frames as text, and leaves all others to whatever showed them before.

    No option of pandas changes for anything else.

    Parameters
    ----------
    shell
        Where frames are shown.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._formatter: Any = shell.display_formatter.formatters["text/plain"]  # type: ignore[union-attr]
        self._before: dict[str, Any] = {}

    def install(self) -> None:
        """Show the client's frames from now on."""
        for module in _MODULES:
            before = self._formatter.for_type_by_name(module, "DataFrame")
            if before is not None:  # or it would still come first, for a class that was shown already
                self._formatter.pop(f"{module}.DataFrame")
            self._before[module] = before
            self._formatter.for_type_by_name(module, "DataFrame", self._show)

    def uninstall(self) -> None:
        """Put back what showed frames before."""
        for module, before in self._before.items():
            if self._formatter.for_type_by_name(module, "DataFrame") != self._show:
                continue  # somebody else has come after us
            self._formatter.pop(f"{module}.DataFrame")
            if before is not None:
                self._formatter.for_type_by_name(module, "DataFrame", before)

    def _show(self, frame: Any, printer: Any, cycle: bool) -> None:  # noqa: FBT001 (as IPython calls it)
        before = next(filter(None, self._before.values()), None)
        if _MARK in frame.attrs:
            import pandas as pd  # noqa: PLC0415 (there is a frame, so it is loaded)

            with pd.option_context("display.unicode.east_asian_width", True):  # noqa: FBT003 (pandas' own way)
                text = repr(frame)
        elif before is not None:
            before(frame, printer, cycle)
            return
        else:
            text = repr(frame)
        with printer.group():  # as IPython shows the repr of anything
            for number, line in enumerate(text.splitlines()):
                if number:
                    printer.break_()
                printer.text(line)
