"""Create specs: every documented rule checked before anything is sent, all problems at once.

`check_spec` takes a mapping and gives a `Spec`, which makes the request's JSON only when it is sent: until then
passwords stay in `Secret`s, and what is shown is `Spec.masked()`.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.errors import Problem, SpecError
from heco_jupyter.api.fields import (
    BY_PATH,
    CONFIG,
    FLAG,
    INTEGER,
    OBJECT,
    PASSWORD,
    TEXTS,
    TWO_NAMES,
    Field,
    children,
)
from heco_jupyter.api.secrets import MASK, Secret, remember
from heco_jupyter.api.text import did_you_mean, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    Path = tuple[str | int, ...]

_DEEPEST = 20
_SHOWN = 40
_PLACEHOLDER = re.compile(r"\s*<[^<>]*>\s*")
_NOT_ENCODED = "is not Base64 of a text: write !secret NAME, !base64 TEXT, or Base64"
REPORTED = object()
"""Stands in a spec where a value was that has been reported as a problem already."""
_ARTICLE = re.compile(r"[aeiou]", re.IGNORECASE)


class Spec:
    """A create request that keeps the rules.

    Parameters
    ----------
    body
        The request's JSON, with `Secret`s where it holds secrets and with what is to be encoded not yet encoded.
    """

    def __init__(self, body: dict[str, Any]) -> None:
        self._body = body

    @property
    def name(self) -> str:
        """The cluster's name."""
        return str(self._body["name"])

    @property
    def worker_count(self) -> int:
        """`workerCnt`."""
        return int(self._body["workerCnt"])

    def secrets(self) -> list[Secret]:
        """Return every secret in it that is still to be asked for."""
        return [value for _, value in _leaves(self._body) if isinstance(value, Secret) and not value.known]

    def wire(self) -> dict[str, Any]:
        """Return the JSON for the wire, secrets and all.

        Raises
        ------
        SpecError
            When a secret turns out to be something that the API would not take.
        """
        return dict(_map_leaves(self._body, _encode))

    def masked(self) -> dict[str, Any]:
        """Return the JSON for showing: as it goes over the wire, with bullets for what is secret."""
        return dict(_map_leaves(self._body, _encode_masked))

    def __repr__(self) -> str:
        return f"Spec({self.name})"


def check_spec(spec: Mapping[str, Any] | Spec, *, allow_unknown: bool = False) -> Spec:
    """Check a create spec against the API's documented rules.

    Checked are required fields, types, vocabularies, ranges, `workerCnt >= config.hdfsReplication`, that one of
    `securityGroupIds` and `securityGroupName` is there, and that what the API wants as Base64 is, or can be, encoded:
    `config.configText` may be a mapping, `config.userScript` the script itself; a password must be Base64 already, or a
    `Secret`.

    Parameters
    ----------
    spec
        Keys are the API's.
    allow_unknown
        Let keys through that are not documented.

    Raises
    ------
    SpecError
        With every problem found.
    """
    checked = try_spec(spec, allow_unknown=allow_unknown)
    del spec  # a traceback can show the arguments of its frames, and these may hold a password
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
    _Checker(problems, allow_unknown=allow_unknown).object(body, "", ())
    _check_together(body, problems)
    return SpecError(problems) if problems else Spec(body)


class _Checker:
    """Checks values field by field, and collects what is wrong."""

    def __init__(self, problems: list[Problem], *, allow_unknown: bool) -> None:
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
                near = did_you_mean(key, known) or "; one that is newer than this package passes with --allow-unknown"
                self._add((*path, key), f"{plain(key, _SHOWN)} is not a field{where}{near}")
        for field in known.values():
            if field.required and field.name not in value:
                self._add((*path, field.name), f"{field.path} is missing: {field.about}")

    def _field(self, value: Any, field: Field, path: Path) -> None:
        if value is REPORTED:
            return
        if wrong := _wrong_kind(value, field):
            self._add(path, f"{field.path} {wrong}")
        elif isinstance(value, dict) and field.base64 == CONFIG:
            self._configurations(value, field.path, path)
        elif isinstance(value, dict):
            self.object(value, field.path, path)
        elif isinstance(value, str) and _PLACEHOLDER.fullmatch(value):
            self._placeholder(value, field, path)
        elif not isinstance(value, Secret):
            self._value(value, field, path)

    def _value(self, value: Any, field: Field, path: Path) -> None:
        if field.kind == INTEGER:
            if field.low is not None and value < field.low:
                self._add(path, f"{field.path} is {value}, it must be {field.low} or more")
            elif field.high is not None and value > field.high:
                self._add(path, f"{field.path} is {value}, it must be {field.low} to {field.high}")
        elif field.kind == TEXTS:
            if not value:
                self._add(path, f"{field.path} is an empty list: give at least one id")
        elif field.kind != FLAG and not value.strip():
            self._add(path, f"{field.path} is empty: give a value, or leave the field out")
        elif field.choices and value not in field.choices:
            choices = f"{' or '.join(field.choices)}{did_you_mean(value, field.choices)}"
            self._add(path, f"{field.path} is {_shown(value)}, it must be {choices}")
        elif field.base64:
            self._encoded(value, field, path)

    def _encoded(self, value: str, field: Field, path: Path) -> None:
        if field.base64 == PASSWORD:
            remember(value)
            decoded = _decoded_text(value)
            if decoded:
                remember(decoded)
            else:
                self._add(path, f"{field.path} {_NOT_ENCODED}")
        elif field.base64 == CONFIG:
            text = _decoded_text(value) or value
            try:
                config = json.loads(text)
            except (ValueError, RecursionError):
                self._add(path, f"{field.path} is neither a mapping, nor JSON, nor Base64 of JSON")
            else:
                self._configurations(config, field.path, path)

    def _placeholder(self, value: str, field: Field, path: Path) -> None:
        if field.base64 == PASSWORD:  # unless it only looks like a placeholder
            remember(value)
            instead = "!secret NAME or real Base64"
        else:
            instead = "the value itself or real Base64" if field.base64 else "the value itself"
        shown = "a placeholder" if field.base64 == PASSWORD else f"the placeholder {_shown(value)}"
        self._add(path, f"{field.path} is {shown}, as in the documentation: put {instead} in its place")

    def _configurations(self, config: Any, name: str, path: Path) -> None:
        """Check the one documented form of settings."""
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
        shown = field.kind in (FLAG, INTEGER, OBJECT, TEXTS) or field.path == "name"
        return f"is a secret, it must be {field.kind}" if shown else None
    if _is(value, field.kind) or (field.base64 == CONFIG and isinstance(value, dict)):
        return None
    if field.base64 == PASSWORD:
        return _NOT_ENCODED
    if field.kind == OBJECT:
        return f"is not {field.kind}"
    return f"is {_shown(value)}, it must be {field.kind}{_quote_hint(value, field)}"


