"""From what was typed to options: splitting, parsing, and answers to typos."""

from __future__ import annotations

import argparse
import re
import shlex
from typing import TYPE_CHECKING, NoReturn

from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.commands.catalog import BY_NAME, Argument, ArgumentKind, Command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_HELP = ("-h", "--help")
_LONGEST_COUNT = 9


def split(line: str) -> list[str]:
    """Split a line as a shell would.

    Raises
    ------
    CommandError
        When a quote is not closed.
    """
    try:
        return shlex.split(line)
    except ValueError as error:
        problem = str(error).lower()
    raise CommandError(f"{problem} in: {plain(line, 80)}", hint='close the quote, or put the whole word in "..."')


def command_named(word: str, commands: Mapping[str, Command] = BY_NAME, program: str = "%heco") -> Command:
    """Return the command `word`.

    Parameters
    ----------
    word
        Its name.
    commands
        Those that there are, by name.
    program
        What is typed before it.

    Raises
    ------
    CommandError
        When there is none; it names the nearest.
    """
    if word in commands:
        return commands[word]
    raise CommandError(
        f"there is no command {plain(word, 40)!r}{did_you_mean(word, commands)}",
        hint=f"the commands are {', '.join(commands)}; {program} --help explains them",
    )


def wants_help(words: list[str]) -> bool:
    """Return whether the words ask for help."""
    return any(word in _HELP for word in words)


def parse(command: Command, words: list[str]) -> argparse.Namespace:
    """Read a command's arguments.

    Raises
    ------
    CommandError
        When they do not fit; it says which, and how the command is written.
    """
    parser = _Parser(command)
    options, extra = parser.read(words)
    for word in extra:
        flags = [argument.name for argument in command.arguments if argument.is_flag]
        if word in flags:
            parser.error(f"{word} stands after --, where everything is a name: put it before")
        if word.startswith("-"):
            parser.error(f"there is no flag {plain(word, 40)}{did_you_mean(word.partition('=')[0], flags)}")
        parser.error(f"{plain(word, 40)!r} is one word too many; a name with spaces goes in quotes")
    if vars(options).get("json") and options.csv:
        parser.error("give one of --json and --csv, not both")
    if vars(options).get("wait") is False and options.timeout is not None:
        parser.error("--timeout says how long to wait: add --wait")
    return options


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises `CommandError`."""

    def __init__(self, command: Command) -> None:
        super().__init__(prog=command.typed, add_help=False, allow_abbrev=False, exit_on_error=False)
        self._command = command
        for argument in command.arguments:
            self._add(argument)

    def _add(self, argument: Argument) -> None:
        converter: Callable[[str], object] = {ArgumentKind.COUNT: count, ArgumentKind.DURATION: duration}.get(
            argument.kind, str
        )
        choices = argument.choices or None
        if choices:
            converter = str.lower
        if not argument.is_flag:
            nargs = "?" if argument.optional else None
            self.add_argument(argument.dest, metavar=argument.name, type=converter, choices=choices, nargs=nargs)
        elif argument.kind is ArgumentKind.SWITCH:
            self.add_argument(argument.name, dest=argument.dest, action="store_true")
        else:
            action = "append" if argument.repeats else "store"
            self.add_argument(argument.name, dest=argument.dest, type=converter, choices=choices, action=action)

    def read(self, words: list[str]) -> tuple[argparse.Namespace, list[str]]:
        """Return the options, and the words left over."""
        try:
            return self.parse_known_args(words)
        except argparse.ArgumentError as error:
            problem = str(error).removeprefix("argument ")
        return self.error(problem)

    def error(self, message: str) -> NoReturn:
        """Raise a `CommandError` that says what is wrong."""
        missing = "the following arguments are required: "
        if message.startswith(missing):
            message = f"give {message.removeprefix(missing)}; put a name that starts with - after --"
        raise CommandError(f"{self._command.typed}: {message}", hint=f"usage: {self._command.usage}")


def count(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_COUNT or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{plain(text, 40)!r} is not a whole number of at least 1")
    return int(text)


def duration(text: str) -> float:
    """Read a duration such as `90s`, `30m`, `2h` or `1h30m`, in seconds."""
    if not _DURATION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{plain(text, 40)!r} is not a duration: write 90s, 30m or 2h")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if not seconds:
        raise argparse.ArgumentTypeError(f"{plain(text, 40)!r} is zero: write 90s, 30m or 2h")
    return seconds
