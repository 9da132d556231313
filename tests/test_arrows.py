"""The layers of the package: a module imports only from the wings and rooms below its own."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "heco_jupyter"

# From the top down. Rooms on the same floor do not import each other. A module belongs to the longest name that fits.
FLOORS = (
    ("heco_jupyter", "heco_jupyter.__main__", "heco_jupyter.magics"),
    ("heco_jupyter.errors",),
    ("heco_jupyter.widgets",),
    ("heco_jupyter.commands",),
    ("heco_jupyter.live",),
    ("heco_jupyter.fleet",),
    ("heco_jupyter.api",),  # client, connection, credentials
    ("heco_jupyter.api.writes", "heco_jupyter.api.lists"),
    ("heco_jupyter.api.wire", "heco_jupyter.api.spec"),
    ("heco_jupyter.api.model",),
    ("heco_jupyter.api.display",),
    ("heco_jupyter._version",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
EMULATOR = "heco_jupyter.emulator"
# Rooms below the fleet that it must not import all the same, since it makes no requests.
FORBIDDEN = {
    "heco_jupyter.fleet": {
        *("heco_jupyter.api", "heco_jupyter.api.writes", "heco_jupyter.api.lists"),
        *("heco_jupyter.api.wire", "heco_jupyter.api.spec"),
    },
}
JUPYTER = {"IPython", "anywidget", "ipywidgets", "traitlets", "ipykernel", "jupyter_client"}


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    if module == EMULATOR or module.startswith(f"{EMULATOR}."):
        return EMULATOR
    while module not in FLOOR_OF:
        module = module.rpartition(".")[0]
    return module


@cache
def imports_of(path: Path) -> set[str]:
    """Return every module that a file imports anywhere, for type checkers only too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                is_module = (PACKAGE.parent / Path(*below.split("."))).with_suffix(".py").exists()
                found.add(below if is_module or is_package(below) else str(node.module))
    return found


def is_package(module: str) -> bool:
    return (PACKAGE.parent / Path(*module.split(".")) / "__init__.py").exists()


FILES = {name_of(path): path for path in PACKAGE.rglob("*.py")}


def test_every_folder_of_the_package_is_a_known_room():
    folders = {name_of(path.parent / "__init__.py") for path in FILES.values()}
    assert folders <= {*FLOOR_OF, EMULATOR}


@pytest.mark.parametrize("module", sorted(FILES))
def test_a_module_imports_only_from_below(module):
    room = room_of(module)
    for target in imports_of(FILES[module]):
        if not target.startswith("heco_jupyter"):
            continue
        other = room_of(target)
        if other == room or module == "heco_jupyter":
            continue  # the package itself exports names of every wing
        if EMULATOR in (room, other):
            assert (module, other) == ("heco_jupyter.api.connection", EMULATOR), f"{module} imports {target}"
            continue
        if target == "heco_jupyter.fleet":
            other = "heco_jupyter.fleet"
        assert FLOOR_OF[room] < FLOOR_OF[other], f"{module} imports {target}, which is not below it"
        assert other not in FORBIDDEN.get(room, ()), f"{module} must not import {target}"


@pytest.mark.parametrize("module", sorted(FILES))
def test_only_magics_and_widgets_import_jupyter(module):
    if module == "heco_jupyter" or room_of(module) in ("heco_jupyter.magics", "heco_jupyter.widgets"):
        return
    assert not {target.split(".")[0] for target in imports_of(FILES[module])} & JUPYTER


def test_there_are_no_import_cycles():
    graph = {module: {target for target in imports_of(path) if target in FILES} for module, path in FILES.items()}
    graph.pop("heco_jupyter")
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, f"a cycle: {' -> '.join([*above, module])}"
        if module not in done:
            for target in graph.get(module, ()):
                visit(target, (*above, module))
            done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("module", sorted(FILES))
def test_a_module_of_more_than_400_lines_says_why(module):
    text = FILES[module].read_text("utf-8")
    if text.count("\n") > 400:
        assert "More than 400 lines:" in (ast.get_docstring(ast.parse(text)) or "")
