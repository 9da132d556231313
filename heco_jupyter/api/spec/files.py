"""Text files that a spec is in, or names: read up to a limit, from regular files alone."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import Problem, SpecError
from heco_jupyter.api.model.paths import local_path
from heco_jupyter.api.spec.settings import is_secret_variable

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 256 * 1024
_SECRET_FILE = re.compile(
    r"^\.|^id_(?:rsa|dsa|ecdsa|ed25519)|\.(?:pem|p12|pfx|jks|ppk|kdbx|env|gpg)$|keytab|keystore|access.?key|passw"
    r"|netrc|pgpass|kubeconfig|service.?account|vault|^creds?(?:\W|$)|^shadow$",
    re.IGNORECASE,
)
_NO_WORD = re.compile(r"\W+|(?<=[a-z])(?=[A-Z])")
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # opening a pipe would wait for a writer


def read_text(path: Path, shown: str | None = None) -> str:
    """Return a file's text, line ends and all.

    Parameters
    ----------
    path
        Where it is.
    shown
        How errors name it.

    Raises
    ------
    SpecError
        When it cannot be read, is no regular file, is not UTF-8 text, or is too large.
    """
    name = plain(shown or path, 200)
    try:
        content = _read(path)
        if content is None:
            problem = f"{name} is not a regular file: only those are read"
        elif len(content) > LARGEST:
            problem = f"{name} has more than {LARGEST >> 10} KiB, which is the most that is read"
        else:
            return content.decode()
    except UnicodeDecodeError:
        problem = f"{name} is not UTF-8 text: save it as UTF-8"
    except (OSError, ValueError) as error:
        problem = f"{name} cannot be read: {getattr(error, 'strerror', None) or error}"
    raise SpecError([Problem((), problem)])


def _read(path: Path) -> bytes | None:
    """Return the start of a file, a byte more than is allowed, or None where it is no regular file.

    What `stat` says of its size is not asked: a file in /proc has none, and another one may grow.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # opening a device can do something
        return b"" if path.samefile(os.devnull) else None
    descriptor = os.open(path, os.O_RDONLY | _AT_ONCE)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return file.read(LARGEST + 1)


def expanded(path: str) -> Path:
    """Return a path with `~` and variables of the environment filled in.

    Raises
    ------
    CommandError
        When it is no path of this machine.
    """
    return local_path(os.path.expandvars(path), "the path after !file")


def is_private(path: Path, folder: Path) -> bool:
    """Return whether somebody else's spec has no business with a file: it lies outside the folder, or looks secret.

    Names that begin with a dot look secret too, also those of folders: `.ssh`, `.aws`, `.config`.

    Parameters
    ----------
    path
        The file.
    folder
        The spec's folder.
    """
    real = path.resolve()
    home = folder.resolve()
    return not real.is_relative_to(home) or any(map(_looks_secret, (path.name, *real.relative_to(home).parts)))


def _looks_secret(name: str) -> bool:
    """Return whether a file or a folder is a secret by its name, as one of the kind or as a variable would be."""
    return _SECRET_FILE.search(name) is not None or is_secret_variable(_NO_WORD.sub("_", name))
