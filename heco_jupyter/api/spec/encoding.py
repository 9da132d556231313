"""A checked create request: its JSON for the wire, and its JSON for showing.

The JSON for the wire is made only when it is sent: until then passwords stay in `Secret`s.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.masking import MASK, Secret
from heco_jupyter.api.model.fields import BY_PATH, Encoded, Field
from heco_jupyter.api.spec.base64_text import encode, encoding_of, settings_in
from heco_jupyter.api.spec.settings import assigned_secrets, is_secret, secrets_in, without_assigned_secrets
from heco_jupyter.api.spec.values import Brought, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heco_jupyter.api.model.errors import Problem

    Path = tuple[str | int, ...]


class Spec:
    """A checked create request.

    Parameters
    ----------
    body
        The request's JSON before encoding, with `Secret`s for secrets.
    notes
        What the user should know about it, each with its place.
    offers
        What could be written better in a cell, each with its place.
    """

    def __init__(self, body: dict[str, Any], notes: tuple[Problem, ...] = (), offers: tuple[Problem, ...] = ()) -> None:
        self._body = body
        self.notes = notes
        self.offers = offers

    @property
    def name(self) -> str:
        """The cluster's name, empty where an API newer than this package takes it elsewhere."""
        name = self._body.get("name")
        return name if isinstance(name, str) else ""

    def field(self, name: str) -> Any:
        """Return a field of the request as it is sent, or None where it has none; not for what can be a secret."""
        value = self._body.get(name)
        return None if isinstance(value, Secret) else value

    def secrets(self) -> list[Secret]:
        """Return the secrets that somebody must still be asked for."""
        return [value for _, value in _leaves(self._body) if isinstance(value, Secret) and not value.known]

    def wire(self) -> dict[str, Any]:
        """Return the JSON for the wire, secrets included."""
        return dict(_map_leaves(self._body, _encode))

    def masked(self) -> dict[str, Any]:
        """Return the JSON for showing: as it goes over the wire, with bullets for secrets."""
        return dict(_map_leaves(self._body, _encode_masked))

    def __repr__(self) -> str:
        return f"Spec({self.masked().get('name', '')})"


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value


def _map_leaves(value: Any, encode_leaf: Any, path: Path = ()) -> Any:
    """Return a copy with `encode_leaf(value, field, key)` for every leaf; settings, sent as one text, are a leaf."""
    field = BY_PATH.get(dotted(path))
    if isinstance(value, dict) and not (field and field.base64 is Encoded.CONFIG):
        return {key: _map_leaves(item, encode_leaf, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_map_leaves(item, encode_leaf, (*path, index)) for index, item in enumerate(value)]
    keys = [key for key in path if isinstance(key, str)]
    return encode_leaf(value, field, keys[-1] if keys else "")


def _encode(value: Any, field: Field | None, _key: str) -> Any:
    kind = field.base64 if field else None
    if isinstance(value, dict):  # settings
        return str(encode(json.dumps(_revealed(value), ensure_ascii=False)))
    if isinstance(value, Secret):
        value = value.reveal()
        if kind is Encoded.PASSWORD:
            return str(encode(value))
    if isinstance(value, str):
        return encoding_of(value, kind).encoded if kind else str(value)
    return value


def _revealed(settings: Any) -> Any:
    if isinstance(settings, dict):
        return {key: _revealed(value) for key, value in settings.items()}
    if isinstance(settings, list):
        return [_revealed(value) for value in settings]
    return settings.reveal() if isinstance(settings, Secret) else settings


def _encode_masked(value: Any, field: Field | None, key: str) -> Any:
    kind = field.base64 if field else None
    is_hidden = isinstance(value, Secret) or (isinstance(value, Brought) and value.is_hidden)
    if is_hidden or kind is Encoded.PASSWORD or (field is None and is_secret(key, value)):
        return MASK
    if kind is Encoded.CONFIG and _has_secret(value):
        return f"{MASK} (Base64 of settings that hold a secret)"
    if kind is Encoded.SCRIPT and isinstance(value, str):
        content = encoding_of(value, kind).content.decode("utf-8", "replace")
        if assigned_secrets(content):
            return f"{MASK} (Base64 of a script that holds a secret)"
    shown = _encode(value, field, key)
    return without_assigned_secrets(shown) if isinstance(shown, str) and kind is None else shown


def _has_secret(settings: Any) -> bool:
    """Return whether settings, in whichever form, hold a secret, or what may be one."""
    if isinstance(settings, str):
        settings = settings_in(encoding_of(settings, Encoded.CONFIG).content)
    hidden = (
        isinstance(leaf, Secret) or (isinstance(leaf, Brought) and leaf.is_hidden) for _, leaf in _leaves(settings)
    )
    return any(hidden) or any(True for _ in secrets_in(settings))
