"""What a spec takes from outside itself: variables of the notebook, files, the environment, secrets."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.model.errors import CommandError, SpecError
from heco_jupyter.api.model.fields import BY_PATH, Encoded
from heco_jupyter.api.spec.base64_text import encode
from heco_jupyter.api.spec.characters import SURROGATE
from heco_jupyter.api.spec.files import expanded, is_private, read_text
from heco_jupyter.api.spec.settings import is_secret_variable
from heco_jupyter.api.spec.values import Brought, dotted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Place = tuple[str | int, ...]

HALF = "this holds half a character, which cannot be sent: type it again"
_TAGS = ("!env", "!file", "!base64", "!secret")
# The text is not repeated: it could be a password that was written without quotes.
NO_TAG = f"unknown tag, the tags are {', '.join(_TAGS)}; quote a text that starts with !"
_ALLOW_FILES = "add --allow-files if you trust this spec"
_ALLOW_ENV = "add --allow-env if you trust this spec"


class RefusedError(Exception):
    """A value cannot be had; the text says why. Never leaves the room."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a value takes from outside the spec.

    Parameters
    ----------
    kind
        `!file`, `!env`, `!secret`, or `$` for a variable of the notebook.
    name
        As it is written.
    place
        Of the value.
    """

    kind: str
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Trust:
    """What a spec may read.

    Parameters
    ----------
    files
        Files outside its folder, and those that look secret.
    env
        Variables of the environment that look secret.
    """

    files: bool = True
    env: bool = True


OWN = Trust()
"""A spec that the user wrote."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What is outside a spec.

    Parameters
    ----------
    sources
        Gets what is taken.
    variables
        The variables that `$name` can name.
    folder
        The folder that `!file` paths are relative to.
    trust
        What the spec may read.
    """

    sources: list[Source]
    variables: Mapping[str, Any] = field(repr=False)
    folder: Path
    trust: Trust

    def variable(self, text: str, place: Place) -> Any:
        """Return the variable that `$name` names, with its type, or for `$$name` the text `$name`."""
        if text.startswith("$$"):
            return text[1:]
        name = text[1:]
        if name in self.variables:
            if is_secret_variable(name) and not self._may_send_secret(place):
                raise RefusedError(f"{text} looks like a secret, and would be sent as {dotted(place)}: {_ALLOW_ENV}")
            self.sources.append(Source("$", name, place))
            return self.variables[name]
        near = did_you_mean(name, [known for known in self.variables if not known.startswith("_")])
        if place[-1:] == ("userPw",) and not near:
            raise RefusedError("there is no notebook variable of this name")
        raise RefusedError(f"there is no notebook variable {name}{near}")

    def tagged(self, tag: str, text: Any, place: Place) -> Any:
        """Return what a tag makes of a text, which may have come from a variable."""
        if tag not in _TAGS:
            raise RefusedError(f"{NO_TAG}{did_you_mean(tag, _TAGS)}")
        if not isinstance(text, str):
            raise RefusedError(f"{tag} takes a text, and the variable is of type {type(text).__name__}")
        if not text.strip():
            raise RefusedError(f"{tag} needs a value after it")
        if SURROGATE.search(text):
            raise RefusedError(HALF)
        if tag == "!base64":
            return encode(text)
        if tag == "!secret":
            return self._secret(text, place)
        return self._file(text, place) if tag == "!file" else self._environment(text, place)

    def _secret(self, name: str, place: Place) -> Secret:
        if not name.isidentifier():
            hint = "; !base64 $name encodes a variable of the notebook" if name.startswith("$") else ""
            raise RefusedError(
                f"!secret takes the name of an environment variable, not the secret: !secret HUE_PASSWORD{hint}"
            )
        if not self._may_send_secret(place):
            raise RefusedError(f"!secret {name} would be sent as {dotted(place)}: {_ALLOW_ENV}")
        self.sources.append(Source("!secret", name, place))
        return Secret(os.environ.get(name) or None, name)

    def _may_send_secret(self, place: Place) -> bool:
        """Return whether a secret may go to a place: where one belongs, or where the user trusts the spec."""
        field = BY_PATH.get(dotted(place[:2]))
        return self.trust.env or (field is not None and field.base64 in (Encoded.PASSWORD, Encoded.CONFIG))

    def _environment(self, name: str, place: Place) -> Brought:
        if name not in os.environ:
            raise RefusedError(f"there is no environment variable {plain(name, 40)}{did_you_mean(name, os.environ)}")
        if not self.trust.env and is_secret_variable(name):
            raise RefusedError(f"!env {name} looks like a secret: {_ALLOW_ENV}")
        self.sources.append(Source("!env", name, place))
        return Brought(os.environ[name], "!env")

    def _file(self, name: str, place: Place) -> Brought:
        shown = plain(name, 200)
        try:
            path = self.folder / expanded(name)
            if not self.trust.files and is_private(path, self.folder):
                raise RefusedError(
                    f"!file {shown} lies outside the spec's folder, or looks like a secret: {_ALLOW_FILES}"
                )
            text = read_text(path, name)
        except SpecError as error:
            raise RefusedError(error.problems[0].message) from None
        except CommandError as error:
            raise RefusedError(error.what) from None
        except (OSError, ValueError, RuntimeError) as error:  # no such user's home, a loop of links
            raise RefusedError(f"{shown} cannot be read: {plain(error, 100)}") from None
        self.sources.append(Source("!file", name, place))
        return Brought(text, "!file")
