"""Questions to the person at the keyboard, and what to do where there is nobody to ask."""

from __future__ import annotations

import getpass
import warnings

from heco_jupyter.errors import CommandError

# What `input` and `getpass` raise in a kernel without a front end (papermill, nbconvert), or without a terminal.
_NOBODY = (NotImplementedError, EOFError, OSError, getpass.GetPassWarning)


def ask(question: str) -> str | None:
    """Return the answer to `question`, or None when there is nobody to ask."""
    try:
        return input(question).strip()
    except _NOBODY:
        return None


def ask_hidden(question: str) -> str | None:
    """Return the answer to `question`, typed unseen, or None when there is nobody to ask."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)  # it would show what is typed
        try:
            return getpass.getpass(question)
        except _NOBODY:
            return None


def confirm(question: str, expected: str, refusal: str) -> None:
    """Go on only if the answer to `question` is `expected`.

    Raises
    ------
    CommandError
        When it is not, or nobody answers; nothing is sent.
    """
    try:
        answer = ask(question)
    except KeyboardInterrupt:
        answer = ""
    if answer is None:
        raise CommandError(f"{refusal}: there is nobody to ask", hint="add --yes to do it without being asked")
    if answer != expected:
        raise CommandError(f"{refusal}: the answer was not {expected}, nothing was sent")
