"""The panel's face: its ES module, put together from the files in `page/`, and its style sheet.

A widget's front end loads one module. The files import each other, so that a type checker and an editor understand
them; here they follow one another, each after those that it imports, without the lines that import and export.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "page"
_FIRST = "panel.js"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class|let) )", re.MULTILINE)


@cache
def module() -> str:
    """Return the ES module."""
    files: dict[str, str] = {}
    _add(_FIRST, files)
    return "\n".join(files.values())


@cache
def style_sheet() -> str:
    """Return the CSS."""
    return (_FOLDER / "panel.css").read_text("utf-8")


def _add(name: str, files: dict[str, str]) -> None:
    """Add a file to `files`, after those that it imports."""
    source = (_FOLDER / name).read_text("utf-8")
    for imported in _IMPORT.findall(source):
        if imported not in files:
            _add(imported, files)
    files[name] = _EXPORT.sub("", _IMPORT.sub("", source))
