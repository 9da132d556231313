"""The help texts, made from the table of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heco_jupyter.commands.catalog import COMMANDS, CREATE, SHELL_COMMANDS, SHELL_PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heco_jupyter.commands.catalog import Command

_WIDTH = 12


def overview() -> str:
    """Return the help of `%heco`."""
    return "\n".join(
        [
            "%heco COMMAND ...: see and control KakaoCloud Hadoop Eco clusters.",
            "",
            *_one_line_each(COMMANDS),
            "",
            f"  {CREATE.program}  {CREATE.about}",
            "",
            "%heco COMMAND --help explains one. Results are values: df = %heco list",
            "Python in a line, each always one word: %heco show {name} or $name; {{, }} and $$ are the letters.",
            "To try it without keys: %heco connect --local, then %heco list",
            "Options, with their help: %config HecoMagics",
        ]
    )


def shell_overview() -> str:
    """Return the help of `python -m heco_jupyter`."""
    return "\n".join(
        [
            f"{SHELL_PROGRAM} COMMAND ...: see KakaoCloud Hadoop Eco clusters from a shell.",
            "",
            *_one_line_each(SHELL_COMMANDS),
            "",
            f"{SHELL_PROGRAM} COMMAND --help explains one. Standard output is the result and nothing else.",
            "Keys: HECO_CREDENTIAL_ID and HECO_CREDENTIAL_SECRET, HECO_PROFILE, or ~/.config/heco/config.toml.",
            "Exit code: 0, 1 when the command failed, 2 when it was called wrongly.",
        ]
    )


def explain(command: Command) -> str:
    """Return the help of one command."""
    width = max((len(argument.usage) for argument in command.arguments), default=0) + 2
    lines = [f"  {argument.usage:<{width}}{argument.about}" for argument in command.arguments]
    parts = [f"{command.usage}", "", f"{command.about[0].upper()}{command.about[1:]}.", ""]
    if lines:
        parts += [*lines, ""]
    if command.more:
        parts += [command.more, ""]
    return "\n".join([*parts, f"Example: {command.example}"])


def _one_line_each(commands: Iterable[Command]) -> list[str]:
    return [f"  {command.name:<{_WIDTH}}{command.about}" for command in commands]
