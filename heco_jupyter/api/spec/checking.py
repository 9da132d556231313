"""Create specs: every documented rule checked before anything is sent, and all problems reported at once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.masking import Secret, mask, remember
from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.model.errors import Problem, SpecError
from heco_jupyter.api.model.fields import TWO_NAMES, Encoded, Field, FieldKind, children
from heco_jupyter.api.spec.encoding import Spec, decoded_text, dotted

if TYPE_CHECKING:
    Path = tuple[str | int, ...]

_DEEPEST = 20
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHOWN = 40
_PLACEHOLDER = re.compile(r"\s*<[^<>]*>\s*")
_NOT_ENCODED = "is not Base64 of a text: write !secret NAME, !base64 TEXT, or Base64"
REPORTED = object()
"""Stands in a spec for a value that has already been reported as a problem."""
_ARTICLE = re.compile(r"[aeiou]", re.IGNORECASE)


def check_spec(spec: Mapping[str, Any] | Spec, *, allow_unknown: bool = False) -> Spec:
    """Check a create spec against the API's documented rules.

    The rules are about required fields, types, vocabularies and ranges; `workerCnt >= config.hdfsReplication`; one of
    `securityGroupIds` and `securityGroupName`; and Base64: `config.configText` may also be a mapping and
    `config.userScript` the script itself, a password must be Base64 or a `Secret`.

    Parameters
    ----------
    spec
        Keys are the API's.
    allow_unknown
        Accept keys that are not documented.

    Raises
    ------
    SpecError
        When there are problems; it holds all of them.
    """
    checked = try_spec(spec, allow_unknown=allow_unknown)
    del spec  # a traceback can show arguments, and this one may hold a password
    if isinstance(checked, SpecError):
        raise checked
    return checked


def try_spec(spec: Mapping[str, Any] | Spec, *, allow_unknown: bool = False) -> Spec | SpecError:
    """Check a create spec as `check_spec` does, and return the error instead of raising it."""
    if isinstance(spec, Spec):
        return spec
    problems: list[Problem] = []
    if not isinstance(spec, Mapping):
        message = f"the spec is {_shown(spec)}, not a mapping of the API's fields to values"  # type: ignore[unreachable]
        return SpecError([Problem((), message)])
    body = _plain_json(spec, (), problems)
    checker = _Checker(problems, allow_unknown=allow_unknown)
    checker.object(body, "", ())
    _check_together(body, problems)
    if problems:
        # What was refused may be an ordinary word, so it is masked here and not for the rest of the session.
        return SpecError([replace(found, message=mask(found.message, also=checker.passwords)) for found in problems])
    for password in checker.passwords:
        remember(password)
    return Spec(body)


class _Checker:
    """Checks values field by field, and collects the problems."""

    def __init__(self, problems: list[Problem], *, allow_unknown: bool) -> None:
        self.passwords: list[str] = []
        self._problems = problems
        self._allow_unknown = allow_unknown

    def object(self, value: dict[str, Any], parent: str, path: Path) -> None:
        known = children(parent)
        for key, item in value.items():
            field = known.get(key)
            if field is not None:
                self._field(item, field, (*path, key))
            elif not self._allow_unknown:
                where = f" in {parent}" if parent else ""
                near = did_you_mean(key, known) or "; --allow-unknown accepts a field that is newer than this package"
                self._add((*path, key), f"{plain(key, _SHOWN)} is not a field{where}{near}")
        for field in known.values():
            if field.required and field.name not in value:
                self._add((*path, field.name), f"{field.path} is missing: {field.about}")

    def _field(self, value: Any, field: Field, path: Path) -> None:
        if value is REPORTED:
            return
        if wrong := _wrong_kind(value, field):
            self._add(path, f"{field.path} {wrong}")
        elif isinstance(value, dict) and field.base64 is Encoded.CONFIG:
            self._configurations(value, field.path, path)
        elif isinstance(value, dict):
            self.object(value, field.path, path)
        elif isinstance(value, str) and _PLACEHOLDER.fullmatch(value):
            self._placeholder(value, field, path)
        elif not isinstance(value, Secret):
            self._value(value, field, path)

    def _value(self, value: Any, field: Field, path: Path) -> None:
        if field.kind is FieldKind.INTEGER:
            if field.low is not None and value < field.low:
                self._add(path, f"{field.path} is {value}, it must be {field.low} or more")
            elif field.high is not None and value > field.high:
                self._add(path, f"{field.path} is {value}, it must be {field.low} to {field.high}")
        elif field.kind is FieldKind.TEXTS:
            if not value:
                self._add(path, f"{field.path} is an empty list: give at least one id")
        elif field.kind is not FieldKind.FLAG and not value.strip():
            self._add(path, f"{field.path} is empty: give a value, or leave the field out")
        elif field.choices and value not in field.choices:
            choices = f"{' or '.join(field.choices)}{did_you_mean(value, field.choices)}"
            self._add(path, f"{field.path} is {_shown(value)}, it must be {choices}")
        elif field.base64:
            self._encoded(value, field, path)

    def _encoded(self, value: str, field: Field, path: Path) -> None:
        if field.base64 is Encoded.PASSWORD:
            self.passwords.append(value)
            decoded = decoded_text(value)
            if decoded:
                self.passwords.append(decoded)
            else:
                self._add(path, f"{field.path} {_NOT_ENCODED}")
        elif field.base64 is Encoded.CONFIG:
            text = decoded_text(value) or value
            try:
                config = json.loads(text)
            except (ValueError, RecursionError):
                self._add(path, f"{field.path} is neither a mapping, nor JSON, nor Base64 of JSON")
            else:
                self._configurations(config, field.path, path)

    def _placeholder(self, value: str, field: Field, path: Path) -> None:
        if field.base64 is Encoded.PASSWORD:  # unless it only looks like a placeholder
            self.passwords.append(value)
            instead = "!secret NAME or real Base64"
        else:
            instead = "the value itself or real Base64" if field.base64 else "the value itself"
        shown = "a placeholder" if field.base64 is Encoded.PASSWORD else f"the placeholder {_shown(value)}"
        self._add(path, f"{field.path} is {shown}, as in the documentation: put {instead} in its place")

    def _configurations(self, config: Any, name: str, path: Path) -> None:
        """Check the documented form of settings."""
        form = "{configurations: [{classification: core-site, properties: {...}}]}"
        items = config.get("configurations") if isinstance(config, dict) else None
        if not isinstance(items, list):
            self._add(path, f"{name} has no list called configurations: it must be {form}")
            return
        for index, item in enumerate(items):
            here = (*path, "configurations", index)
            if not isinstance(item, dict) or not isinstance(item.get("classification"), str):
                self._add(here, f"{name}.configurations[{index}] names no classification: it must be {form}")
            elif not isinstance(item.get("properties"), dict):
                self._add(here, f"{name}.configurations[{index}] has no mapping called properties: it must be {form}")

    def _add(self, path: Path, message: str) -> None:
        self._problems.append(Problem(path, message))


def _wrong_kind(value: Any, field: Field) -> str | None:
    """Return what is wrong with the type of a value, if anything; never what could be a password."""
    if value is None:
        return "is empty: give a value, or leave the field out"
    if isinstance(value, Secret):
        shown = (
            field.kind in (FieldKind.FLAG, FieldKind.INTEGER, FieldKind.OBJECT, FieldKind.TEXTS) or field.path == "name"
        )
        return f"is a secret, it must be {field.kind.value}" if shown else None
    if _is(value, field.kind) or (field.base64 is Encoded.CONFIG and isinstance(value, dict)):
        return None
    if field.base64 is Encoded.PASSWORD:
        return _NOT_ENCODED
    if field.kind is FieldKind.OBJECT:
        return f"is not {field.kind.value}"
    return f"is {_shown(value)}, it must be {field.kind.value}{_quote_hint(value, field)}"


def _check_together(body: dict[str, Any], problems: list[Problem]) -> None:
    """Check the rules between fields."""
    workers, config = body.get("workerCnt"), body.get("config")
    replication = config.get("hdfsReplication") if isinstance(config, dict) else None
    if _is(workers, FieldKind.INTEGER) and _is(replication, FieldKind.INTEGER) and workers < replication:  # type: ignore[operator]
        message = f"workerCnt is {workers}, config.hdfsReplication is {replication}: workers cannot be fewer"
        problems.append(Problem(("workerCnt",), message))
    groups = [name for name in ("securityGroupIds", "securityGroupName") if name in body]
    if not groups:
        message = "securityGroupIds or securityGroupName is missing: existing groups, or the name of one to be made"
        problems.append(Problem(("securityGroupIds",), message))
    for names in (("securityGroupIds", "securityGroupName"), *TWO_NAMES):
        paths = [tuple(name.split(".")) for name in names]
        if all(_at(body, path) is not None for path in paths):
            problems.append(Problem(paths[1], f"{names[0]} and {names[1]} are both given: give one of them"))


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


def _shown(value: Any) -> str:
    """Return a value as an error names it."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "empty"
    if isinstance(value, str | bool | int | float):
        return plain(json.dumps(value, ensure_ascii=False), _SHOWN)
    name = type(value).__name__
    return f"{'an' if _ARTICLE.match(name) else 'a'} {name}"


