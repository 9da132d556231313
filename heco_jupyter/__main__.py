"""`python -m heco_jupyter COMMAND`: the fleet in a shell, for scripts and cron.

Standard output is the result and nothing else; messages go to standard error. The exit code is 0, 1 when a command
failed, and 2 when it was called wrongly.
"""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

from heco_jupyter.api.display.masking import mask
from heco_jupyter.api.display.text import plain, written_for_a_shell
from heco_jupyter.api.model.errors import CommandError, HecoError
from heco_jupyter.commands.arguments import command_named, parse, wants_help
from heco_jupyter.commands.catalog import SHELL_COMMANDS, SHELL_PROGRAM
from heco_jupyter.commands.help import explain, shell_overview
from heco_jupyter.commands.line import as_words

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, MutableMapping, Sequence

    from heco_jupyter.api.client import Client
    from heco_jupyter.api.model.types import Report
    from heco_jupyter.commands.catalog import Command

_DONE, _FAILED, _MISUSED = 0, 1, 2


class ShellContext:
    """A shell as `CommandContext` has it: nobody to ask, no variables, no cells."""

    confirm, ask_above, prices = True, 0, ""

    def __init__(self) -> None:
        self.variables: MutableMapping[str, Any] = {}

    @contextmanager
    def progress(self, *, keep: bool = False) -> Iterator[Report]:  # noqa: ARG002 (there is no display)
        """Return a display that shows nothing."""
        yield lambda _text, _fraction: None

    def notice(self, text: str) -> None:
        """Write a line to standard error."""
        _say(text)

    def lasting_notice(self) -> Callable[[str], None]:
        """Return `notice`: a shell keeps no place for a line."""
        return self.notice

    def ask(self, question: str, *, hidden: bool = False) -> str | None:  # noqa: ARG002 (nobody is asked)
        """Return None: there is nobody to ask."""
        return None

    def add_cell(self, text: str) -> None:  # noqa: ARG002 (there is nowhere to put it)
        """Refuse: a shell has no cells."""
        raise CommandError("a shell has no cells")

    def show_panel(self, client: Client, cluster: str | None, *, beside: bool) -> object:  # noqa: ARG002 (no place)
        """Refuse: a shell has no panel."""
        raise CommandError("a shell has no panel")


def main(words: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    words
        The command line without the program's name; by default the one the program was called with.

    Returns
    -------
    int
        The exit code.
    """
    words = sys.argv[1:] if words is None else list(words)
    if not words or words[0] in ("-h", "--help", "help"):
        return _write(shell_overview())
    try:
        command = command_named(words[0], {command.name: command for command in SHELL_COMMANDS}, SHELL_PROGRAM)
        arguments = as_words(words[1:])
        if wants_help(arguments):
            return _write(explain(command))
        options = parse(command, arguments)
    except CommandError as error:
        _say(str(error))
        return _MISUSED
    try:
        return _write(_result(command, options))
    except HecoError as error:
        _say(_one_line(error))
    except KeyboardInterrupt:
        _say("interrupted")
    except Exception as error:  # noqa: BLE001 (whatever it is, a script gets one line and an exit code)
        _say(plain(mask(f"failed: {type(error).__name__}: {error}")))
    return _FAILED


def _result(command: Command, options: Namespace) -> str:
    from heco_jupyter.commands.printing import as_csv, as_json, as_table  # noqa: PLC0415 (brings pandas)
    from heco_jupyter.commands.run import run  # noqa: PLC0415

    with written_for_a_shell(), _warnings_in_a_line():
        value = run(command, ShellContext(), options)
    return as_json(value) if options.json else as_csv(value) if options.csv else as_table(value)


@contextmanager
def _warnings_in_a_line() -> Iterator[None]:
    """Say warnings without the place in the code that Python shows with them."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_args, **_options: _say(plain(mask(str(message))))
        yield


def _one_line(error: HecoError) -> str:
    """Return an error for a shell: without hints that name a magic."""
    hint = error.hint if error.hint and "%" not in error.hint else None
    return "; ".join(line for line in (error.what, error.said, hint) if line)


def _write(text: str) -> int:
    """Write a result; return 1 where the reader has gone or the disk is full."""
    if sys.stdout is None:  # pythonw, which has no console
        return _DONE
    try:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        sys.stdout.write(f"{text}\n" if text else "")
        sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            _say(f"cannot write the result: {error.strerror or error}")
        _give_up(sys.stdout)
        return _FAILED
    return _DONE


def _say(text: str) -> None:
    if sys.stderr is None:  # closed, or pythonw: print would take standard output instead
        return
    with suppress(OSError):  # nobody can be told that nobody can be told; the next line tries again
        print(f"heco_jupyter: {text}", file=sys.stderr, flush=True)  # noqa: T201 (a command talks to its shell)


def _give_up(stream: TextIO) -> None:
    """Drop what a stream still holds if it cannot be written, so that the exit does not fail over it."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    code = main()
    if sys.stderr is not None:
        _give_up(sys.stderr)
    sys.exit(code)
