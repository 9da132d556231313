"""A checked create request: its JSON for the wire, and its JSON for showing.

The JSON for the wire is made only when it is sent: until then passwords stay in `Secret`s.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.masking import MASK, Secret
from heco_jupyter.api.model.fields import BY_PATH, Encoded, Field

if TYPE_CHECKING:
    from collections.abc import Iterator

    Path = tuple[str | int, ...]


class Spec:
    """A checked create request.

    Parameters
    ----------
    body
        The request's JSON before encoding, with `Secret`s for secrets.
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
        """Return the secrets that somebody must still be asked for."""
        return [value for _, value in _leaves(self._body) if isinstance(value, Secret) and not value.known]

    def wire(self) -> dict[str, Any]:
        """Return the JSON for the wire, secrets included."""
        return dict(_map_leaves(self._body, _encode))

    def masked(self) -> dict[str, Any]:
        """Return the JSON for showing: as it goes over the wire, with bullets for secrets."""
        return dict(_map_leaves(self._body, _encode_masked))

    def __repr__(self) -> str:
        return f"Spec({self.name})"


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
    """Return a copy with `encode(value, field)` for every leaf; a mapping that is encoded as one text is a leaf."""
    field = BY_PATH.get(dotted(path))
    if isinstance(value, dict) and not (field and field.base64):
        return {key: _map_leaves(item, encode, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_map_leaves(item, encode, (*path, index)) for index, item in enumerate(value)]
    return encode(value, field)


def _encode(value: Any, field: Field | None) -> Any:
    if isinstance(value, dict):  # a mapping that is encoded as one text
        value = json.dumps(_map_leaves(value, _encode), ensure_ascii=False)
    elif isinstance(value, Secret):
        value = value.reveal()
        if field and field.base64 is Encoded.PASSWORD:
            return _base64(value)
    if field is None or field.base64 is None:
        return value
    if field.base64 is Encoded.PASSWORD:
        return "".join(value.split())
    decoded = decoded_text(value)
    if field.base64 is Encoded.CONFIG and decoded is not None and not decoded.lstrip().startswith("{"):
        decoded = None
    return _base64(value) if decoded is None else "".join(value.split())


def _encode_masked(value: Any, field: Field | None) -> Any:
    if isinstance(value, Secret) or (field and field.base64 is Encoded.PASSWORD):
        return MASK
    if isinstance(value, dict) and any(isinstance(leaf, Secret) for _, leaf in _leaves(value)):
        return f"{MASK} (Base64 of settings that hold a secret)"
    return _encode(value, field)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def decoded_text(value: str) -> str | None:
    """Return the text that `value` encodes as Base64, or None; line breaks, as `base64` prints them, are ignored."""
    try:
        text = base64.b64decode("".join(value.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    fine = text and all(character.isprintable() or character in "\n\r\t" for character in text)
    return text if fine else None


def dotted(path: Path) -> str:
    """Return a path as it is written: `config.configurations[0]`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")
