"""The commands that create a cluster, from a file or from a cell."""

from __future__ import annotations

import builtins
from keyword import iskeyword
from pathlib import Path
from typing import TYPE_CHECKING

from heco_jupyter.api.connection import current
from heco_jupyter.api.display.masking import Hidden, mask
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError, SpecError
from heco_jupyter.api.model.plans import CreatePlan, Preview
from heco_jupyter.api.spec.checking import check_spec
from heco_jupyter.api.spec.files import read_text
from heco_jupyter.api.spec.reading import read_spec
from heco_jupyter.api.spec.tags import OWN, Trust
from heco_jupyter.api.writes.goals import USUAL_CREATE
from heco_jupyter.commands.changing import waited

if TYPE_CHECKING:
    from argparse import Namespace

    from heco_jupyter.api.display.masking import Secret
    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.errors import Problem
    from heco_jupyter.api.spec.encoding import Spec
    from heco_jupyter.api.spec.reading import Document
    from heco_jupyter.api.spec.tags import Source
    from heco_jupyter.commands.context import CommandContext

_TOLD = 20
_RESERVED = frozenset({"get_ipython", "In", "Out", "exit", "quit"})  # IPython's own


def create_from_file(context: CommandContext, options: Namespace) -> Cluster | Preview:
    """Create a cluster from a spec in a file."""
    path: Path = options.file
    trust = Trust(files=options.allow_files, env=options.allow_env)
    return _create(context, options, Hidden(read_text(path)), first_line=1, folder=path.parent, trust=trust)


def create_from_cell(context: CommandContext, options: Namespace) -> Cluster | Preview:
    """Create a cluster from the spec in `options.body`, and bind it to the variable `options.name`."""
    name = options.name
    if name is not None and not _is_free(name):
        raise CommandError(
            f"%%heco_create: {plain(name, 40)!r} cannot be the name of a variable for the result",
            hint="after %%heco_create comes a Python name, such as etl; the cluster's name goes into the cell",
        )
    made = _create(context, options, options.body, first_line=2, folder=Path())
    if name is not None:
        context.variables[name] = made
    return made


def _create(
    context: CommandContext, options: Namespace, body: str, *, first_line: int, folder: Path, trust: Trust = OWN
) -> Cluster | Preview:
    document = read_spec(body, first_line=first_line, variables=context.variables, folder=folder, trust=trust)
    spec = _checked(document, options)
    client = current()
    _tell(context, document, spec, is_own=trust is OWN)
    if options.dry_run:
        return client.preview(CreatePlan(spec))
    if unknown := spec.secrets():
        for secret in unknown:
            _ask_for(secret, context)
        spec = _checked(document, options)
    made = client.create_cluster(spec)
    if not options.wait:
        return made.with_note(f"{made.note}; {USUAL_CREATE}")
    return waited(context, options, client, made, "running")


def _checked(document: Document, options: Namespace) -> Spec:
    """Return the checked spec, or raise everything that is wrong, by line."""
    problems = list(document.problems)
    try:
        spec = check_spec(document.data, allow_unknown=options.allow_unknown, written=document.written)
    except SpecError as error:
        problems += error.problems
    if problems:
        raise SpecError(_by_line(document, problems))
    return spec


def _tell(context: CommandContext, document: Document, spec: Spec, *, is_own: bool) -> None:
    """Say what a spec takes from outside, and what became of what it says, before anything is sent."""
    kinds = ("!file", "!env") if is_own else ("!file", "!env", "!secret", "$")
    taken = [_source_words(source) for source in document.sources if source.kind in kinds]
    notes = [str(note) for note in _by_line(document, [*spec.notes, *spec.offers])]
    taken, notes = list(dict.fromkeys(taken)), list(dict.fromkeys(notes))
    more = len(notes) - _TOLD  # of what is taken from outside, none is left out
    for line in [*taken, *notes[:_TOLD], *([f"and {more} more"] if more > 0 else [])]:
        context.notice(mask(plain(line)))


def _source_words(source: Source) -> str:
    name = plain(source.name, 200)
    what = {"!file": name, "!env": f"the environment variable {name}", "!secret": f"the secret {name}"}
    field = next((key for key in reversed(source.place) if isinstance(key, str)), "")
    return f"reads {what.get(source.kind, f'the variable {name}')}, sends it as {plain(field, 80)}"


def _by_line(document: Document, problems: list[Problem]) -> list[Problem]:
    return sorted(map(document.located, problems), key=lambda problem: problem.line or 0)


def _is_free(name: str) -> bool:
    """Return whether a variable of that name can be set without harm."""
    taken = iskeyword(name) or name in _RESERVED or hasattr(builtins, name)
    return name.isidentifier() and not taken


def _ask_for(secret: Secret, context: CommandContext) -> None:
    text = context.ask(f"{secret.name} (hidden): ", hidden=True)
    if not text:
        raise CommandError(
            f"!secret {secret.name}: {'nothing was entered' if text == '' else 'there is nobody to ask'}",
            hint=f"set the environment variable {secret.name} before the kernel starts, or enter it when asked",
        )
    secret.fill(text)
