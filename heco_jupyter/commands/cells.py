"""The commands that only a notebook has: panel, template, clone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heco_jupyter.api.connection import current
from heco_jupyter.commands import templates

if TYPE_CHECKING:
    from argparse import Namespace

    from heco_jupyter.commands.context import CommandContext


def panel(context: CommandContext, options: Namespace) -> object:
    """Return the control panel."""
    return context.show_panel(current(), options.cluster, beside=options.side)


def template(context: CommandContext, options: Namespace) -> None:
    """Put a ready `%%heco_create` cell below."""
    context.add_cell(templates.template(options.kind or "plain"))


def clone(context: CommandContext, options: Namespace) -> None:
    """Put a `%%heco_create` cell below that recreates a cluster."""
    context.add_cell(templates.clone(current().find(options.cluster)))