def _quote_hint(value: Any, field: Field) -> str:
    if isinstance(value, bool | int | float) and field.kind not in (
        FieldKind.FLAG,
        FieldKind.INTEGER,
        FieldKind.OBJECT,
        FieldKind.TEXTS,
    ):
        return f': quote it, "{json.dumps(value)}"'
    if field.kind is FieldKind.TEXTS and isinstance(value, str):
        return ": put it in brackets, [ID]"
    return ""


def _plain_json(value: Any, path: Path, problems: list[Problem]) -> Any:  # noqa: PLR0911 (one for each type)
    """Return `value` as JSON's own types, `Secret`s apart, noting what is not JSON."""
    if len(path) > _DEEPEST:
        problems.append(Problem(path[:3], f"{dotted(path[:3])} is nested more than {_DEEPEST} deep"))
        return REPORTED
    if isinstance(value, Mapping):
        where = dotted(path) or "the spec"
        odd = [key for key in value if not isinstance(key, str)]
        problems.extend(Problem(path, f"the key {_shown(key)} in {where} is not text: quote it") for key in odd)
        return {str(key): _plain_json(item, (*path, str(key)), problems) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_plain_json(item, (*path, index), problems) for index, item in enumerate(value)]
    if isinstance(value, str) and _SURROGATE.search(value):
        problems.append(Problem(path, f"{dotted(path)} holds half a character, which cannot be sent: type it again"))
        return REPORTED
    if value is None or value is REPORTED or isinstance(value, str | bool | Secret):
        return value
    if isinstance(value, Integral):  # numpy's integers too
        return int(value)
    if type(value).__name__ in ("bool_", "bool"):  # numpy's
        return bool(value)
    if isinstance(value, Real) and math.isfinite(value):
        return float(value)
    problems.append(Problem(path, f"{dotted(path)} is {_shown(value)}, which JSON cannot carry"))
    return REPORTED
