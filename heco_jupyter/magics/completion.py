"""Tab: commands, flags, their values, sort fields, and the names of clusters last seen. Never calls the network."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from heco_jupyter.commands.arguments import is_flag
from heco_jupyter.commands.catalog import BY_NAME, CREATE, KEY_STATUSES, STATUSES
from heco_jupyter.commands.line import scan_unfinished

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from IPython.core.completer import SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from heco_jupyter.commands.catalog import Argument, Command
    from heco_jupyter.commands.line import Word

_LINE = re.compile(r"\s*(?:[^%=]+=\s*)?%{0,2}(heco_create|heco)\s+(.*)")
_STATUSES = tuple(map(str.lower, STATUSES))


def install(shell: InteractiveShell) -> None:
    """Add the completion to `shell`."""
    uninstall(shell)
    shell.Completer.custom_matchers.append(heco_matcher)


def uninstall(shell: InteractiveShell) -> None:
    """Remove the completion from `shell`."""
    shell.Completer.custom_matchers[:] = [
        matcher for matcher in shell.Completer.custom_matchers if matcher is not heco_matcher
    ]


@context_matcher()  # type: ignore[untyped-decorator]
def heco_matcher(context: CompletionContext) -> SimpleMatcherResult:
    """Complete a `%heco` line or a `%%heco_create` cell; IPython's matcher API, version 2."""
    if context.cursor_line > 0 and context.full_text.lstrip().startswith("%%heco_create"):
        return _in_cell(context)
    match = _LINE.fullmatch(context.text_until_cursor)
    if match is None:
        return {"completions": []}
    typing = scan_unfinished(match[2])
    if typing is None or not typing[1].is_plain:
        return {"completions": []}
    words, last = typing
    # IPython's own idea of the word being typed ends at a comma; ours, where the line says so.
    return {
        "completions": [SimpleCompletion(text=word, type="magic") for word in candidates(match[1], words, last)],
        "matched_fragment": match[2][last.start :],
        "suppress": True,
    }


def _in_cell(context: CompletionContext) -> SimpleMatcherResult:
    lines = context.full_text.split("\n")[1 : context.cursor_line]
    line = context.text_until_cursor
    return {
        "completions": [SimpleCompletion(text=word, type="field") for word in cell_candidates(lines, line)],
        "matched_fragment": re.split(r"[\s{,]", line)[-1],
        "suppress": True,
    }


def cell_candidates(above: Sequence[str], line: str) -> list[str]:
    """Return the completions of a line of a spec in YAML: fields, or a field's vocabulary.

    Parameters
    ----------
    above
        The lines above it, without the one with the magic.
    line
        The line up to the cursor.
    """
    from heco_jupyter.api.model.fields import BY_PATH, Encoded, FieldKind, children  # noqa: PLC0415

    key, colon, typed = line.strip().partition(":")
    parent = _parent(above, len(line) - len(line.lstrip()))
    if not colon:
        there = {_key(other) for other in above if _parent_of(above, other) == parent}
        return [f"{name}:" for name in children(parent) if name.lower().startswith(key.lower()) and name not in there]
    field = BY_PATH.get(f"{parent}.{key}".lstrip("."))
    if field is None:
        return []
    words = ("true", "false") if field.kind is FieldKind.FLAG else field.choices or field.examples
    words = words if field.base64 is not Encoded.PASSWORD else ("!secret",)
    return _starting(typed.strip(), words)


def _parent(above: Sequence[str], indent: int) -> str:
    """Return the path of the mapping that a line indented so far belongs to."""
    path: list[str] = []
    for line in reversed(above):
        inner = len(line) - len(line.lstrip())
        if line.strip() and not line.lstrip().startswith("#") and inner < indent:
            path.insert(0, _key(line))
            indent = inner
    return ".".join(path)


def _parent_of(above: Sequence[str], line: str) -> str:
    return _parent(above[: list(above).index(line)], len(line) - len(line.lstrip()))


def _key(line: str) -> str:
    return line.strip().partition(":")[0]


def candidates(magic: str, words: Sequence[Word], last: Word) -> list[str]:
    """Return the completions of a word that is being typed, after the magic's name and other words."""
    typed = "".join(piece.text for piece in last.pieces)
    if magic == "heco_create":
        return _starting(typed, _flags(CREATE, words))
    if not words:
        return _starting(typed, BY_NAME)
    command = BY_NAME.get(words[0].typed)
    if command is None:
        return []
    valued = {argument.name: argument for argument in command.arguments if argument.takes_value}
    if flag := valued.get(words[-1].typed):
        return _values(flag, typed)
    if is_flag(last) or last.typed == "-":
        return _starting(typed, _flags(command, words))
    given = sum(not is_flag(word) and before.typed not in valued for before, word in pairwise(words))
    positionals = [argument for argument in command.arguments if not argument.is_flag]
    return _values(positionals[given], typed) if given < len(positionals) else _starting(typed, _flags(command, words))


def _starting(typed: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.lower().startswith(typed.lower())]


def _flags(command: Command, words: Sequence[Word]) -> list[str]:
    given = {word.typed for word in words}
    return [*(a.name for a in command.arguments if a.is_flag and (a.repeats or a.name not in given)), "--help"]


def _values(argument: Argument, typed: str) -> list[str]:
    what = argument.completes
    if what == "cluster":
        return _clusters(typed)
    if "field" in what:
        return _starting(typed, _fields(what))
    return _starting(typed, argument.choices or {"status": _STATUSES, "api key status": KEY_STATUSES}.get(what, ()))


def _fields(what: str) -> list[str]:
    """Return the columns of a list of clusters or VMs, with directions where they are to sort by."""
    from heco_jupyter.api.model.columns import CLUSTER_COLUMNS, VM_COLUMNS  # noqa: PLC0415

    columns = CLUSTER_COLUMNS if what.startswith("cluster") else VM_COLUMNS
    if not what.endswith(",dir"):
        return list(columns)
    return [f"{name},{direction}" for name in columns for direction in ("asc", "desc")]


def _clusters(typed: str) -> list[str]:
    """Return the clusters last seen whose name begins like what was typed, each as it is named in a line."""
    from heco_jupyter.api.model.lookup import as_argument, composed  # noqa: PLC0415

    # If the connection was never imported, nothing was ever listed.
    connection = sys.modules.get("heco_jupyter.api.connection")
    client = connection.connected() if connection else None
    if client is None:
        return []
    start = composed(typed).lower()
    named = ((id_, name) for id_, name in client.names.items() if composed(name).lower().startswith(start))
    return list(dict.fromkeys(word for id_, name in named if (word := as_argument(name, id_, otherwise=""))))
