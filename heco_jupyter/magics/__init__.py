"""`%heco` and `%%heco_create`: what an analyst types. Loading this brings nothing heavy with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(shell: InteractiveShell) -> None:
    """Register the magics and their completion with `shell`."""
    from heco_jupyter.magics.completion import install  # noqa: PLC0415 (IPython is known to be there only now)
    from heco_jupyter.magics.magic import HecoMagics  # noqa: PLC0415

    shell.register_magics(HecoMagics(shell))
    install(shell)


def unload(shell: InteractiveShell) -> None:
    """Take the magics and their completion out of `shell`."""
    from heco_jupyter.magics.completion import uninstall  # noqa: PLC0415

    uninstall(shell)
    magics = shell.magics_manager.registry.pop("HecoMagics", None)
    if magics is not None:
        for kind, name in (("line", "heco"), ("line", "heco_create"), ("cell", "heco_create")):
            shell.magics_manager.magics[kind].pop(name, None)
        if magics in shell.configurables:
            shell.configurables.remove(magics)
