"""How IPython shows lists and usage: as tables of ours, while the extension is loaded."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

_MODULES = ("pandas.core.frame", "pandas")  # where DataFrame says that it is from, before pandas 3 and since


class TableFormatter:
    """Shows the client's lists and what `usage` returns, and leaves all other frames to whatever showed them before.

    No option of pandas changes.

    Parameters
    ----------
    shell
        Where frames are shown.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        formatters: Any = shell.display_formatter.formatters  # type: ignore[union-attr]
        self._text = _Hook(formatters["text/plain"], self._show)
        self._html = _Hook(formatters["text/html"], self._as_html)

    def install(self) -> None:
        """Show lists and usage from now on."""
        self._text.install()
        self._html.install()

    def uninstall(self) -> None:
        """Put back what showed frames before."""
        self._text.uninstall()
        self._html.uninstall()

    def _show(self, frame: Any, printer: Any, cycle: bool) -> None:  # noqa: FBT001 (as IPython calls it)
        from heco_jupyter.magics.lists import list_as_text  # noqa: PLC0415 (there is a frame, so pandas is loaded)
        from heco_jupyter.magics.usages import usage_as_text  # noqa: PLC0415

        most = shutil.get_terminal_size().columns
        lines = list_as_text(frame, most) or usage_as_text(frame, most)
        if lines is None and self._text.before is not None:
            self._text.before(frame, printer, cycle)
            return
        with printer.group():  # as IPython shows the repr of anything
            for number, line in enumerate(repr(frame).splitlines() if lines is None else lines):
                if number:
                    printer.break_()
                printer.text(line)

    def _as_html(self, frame: Any) -> Any:
        import pandas as pd  # noqa: PLC0415 (there is a frame, so it is loaded)

        from heco_jupyter.magics.lists import list_as_html  # noqa: PLC0415
        from heco_jupyter.magics.usages import usage_as_html  # noqa: PLC0415

        is_wanted = pd.get_option("display.notebook_repr_html")
        table = (list_as_html(frame) or usage_as_html(frame)) if is_wanted else None
        if table is not None:
            return table
        return self._html.before(frame) if self._html.before is not None else frame._repr_html_()


@dataclass
class _Hook:
    """What shows frames in one form.

    Parameters
    ----------
    formatter
        IPython's, for that form.
    show
        What shows frames while it is installed.
    """

    formatter: Any
    show: Callable[..., Any]
    _before: dict[str, Any] = field(default_factory=dict)

    @property
    def before(self) -> Any:
        """What showed frames before, or None where pandas did."""
        return next(filter(None, self._before.values()), None)

    def install(self) -> None:
        for module in _MODULES:
            before = self.formatter.for_type_by_name(module, "DataFrame")
            if before is not None:  # or it would still come first, for a class that was shown already
                self.formatter.pop(f"{module}.DataFrame")
            self._before[module] = before
            self.formatter.for_type_by_name(module, "DataFrame", self.show)

    def uninstall(self) -> None:
        for module, before in self._before.items():
            if self.formatter.for_type_by_name(module, "DataFrame") != self.show:
                continue  # somebody else has come after us
            self.formatter.pop(f"{module}.DataFrame")
            if before is not None:
                self.formatter.for_type_by_name(module, "DataFrame", before)
