"""Create specs: every documented rule checked before anything is sent, and all problems reported at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.masking import MASK, Secret, mask, remember
from heco_jupyter.api.display.text import did_you_mean, is_harmless, plain
from heco_jupyter.api.model.errors import Problem, SpecError
from heco_jupyter.api.model.fields import TWO_NAMES, Encoded, Field, FieldKind, children
from heco_jupyter.api.spec.base64_text import NOT_ENCODED, WINDOWS_LINES, encoding_of, ends_in_newline, settings_in
from heco_jupyter.api.spec.characters import SURROGATE, lookalike
from heco_jupyter.api.spec.encoding import Spec
from heco_jupyter.api.spec.mistakes import missing_colon, starts_with_field
from heco_jupyter.api.spec.settings import form_problems, secret_variable, secrets_in, worth_remembering
from heco_jupyter.api.spec.values import REPORTED, Brought, Written, as_json, dotted, shown
from heco_jupyter.api.spec.vocabulary import documentation_placeholder, wire_word

if TYPE_CHECKING:
    Path = tuple[str | int, ...]

_SHOWN = 40
_SHEBANG = 2  # words: #!/bin/bash -e
_SQL_COMMENT = re.compile(r"(^|\s)--")
_ANYTHING = "; --allow-unknown accepts a field that is newer than this package"


def check_spec(
    spec: Mapping[str, Any] | Spec, *, allow_unknown: bool = False, written: Mapping[Path, Written] | None = None
) -> Spec:
    """Check a create spec against the API's documented rules.

    The rules are about required fields, types, vocabularies and ranges; `workerCnt >= config.hdfsReplication`; one of
    `securityGroupIds` and `securityGroupName`; and Base64: `config.configText` may also be a mapping and
    `config.userScript` the script itself, a password must be Base64 or a `Secret`.

    Parameters
    ----------
    spec
        Keys are the API's.
    allow_unknown
        Accept any mapping, for an API that is newer than this package: what breaks a documented rule is a note. What
        cannot be sent as it was meant, such as a password that is not Base64, is refused all the same.
    written
        How the scalars were written, by place, where the spec was read from YAML.

    Raises
    ------
    SpecError
        When there are problems; it holds all of them.
    """
    checked = try_spec(spec, allow_unknown=allow_unknown, written=written)
    del spec  # a traceback can show arguments, and this one may hold a password
    if isinstance(checked, SpecError):
        raise checked
    return checked


def try_spec(
    spec: Mapping[str, Any] | Spec, *, allow_unknown: bool = False, written: Mapping[Path, Written] | None = None
) -> Spec | SpecError:
    """Check a create spec as `check_spec` does, and return the error instead of raising it."""
    if isinstance(spec, Spec):
        return spec
    problems: list[Problem] = []
    if not isinstance(spec, Mapping):
        message = f"the spec is {shown(spec)}, not a mapping of the API's fields to values"  # type: ignore[unreachable]
        return SpecError([Problem((), message)])
    body = as_json(spec, written or {}, problems)
    checker = _Checker(problems, written or {}, allow_unknown=allow_unknown)
    checker.object(body, "", ())
    checker.together(body)
    if problems:
        # What was refused may be an ordinary word, so it is masked here and not for the rest of the session.
        return SpecError([replace(found, message=mask(found.message, also=checker.secrets)) for found in problems])
    for secret in checker.secrets:
        remember(secret)
    return Spec(body, tuple(checker.notes), tuple(checker.offers))


class _Checker:
    """Checks values field by field, and collects the problems, the notes and the offers."""

    def __init__(self, problems: list[Problem], written: Mapping[Path, Written], *, allow_unknown: bool) -> None:
        self.secrets: list[str] = []
        self.notes: list[Problem] = []
        self.offers: list[Problem] = []
        self._problems = problems
        self._written = written
        self._allow_unknown = allow_unknown

    def object(self, value: dict[str, Any], parent: str, path: Path) -> None:
        known = children(parent)
        for key, item in value.items():
            field = known.get(key)
            if field is not None:
                self._field(item, field, (*path, key))
            else:
                self._unknown(key, item, parent, path)
                self._texts(item, (*path, key), is_known=False)
        missing = [field for field in known.values() if field.required and field.name not in value]
        if missing and self._allow_unknown:
            self._note(path, f"missing, and required until now: {', '.join(field.path for field in missing)}")
        elif missing:
            for field in missing:
                self._problem((*path, field.name), f"{field.path} is missing: {field.about}")

    def _unknown(self, key: str, value: Any, parent: str, path: Path) -> None:
        where, known = f" in {parent}" if parent else "", children(parent)
        near = did_you_mean(key, known)
        if odd := lookalike(key, syntax=True):
            self._problem((*path, key), f"the key {plain(key, _SHOWN)}{where} has {odd}")
        elif value is None and starts_with_field(key) in known:  # {hdfsReplication 3, hdfsBlockSize: 128}
            self._problem((*path, key), missing_colon(key))
        else:
            hint = near or ("" if self._allow_unknown else _ANYTHING)
            self._rule((*path, key), f"{plain(key, _SHOWN)} is not a field{where}{hint}")

    def _field(self, value: Any, field: Field, path: Path) -> None:
        if value is REPORTED:
            return
        if wrong := _wrong_kind(value, field):
            is_doubtful = isinstance(value, Secret) or field.base64 is Encoded.PASSWORD
            (self._problem if is_doubtful else self._rule)(path, f"{field.path} {wrong}")
            if not is_doubtful:
                self._texts(value, path, is_known=False)
        elif isinstance(value, Secret):
            self._secret(value, field, path)
        elif isinstance(value, dict) and field.base64 is Encoded.CONFIG:
            self._settings(value, field, path)
        elif isinstance(value, dict):
            self.object(value, field.path, path)
        elif isinstance(value, str):
            self._text(value, field, path)
        elif field.kind is FieldKind.TEXTS:
            self._texts(value, path, is_free=False)
        elif field.kind is FieldKind.INTEGER:
            self._number(value, field, path)

    def _number(self, value: int, field: Field, path: Path) -> None:
        if field.low is not None and value < field.low:
            self._rule(path, f"{field.path} is {value}, it must be {field.low} or more")
        elif field.high is not None and value > field.high:
            self._rule(path, f"{field.path} is {value}, it must be {field.low} to {field.high}")

    def _text(self, value: str, field: Field, path: Path) -> None:
        is_password = field.base64 is Encoded.PASSWORD
        if is_password:  # a refusal must not repeat it
            self.secrets.append(value)
        if not value.strip():
            self._rule(path, f"{field.path} is empty: give a value, or leave the field out")
        elif documentation_placeholder(value) and (is_password or not field.base64 or value.strip().startswith("<")):
            self._placeholder(value, field, path)
        elif MASK in value:
            self._problem(path, f"{field.path} has the bullets that hide a secret: put !secret NAME in their place")
        elif field.choices and value not in field.choices:
            choices = f"{' or '.join(field.choices)}{did_you_mean(value, field.choices)}"
            self._rule(path, f"{field.path} is {shown(value)}, it must be {choices}")
        elif field.base64:
            self._encoded(value, field, path)
        elif word := wire_word(field, value):
            self._rule(path, f"{field.path} is {shown(value)}, did you mean {word}?")
        elif self._written.get(path, Written()).is_folded and _SQL_COMMENT.search(value) and field.name == "hiveQuery":
            self._problem(path, f"{field.path} is folded into one line, of which -- makes a comment: write it below |")
        else:
            self._characters(value, path, is_free=field.is_free)

    def _encoded(self, value: str, field: Field, path: Path) -> None:
        assert field.base64  # noqa: S101 (for the type checker)
        encoding = encoding_of(value, field.base64)
        if field.base64 is Encoded.PASSWORD:
            self.secrets += [text for text in (encoding.content.decode("utf-8", "replace"), encoding.encoded) if text]
        if encoding.problem:
            self._problem(path, f"{field.path} {encoding.problem}")
            return
        for note in encoding.notes:
            self._note(path, f"{field.path} {note}")
        if field.base64 is Encoded.CONFIG:
            self._settings(settings_in(encoding.content), field, path)
        elif field.base64 is Encoded.SCRIPT and encoding.was_text:
            self._script(value, field, path)

    def _script(self, value: str, field: Field, path: Path) -> None:
        written = self._written.get(path, Written())
        if written.is_folded:
            self._problem(
                path, f"{field.path} has its lines folded into one, as > does: write it below {field.name}: |"
            )
        elif value.startswith("#!") and "\n" not in value.strip() and len(value.split()) > _SHEBANG:
            self._problem(
                path,
                f"{field.path} is one line, which #! makes a comment: write it below {field.name}: |, line by line",
            )
        elif written.has_windows_lines:
            self._note(path, f"{field.path} {WINDOWS_LINES}")
        self._characters(value, path, is_free=True)

    def _settings(self, settings: Any, field: Field, path: Path) -> None:
        for place, message in form_problems(settings, field.path):
            self._rule((*path, *place), message)
        self._texts(settings, path)
        for place, secret in secrets_in(settings):
            name = str(place[-1]) if place else field.name
            if worth_remembering(secret):
                self.secrets.append(secret)
            if not isinstance(secret, Brought) and secret != MASK:
                instead = f"in a mapping, !secret {secret_variable(name)} takes its place"
                message = f"{plain(name, 80)} is a secret, written out: {instead}"
                self.offers.append(Problem((*path, *place), message))

    def _secret(self, secret: Secret, field: Field, path: Path) -> None:
        """Check a secret, if it is known yet, without a word of what it is."""
        text = secret.reveal() if secret.known else ""
        if SURROGATE.search(text):
            self._problem(path, f"{field.path}: !secret {secret.name} holds half a character, which cannot be sent")
        elif field.base64 is Encoded.PASSWORD:
            if problem := ends_in_newline(text):
                self._problem(path, f"{field.path}: !secret {secret.name} {problem}")
        elif field.base64 and text:
            encoding = encoding_of(text, field.base64)
            if encoding.problem:
                self._problem(path, f"{field.path}: !secret {secret.name} {encoding.problem}")
            elif field.base64 is Encoded.CONFIG:
                for _, message in form_problems(settings_in(encoding.content), field.path):
                    self._rule(path, message)

    def _texts(self, value: Any, path: Path, *, is_free: bool = True, is_known: bool = True) -> None:
        """Check the texts in what is no text itself: placeholders and bullets where it is known, look-alikes."""
        if isinstance(value, dict):
            for key, item in value.items():
                self._characters(key, (*path, key), is_free=True)
                self._texts(item, (*path, key), is_free=is_free, is_known=is_known)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._texts(item, (*path, index), is_free=is_free, is_known=is_known)
        elif isinstance(value, Secret) and value.known and SURROGATE.search(value.reveal()):
            self._problem(path, f"{dotted(path)}: !secret {value.name} holds half a character, which cannot be sent")
        elif isinstance(value, str) and is_known and MASK in value:
            self._problem(path, f"{dotted(path)} has the bullets that hide a secret: put !secret NAME in their place")
        elif isinstance(value, str) and is_known and documentation_placeholder(value):
            self._problem(path, f"{dotted(path)} is a placeholder, as in the documentation: put the value in its place")
        elif isinstance(value, str):
            self._characters(value, path, is_free=is_free)

    def _characters(self, value: str, path: Path, *, is_free: bool) -> None:
        name = dotted(path)
        if odd := lookalike(value):
            if is_free:
                self._note(path, f"{name} has {odd.partition(':')[0]} in it, which is sent as it is")
            else:
                self._problem(path, f"{name} has {odd}")
        elif not is_free and not is_harmless(value):
            letter = next(letter for letter in value if not is_harmless(letter))
            what = "a line end" if letter in "\r\n" else "an invisible character"
            self._problem(path, f"{name} has {what} (U+{ord(letter):04X}) in it: leave it out")
        elif not is_free and self._written.get(path, Written()).is_folded:
            self._problem(path, f"{name} goes on in the next line: is a colon missing there? Or quote it, on one line")

    def _placeholder(self, value: str, field: Field, path: Path) -> None:
        if field.base64 is Encoded.PASSWORD:  # unless it only looks like a placeholder
            instead = "!secret NAME or real Base64"
        else:
            instead = "the value itself or real Base64" if field.base64 else "the value itself"
        what = "a placeholder" if field.base64 is Encoded.PASSWORD else f"the placeholder {shown(value)}"
        if documentation_placeholder(value) != value.strip():
            what = f"{shown(value)} with the placeholder {documentation_placeholder(value)}"
        self._problem(path, f"{field.path} is {what}, as in the documentation: put {instead} in its place")

    def together(self, body: dict[str, Any]) -> None:
        """Check the rules between fields."""
        workers, config = body.get("workerCnt"), body.get("config")
        replication = config.get("hdfsReplication") if isinstance(config, dict) else None
        if _is(workers, FieldKind.INTEGER) and _is(replication, FieldKind.INTEGER) and workers < replication:  # type: ignore[operator]
            message = f"workerCnt is {workers}, config.hdfsReplication is {replication}: workers cannot be fewer"
            self._rule(("workerCnt",), message)
        groups = [name for name in ("securityGroupIds", "securityGroupName") if name in body]
        if not groups:
            message = "securityGroupIds or securityGroupName is missing: existing groups, or the name of one to be made"
            self._rule(("securityGroupIds",), message)
        for names in (("securityGroupIds", "securityGroupName"), *TWO_NAMES):
            paths = [tuple(name.split(".")) for name in names]
            if all(_at(body, path) is not None for path in paths):
                self._rule(paths[1], f"{names[0]} and {names[1]} are both given: give one of them")

    def _rule(self, path: Path, message: str) -> None:
        """Add what breaks a documented rule, which a newer API may not have."""
        (self._note if self._allow_unknown else self._problem)(path, message)

    def _problem(self, path: Path, message: str) -> None:
        self._problems.append(Problem(path, message))

    def _note(self, path: Path, message: str) -> None:
        self.notes.append(Problem(path, message))


def _wrong_kind(value: Any, field: Field) -> str | None:
    """Return what is wrong with the type of a value, if anything; never what could be a password."""
    if value is None or value == []:
        hint = "; after a colon, # begins a comment" if field.base64 is Encoded.SCRIPT else ""
        return f"is {'empty' if value is None else 'an empty list'}: give a value, or leave the field out{hint}"
    if isinstance(value, Secret):
        is_shown = (
            field.kind in (FieldKind.FLAG, FieldKind.INTEGER, FieldKind.OBJECT, FieldKind.TEXTS) or field.path == "name"
        )
        return f"is a secret, it must be {field.kind.value}" if is_shown else None
    if _is(value, field.kind) or (field.base64 is Encoded.CONFIG and isinstance(value, dict)):
        return None
    if field.base64 is Encoded.PASSWORD:
        return NOT_ENCODED
    if field.kind is FieldKind.OBJECT:
        name = starts_with_field(value) if isinstance(value, str) else ""
        return f"is not {field.kind.value}{f': {missing_colon(value)}' if name in children(field.path) else ''}"
    return f"is {shown(value)}, it must be {field.kind.value}{_quote_hint(value, field)}"


def _at(body: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None
    return body


def _is(value: Any, kind: FieldKind) -> bool:
    if kind is FieldKind.FLAG:
        return isinstance(value, bool)
    if kind is FieldKind.INTEGER:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is FieldKind.OBJECT:
        return isinstance(value, dict)
    if kind is FieldKind.TEXTS:
        return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)
    return isinstance(value, str)


def _quote_hint(value: Any, field: Field) -> str:
    if isinstance(value, bool | int | float) and field.kind not in (
        FieldKind.FLAG,
        FieldKind.INTEGER,
        FieldKind.OBJECT,
        FieldKind.TEXTS,
    ):
        return ": quote it" if isinstance(value, float) else f': quote it, "{json.dumps(value)}"'
    if field.kind is FieldKind.TEXTS and isinstance(value, str):
        return ": put it in brackets, [ID]"
    return ""