def _check_together(body: dict[str, Any], problems: list[Problem]) -> None:
    """Check the rules between fields."""
    workers, config = body.get("workerCnt"), body.get("config")
    replication = config.get("hdfsReplication") if isinstance(config, dict) else None
    if _is(workers, INTEGER) and _is(replication, INTEGER) and workers < replication:  # type: ignore[operator]
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


def _is(value: Any, kind: str) -> bool:
    if kind == FLAG:
        return isinstance(value, bool)
    if kind == INTEGER:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == OBJECT:
        return isinstance(value, dict)
    if kind == TEXTS:
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
    if isinstance(value, bool | int | float) and field.kind not in (FLAG, INTEGER, OBJECT, TEXTS):
        return f': quote it, "{json.dumps(value)}"'
    if field.kind == TEXTS and isinstance(value, str):
        return ": put it in brackets, [ID]"
    return ""


def _plain_json(value: Any, path: Path, problems: list[Problem]) -> Any:  # noqa: PLR0911 (one for each type)
    """Return `value` as JSON's own types, `Secret`s apart, noting what is not JSON."""
    if len(path) > _DEEPEST:
        problems.append(Problem(path[:3], f"{_dotted(path[:3])} is nested more than {_DEEPEST} deep"))
        return REPORTED
    if isinstance(value, Mapping):
        where = _dotted(path) or "the spec"
        odd = [key for key in value if not isinstance(key, str)]
        problems.extend(Problem(path, f"the key {_shown(key)} in {where} is not text: quote it") for key in odd)
        return {str(key): _plain_json(item, (*path, str(key)), problems) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_plain_json(item, (*path, index), problems) for index, item in enumerate(value)]
    if value is None or value is REPORTED or isinstance(value, str | bool | Secret):
        return value
    if isinstance(value, Integral):  # numpy's integers too
        return int(value)
    if type(value).__name__ in ("bool_", "bool"):  # numpy's
        return bool(value)
    if isinstance(value, Real) and math.isfinite(value):
        return float(value)
    problems.append(Problem(path, f"{_dotted(path)} is {_shown(value)}, which JSON cannot carry"))
    return REPORTED


def _dotted(path: Path) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value


def _map_leaves(value: Any, encode: Any, path: Path = ()) -> Any:
    """Return a copy with `encode(value, field)` for every leaf; what is encoded as one text counts as a leaf."""
    field = BY_PATH.get(_dotted(path))
    if isinstance(value, dict) and not (field and field.base64):
        return {key: _map_leaves(item, encode, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_map_leaves(item, encode, (*path, index)) for index, item in enumerate(value)]
    return encode(value, field)


def _encode(value: Any, field: Field | None) -> Any:
    if isinstance(value, dict):  # only what is encoded as one text comes here
        value = json.dumps(_map_leaves(value, _encode), ensure_ascii=False)
    elif isinstance(value, Secret):
        value = value.reveal()
        if field and field.base64 == PASSWORD:
            return _base64(value)
    if field is None or field.base64 is None:
        return value
    if field.base64 == PASSWORD:
        return "".join(value.split())
    decoded = _decoded_text(value)
    if field.base64 == CONFIG and decoded is not None and not decoded.lstrip().startswith("{"):
        decoded = None
    return _base64(value) if decoded is None else "".join(value.split())


def _encode_masked(value: Any, field: Field | None) -> Any:
    if isinstance(value, Secret) or (field and field.base64 == PASSWORD):
        return MASK
    if isinstance(value, dict) and any(isinstance(leaf, Secret) for _, leaf in _leaves(value)):
        return f"{MASK} (Base64 of settings that hold a secret)"
    return _encode(value, field)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded_text(value: str) -> str | None:
    """Return the text that `value` is the Base64 of, or None; line breaks, as `base64` prints them, do not count."""
    try:
        text = base64.b64decode("".join(value.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    fine = text and all(character.isprintable() or character in "\n\r\t" for character in text)
    return text if fine else None
