"""What commands get from a notebook: its shell, questions, progress, the panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heco_jupyter.magics import questions
from heco_jupyter.magics.progress import Progress, lasting_notice, show_notice

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from IPython.core.interactiveshell import InteractiveShell

    from heco_jupyter.api.client import Client


@dataclass(frozen=True)
class NotebookContext:
    """A notebook, or IPython in a terminal, as `CommandContext` has it.

    Parameters
    ----------
    shell
        The shell that the command was typed in.
    confirm
        Whether to ask before deleting a cluster, removing workers or making a cluster large.
    ask_above
        Nodes above which a cluster is large.
    prices
        Path of the user's price table, or an empty string.
    """

    shell: InteractiveShell
    confirm: bool
    ask_above: int
    prices: str

    @property
    def variables(self) -> MutableMapping[str, Any]:
        """The notebook's variables."""
        variables: MutableMapping[str, Any] = self.shell.user_ns
        return variables

    def progress(self, *, keep: bool = False) -> Progress:
        """Return a display for what takes a while; with `keep`, its last line stays."""
        return Progress(self.shell, keep=keep)

    def notice(self, text: str) -> None:
        """Show a line beside the result."""
        show_notice(text)

    def lasting_notice(self) -> Callable[[str], None]:
        """Return a function that shows a line beside the result also later, from any thread, for the one before."""
        return lasting_notice()

    def ask(self, question: str, *, hidden: bool = False) -> str | None:
        """Return the answer to a question, or None when there is nobody to ask."""
        return questions.ask_hidden(question) if hidden else questions.ask(question)

    def add_cell(self, text: str) -> None:
        """Put a cell below the one that is running."""
        self.shell.set_next_input(text, replace=False)

    def show_panel(self, client: Client, cluster: str | None, *, beside: bool) -> object:
        """Return a control panel."""
        # These bring ipywidgets, which nothing else needs.
        from heco_jupyter.widgets.panel import panel  # noqa: PLC0415
        from heco_jupyter.widgets.side import check_side  # noqa: PLC0415

        if beside:
            check_side()  # before there is a panel that nobody closes
        made = panel(cluster, client=client)
        if beside:
            made.open_beside()
        return made
