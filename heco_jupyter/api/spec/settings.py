"""What `config.configText` holds: the documented form of settings, and the secrets among them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.masking import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    Path = tuple[str | int, ...]

_FORM = "{configurations: [{classification: core-site, properties: {...}}]}"
_SECRET_NAME = re.compile(
    r"password|passwd|passphrase|secret|token$|access[._-]?key([._-]?id)?$|credential[._-]?id$"
    r"|private[._-]?key|account[._-]?key|api[._-]?key|userpw$",
    re.IGNORECASE,
)
_SECRET_VARIABLE = re.compile(
    r"credential|token(?!iz)|auth(?!or)|authoriz|cookie|private|webhook|jwt|conn(?:ection)?_?str|pass(?:$|_)|.pwd"
    r"|(?:pw|key)\d*(?:$|_)|(?:^|_)(?:dsn|sas|pat|pin)(?:$|_)|(?:database|db|jdbc|redis|mongo|broker)_ur[il]$",
    re.IGNORECASE,
)
# NAME=VALUE in a script, in options and in a query.
_ASSIGNED = re.compile(r"""(?<![\w.-])([\w.-]{1,200})(\s{0,9}=\s{0,9}["']?)([^\s"';&|]+)""")
_NO_SECRETS = ("", "true", "false")
_LONG = 12


def is_secret_name(name: str) -> bool:
    """Return whether a setting or a variable is a secret by its name."""
    return _SECRET_NAME.search(name) is not None


def is_secret(name: str, value: Any) -> bool:
    """Return whether a setting is a secret: by its name, unless it is a switch or only names a variable."""
    text = str(value).strip().lower()
    return is_secret_name(name) and value is not None and text not in _NO_SECRETS and not text.startswith("${")


def secrets_in(settings: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the place and the value of each secret that is written out in settings."""
    if isinstance(settings, dict):
        for key, value in settings.items():
            if isinstance(value, str | int | float) and is_secret(key, value):
                yield (*path, key), value
            else:
                yield from secrets_in(value, (*path, key))
    elif isinstance(settings, list):
        for index, item in enumerate(settings):
            yield from secrets_in(item, (*path, index))
    elif isinstance(settings, str):
        for secret in assigned_secrets(settings):
            yield path, secret


def assigned_secrets(text: str) -> list[str]:
    """Return the values of what is assigned to the name of a secret in a script, options or a query."""
    return [found[3] for found in _ASSIGNED.finditer(text) if _is_assigned_secret(found)]


def without_assigned_secrets(text: str) -> str:
    """Return a text with bullets for `assigned_secrets`."""
    return _ASSIGNED.sub(lambda found: f"{found[1]}{found[2]}{MASK}" if _is_assigned_secret(found) else found[0], text)


def secret_variable(name: str) -> str:
    """Return a name for the environment variable that holds a secret setting."""
    word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").upper()
    return word if word.isidentifier() else "CONFIG_SECRET"


def is_secret_variable(name: str) -> bool:
    """Return whether an environment variable is a secret by its name; there, more is than among settings."""
    return is_secret_name(name) or _SECRET_VARIABLE.search(name) is not None


def worth_remembering(secret: Any) -> bool:
    """Return whether to mask a secret in every text: a short one may be an ordinary word."""
    return isinstance(secret, str) and len(secret) >= _LONG


def form_problems(config: Any, name: str) -> Iterator[tuple[Path, str]]:
    """Yield the place and the words of each departure from the documented form."""
    items = config.get("configurations") if isinstance(config, dict) else None
    if not isinstance(items, list):
        yield (), f"{name} has no list called configurations: it must be {_FORM}"
        return
    for index, item in enumerate(items):
        here = ("configurations", index)
        if not isinstance(item, dict) or not isinstance(item.get("classification"), str):
            yield here, f"{name}.configurations[{index}] names no classification: it must be {_FORM}"
        elif not isinstance(item.get("properties"), dict):
            yield here, f"{name}.configurations[{index}] has no mapping called properties: it must be {_FORM}"


def _is_assigned_secret(found: re.Match[str]) -> bool:
    return is_secret(found[1], found[3]) and not found[3].startswith("$")
