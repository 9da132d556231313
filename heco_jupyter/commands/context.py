"""What a command needs from wherever it was typed: questions, progress, notices, variables, a cell below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.api.model.lookup import same_form

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from contextlib import AbstractContextManager

    from heco_jupyter.api.client import Client
    from heco_jupyter.api.model.types import Report


class CommandContext(Protocol):
    """Where a command was typed: a notebook, or a shell."""

    @property
    def confirm(self) -> bool:
        """Whether to ask before deleting a cluster, removing workers or making a cluster large."""

    @property
    def ask_above(self) -> int:
        """Nodes above which a cluster is large."""

    @property
    def prices(self) -> str:
        """Path of the user's price table, or an empty string."""

    @property
    def variables(self) -> MutableMapping[str, Any]:
        """The variables of the notebook; empty where there are none."""

    def progress(self, *, keep: bool = False) -> AbstractContextManager[Report]:
        """Return a display for what takes a while; with `keep`, its last line stays."""

    def notice(self, text: str) -> None:
        """Show a line beside the result."""

    def lasting_notice(self) -> Callable[[str], None]:
        """Return a function that shows a line beside the result also later, from any thread, for the one before."""

    def ask(self, question: str, *, hidden: bool = False) -> str | None:
        """Return the answer to a question, or None when there is nobody to ask.

        Parameters
        ----------
        question
            What to ask.
        hidden
            Whether the answer is a secret, to be typed unseen.
        """

    def add_cell(self, text: str) -> None:
        """Put a cell below the one that is running."""

    def show_panel(self, client: Client, cluster: str | None, *, beside: bool) -> object:
        """Return a control panel.

        Parameters
        ----------
        client
            The connection.
        cluster
            The cluster to begin with: its name, its id, or the start of its id.
        beside
            Whether to open it beside the notebook.
        """


def require_answer(context: CommandContext, question: str, expected: str, refusal: str) -> None:
    """Ask, and go on only if the answer is the expected one.

    Parameters
    ----------
    context
        Where to ask.
    question
        What to ask.
    expected
        The answer that lets the command go on.
    refusal
        What did not happen otherwise, in words.

    Raises
    ------
    CommandError
        When the answer is another, or nobody answers; nothing is sent.
    """
    try:
        answer = context.ask(question)
    except KeyboardInterrupt:
        answer = ""
    if answer is None:
        raise CommandError(f"{refusal}: there is nobody to ask", hint="add --yes to do it without being asked")
    if same_form(answer.strip()) != same_form(expected):
        raise CommandError(f"{refusal}: the answer was not {expected}, nothing was sent")
