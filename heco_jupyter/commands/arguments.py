"""From the words of a line to options: parsing, and answers to typos."""

from __future__ import annotations

import re
from argparse import Namespace
from typing import TYPE_CHECKING, Any, NoReturn

from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.api.model.paths import local_path
from heco_jupyter.commands.catalog import BY_NAME, Argument, ArgumentKind, Command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from heco_jupyter.commands.line import Word

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_LONGEST_DURATION = 10 * 366 * 86400
_HELP = ("-h", "--help")
_LONGEST_COUNT = 18  # digits
_NEGATIVE = re.compile(r"-\d")


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


def wants_help(words: Sequence[Word]) -> bool:
    """Return whether the words ask for help."""
    return any(word.typed in _HELP for word in words)


def is_flag(word: Word) -> bool:
    """Return whether a word is a flag, or `--`: it begins with a dash that was typed, and is no number."""
    return len(word.typed) > 1 and word.typed[0] == "-" and not _NEGATIVE.match(word.typed)


def parse(command: Command, words: Sequence[Word]) -> Namespace:
    """Read a command's arguments.

    Raises
    ------
    CommandError
        When they do not fit; it says which, and how the command is written.
    """
    options = _Reader(command).read(words)
    given = vars(options)
    if given.get("json") and options.csv:
        _refuse(command, "give one of --json and --csv, not both")
    if given.get("wait") is False and options.timeout is not None:
        _refuse(command, "--timeout says how long to wait: add --wait")
    if "all" in given and bool(options.cluster) == options.all:
        _refuse(command, "give one cluster, or --all")
    if "every" in given and not options.dir and any((options.every, given["for"], options.prices)):
        _refuse(command, "give DIR, the directory to record to")
    if given.get("stop") and options.dir:
        _refuse(command, "--stop stands alone")
    if given.get("check") and (options.since or options.until):
        _refuse(command, "--check is about the whole archive: leave out --since and --until")
    return options


def _refuse(command: Command, problem: str) -> NoReturn:
    raise CommandError(f"{command.typed}: {problem}", hint=f"usage: {command.usage}")


class _Reader:
    """Reads the words of one command."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._flags = {argument.name: argument for argument in command.arguments if argument.is_flag}
        self._options: dict[str, Any] = {
            argument.dest: False if argument.kind is ArgumentKind.SWITCH else None for argument in command.arguments
        }

    def read(self, words: Sequence[Word]) -> Namespace:
        """Return the options."""
        rest, given, is_after_dashes = list(words), [], False
        while rest:
            word = rest.pop(0)
            if is_after_dashes and word.typed in self._flags:
                self._refuse(f"{word.typed} stands after --, where everything is a name: put it before")
            if is_after_dashes or not is_flag(word):
                given.append(word)
            elif word.typed == "--" and len(word.pieces) == 1:  # --{x} is no end of the flags
                is_after_dashes = True
            else:
                self._read_flag(word, rest)
        self._read_positionals(given)
        return Namespace(**self._options)

    def _read_flag(self, word: Word, rest: list[Word]) -> None:
        """Read a flag, and its value from the words after it."""
        name, value = word.split_flag()
        argument = self._flags.get(name)
        if argument is None:
            near = did_you_mean(name, self._flags)
            dash = "" if near or name.startswith("--") else "; a name that starts with - stands after --"
            self._refuse(f"there is no flag {plain(name, 40)}{near}{dash}")
        if argument.kind is ArgumentKind.SWITCH:
            if value is not None:
                self._refuse(f"{name} takes no value")
            self._options[argument.dest] = True
            return
        if value is None:
            if not rest or is_flag(rest[0]):
                self._refuse(f"{name} needs a value after it; for one that starts with -, write {name}=VALUE")
            value = rest.pop(0)
        read = self._value(argument, value)
        if argument.repeats:
            self._options[argument.dest] = [*(self._options[argument.dest] or []), read]
        elif self._options[argument.dest] is not None:
            self._refuse(f"{name} is given twice: keep one of them")
        else:
            self._options[argument.dest] = read

    def _read_positionals(self, given: list[Word]) -> None:
        positionals = [argument for argument in self._command.arguments if not argument.is_flag]
        missing = [argument.name for argument in positionals[len(given) :] if not argument.optional]
        if missing:
            self._refuse(f"give {', '.join(missing)}")
        for argument, word in zip(positionals, given, strict=False):
            self._options[argument.dest] = self._value(argument, word)
        for word in given[len(positionals) :]:
            self._refuse(f"{plain(word.text, 40)!r} is one word too many; a name with spaces goes in quotes")

    def _value(self, argument: Argument, word: Word) -> Any:
        """Return the value of an argument."""
        if argument.kind is ArgumentKind.PATH:
            return local_path(word.path, argument.name)
        text = word.text
        if argument.choices:
            if text.lower() not in argument.choices:
                choices = ", ".join(argument.choices)
                near = did_you_mean(text, argument.choices)
                self._refuse(f"{argument.name}: {plain(text, 40)!r} is not one of {choices}{near}")
            return text.lower()
        try:
            return _READERS[argument.kind](text)
        except ValueError as error:
            problem = f"{argument.name}: {plain(text, 40)!r} {error}"
        return self._refuse(problem)

    def _refuse(self, problem: str) -> NoReturn:
        _refuse(self._command, problem)


def count(text: str) -> int:
    """Read a whole number of at least 1.

    Raises
    ------
    ValueError
        When it is none, or too large; what it says follows the text.
    """
    if not text.isascii() or not text.isdigit() or not text.strip("0"):
        raise ValueError("is not a whole number of at least 1")
    if len(text.lstrip("0")) > _LONGEST_COUNT:
        raise ValueError("is too large a number")
    return int(text)


def duration(text: str) -> float:
    """Read a duration such as `90s`, `30m`, `2h` or `1h30m`, in seconds.

    Raises
    ------
    ValueError
        When it is none, zero, or too long; what it says follows the text.
    """
    if not _DURATION.fullmatch(text):
        raise ValueError("is not a duration: write 90s, 30m or 2h")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if not 0 < seconds <= _LONGEST_DURATION:
        raise ValueError(f"is {'more than ten years' if seconds else 'zero'}: write 90s, 30m or 2h")
    return seconds


_READERS: dict[ArgumentKind, Callable[[str], Any]] = {
    ArgumentKind.TEXT: str,
    ArgumentKind.COUNT: count,
    ArgumentKind.DURATION: duration,
}
