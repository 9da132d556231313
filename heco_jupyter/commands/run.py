"""From a command of the table to what carries it out, which is loaded only then."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import Namespace

    from heco_jupyter.commands.catalog import Command
    from heco_jupyter.commands.context import CommandContext


def run(command: Command, context: CommandContext, options: Namespace) -> Any:
    """Carry out a command, and return its value.

    Parameters
    ----------
    command
        From the table.
    context
        Where it was typed.
    options
        Its arguments, as `parse` returns them.
    """
    module, _, function = command.action.partition(".")
    action = getattr(import_module(f"heco_jupyter.commands.{module}"), function)
    return action(context, options)
