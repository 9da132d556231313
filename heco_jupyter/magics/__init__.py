"""`%heco` and `%%heco_create`: what an analyst types. Loading this loads nothing heavy."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(shell: InteractiveShell) -> None:
    """Register the magics, their completion and the look of their tables with `shell`."""
    from traitlets import TraitError  # noqa: PLC0415 (IPython is known to be there only now)

    from heco_jupyter.magics.completion import install  # noqa: PLC0415
    from heco_jupyter.magics.magic import HecoMagics  # noqa: PLC0415

    unload(shell)
    try:
        magics = HecoMagics(shell)
    except TraitError as error:  # what %config once refused is still in the shell's configuration
        warnings.warn(f"the options of HecoMagics are reset to their defaults: {error}", stacklevel=2)
        del shell.config["HecoMagics"]
        magics = HecoMagics(shell)
    shell.register_magics(magics)
    magics.tables.install()
    install(shell)


def unload(shell: InteractiveShell) -> None:
    """Remove the magics, their completion and the look of their tables from `shell`."""
    from heco_jupyter.magics.completion import uninstall  # noqa: PLC0415

    uninstall(shell)
    magics = shell.magics_manager.registry.pop("HecoMagics", None)
    if magics is not None:
        magics.tables.uninstall()
        for kind, name in (("line", "heco"), ("line", "heco_create"), ("cell", "heco_create")):
            shell.magics_manager.magics[kind].pop(name, None)
        if magics in shell.configurables:
            shell.configurables.remove(magics)
