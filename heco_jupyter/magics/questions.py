"""Questions to the person at the keyboard."""

from __future__ import annotations

import getpass
import warnings

# What `input` and `getpass` raise in a kernel without a front end (papermill, nbconvert), or without a terminal.
_NOBODY = (NotImplementedError, EOFError, OSError, getpass.GetPassWarning)


def ask(question: str) -> str | None:
    """Return the answer to `question`, or None when there is nobody to ask."""
    try:
        return input(question)
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
