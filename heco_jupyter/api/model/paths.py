"""Paths of this machine, as people write them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError

# A scheme has two letters or more, which tells it from the drive in C:/data. Path makes one slash of the two in s3://.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")
_ON_THIS_MACHINE = ("", "localhost")


def local_path(path: object, name: str = "the path") -> Path:
    """Return a path of this machine, with `~` expanded.

    Parameters
    ----------
    path
        A text, where `file://` is a path too, or a path object.
    name
        What the parameter is called, for the message.

    Raises
    ------
    CommandError
        When it is empty, no path at all, or an address elsewhere, such as `s3://bucket/folder`.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str):
        raise CommandError(f"{name} is {plain(repr(path), 60)}, it must be a path")
    if not text.strip():
        raise CommandError(f"{name} is empty", hint="name a file or a folder; . is the current folder")
    text = _without_file_scheme(text)
    if address := _ADDRESS.match(text.lstrip()):
        raise CommandError(
            f"{plain(text, 120)} is an address in {address[1]}, not a path of this machine",
            hint="name a file or a folder here, and copy from there or to there with the tools of that storage",
        )
    try:
        os.fsencode(text)
        made = Path(text).expanduser()
    except UnicodeEncodeError:
        problem = "holds half a character"
    except RuntimeError:
        problem = "names a home that is not known"
    else:
        if "\0" not in text:
            return made
        problem = "holds a null character"
    raise CommandError(f"{name} {plain(repr(text), 60)} {problem}", hint="type it again")


def is_address(path: str) -> bool:
    """Return whether a path is an address elsewhere, such as `s3://bucket/folder`."""
    return _ADDRESS.match(_without_file_scheme(path).lstrip()) is not None


def _without_file_scheme(text: str) -> str:
    """Return the path in a `file:` URL of this machine; any other text as it is."""
    scheme, _, rest = text.partition(":")
    if scheme.lower() != "file" or not rest.startswith("/"):
        return text
    if rest.startswith("//"):
        host, slash, rest = rest.removeprefix("//").partition("/")
        if host.lower() not in _ON_THIS_MACHINE:
            return text
        rest = f"{slash}{rest}"
    path = unquote(rest)
    return path[1:] if re.match(r"/[A-Za-z]:", path) else path  # file:///C:/data
