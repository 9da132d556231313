"""The help texts, made from the catalog."""

from __future__ import annotations

from heco_jupyter.commands.catalog import COMMANDS, CREATE, Command

_WIDTH = 12


def overview() -> str:
    """Return the help of `%heco`."""
    lines = [f"  {command.name:<{_WIDTH}}{command.about}" for command in COMMANDS]
    return "\n".join(
        [
            "%heco COMMAND ...: see and control KakaoCloud Hadoop Eco clusters.",
            "",
            *lines,
            "",
            f"  {CREATE.magic}  {CREATE.about}",
            "",
            "%heco COMMAND --help explains one. Results are values: df = %heco list",
            "A first try, with no keys: %heco connect --local, then %heco list",
            "Options, with their help: %config HecoMagics",
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
