"""The profiles in `~/.config/heco/config.toml`: an access key each, and the endpoint that it belongs to.

The file is read only if it is the user's own and nobody else can read it. Nothing that is kept while it is read shows
a value of it.
"""

from __future__ import annotations

import os
import shlex
import stat
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.masking import Hidden, Secret
from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.display.texts import LANGUAGES
from heco_jupyter.api.model.access import Credentials
from heco_jupyter.api.model.errors import CommandError, CredentialsError
from heco_jupyter.api.model.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    Section = dict[str, Any]

CONFIG_FILE = "~/.config/heco/config.toml"

_PAIR = ("credential_id", "credential_secret")
_KEYS = ("endpoint", *_PAIR, "timezone", "language")
_LARGEST_FILE = 2**20
_FIX = f"fix it or move it away; its keys are {', '.join(_KEYS)}"


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile.

    Parameters
    ----------
    name
        What the file calls it.
    credentials
        Its access key.
    endpoint, timezone, language
        What it says besides, if it does.
    """

    name: str
    credentials: Credentials
    endpoint: str | None
    timezone: str | None
    language: str | None


def profile_named(path: Path, name: str) -> Profile:
    """Return a profile.

    Parameters
    ----------
    path
        The file with the profiles.
    name
        `default`, or the NAME of a section `[profile.NAME]`.

    Raises
    ------
    CredentialsError
        When there is none, it is wrong or lacks a key, or the file cannot be used.
    """
    data = _read(path)
    sections = _sections(data, path)
    if name in sections:
        return _profile(sections[name], name, path)
    shown = plain(name, 40)
    if isinstance(data.get(name), dict):
        hint = f"write [profile.{shown}] in place of [{shown}]"
    elif sections:
        hint = f"it has {', '.join(sections)}"
    else:
        hint = f"add [profile.{shown}] with {', '.join(_KEYS)}"
    raise CredentialsError(f"there is no profile {shown!r} in {path}{did_you_mean(name, sections)}", hint=hint)


def default_profile(path: Path) -> Profile | None:
    """Return the profile for when none is named, or None if there is none with a key.

    Parameters
    ----------
    path
        The file with the profiles.

    Raises
    ------
    CredentialsError
        As for `profile_named`.
    """
    data = _read(path)
    section = _sections(data, path).get("default", {})
    _check_values(section, _source("default", path))
    if set(_PAIR) & set(section):
        return _profile(section, "default", path)
    if set(_PAIR) & set(data):
        raise CredentialsError(f"{path} has keys outside of a profile", hint="put a line [default] above them")
    return None


def preferences(path: Path, name: str) -> tuple[str | None, str | None]:
    """Return the time zone and the language that a profile names, also one without keys; None where it names none.

    Parameters
    ----------
    path
        The file with the profiles.
    name
        As for `profile_named`; there may be no such profile.

    Raises
    ------
    CredentialsError
        When the profile is wrong, or the file cannot be used.
    """
    section, source = _sections(_read(path), path).get(name, {}), _source(name, path)
    _check_values(section, source)
    return _preferences(section, source)


def _sections(data: Section, path: Path) -> dict[str, Section]:
    named = data.get("profile", {})
    sections = {"default": data["default"]} if "default" in data else {}
    sections |= named if isinstance(named, dict) else {"profile": named}
    for name, section in sections.items():
        if not isinstance(section, dict):
            shown = plain(name, 40)
            raise CredentialsError(
                f"{path}: {shown} is not a section", hint="sections are written [default] and [profile.NAME]"
            )
    return sections


def _source(name: str, path: Path) -> str:
    return f"profile {plain(name, 40)!r} in {path}"


def _check_values(section: Section, source: str) -> None:
    for key, value in section.items():
        if key not in _KEYS:
            raise CredentialsError(
                f"{source} has an unknown key {plain(key, 40)!r}{did_you_mean(key, _KEYS)}",
                hint=f"the keys are {', '.join(_KEYS)}",
            )
        if not isinstance(value, str):
            raise CredentialsError(f"{source}: {key} is not text", hint="put it in quotes")


def _profile(section: Section, name: str, path: Path) -> Profile:
    source = _source(name, path)
    _check_values(section, source)
    credential_id, secret = (section.get(key) for key in _PAIR)
    held = Secret(secret, "credential_secret") if secret else None
    return Profile(
        plain(name, 40),
        Credentials.of(credential_id, held, source, _PAIR),
        _as_text(section.get("endpoint")),
        *_preferences(section, source),
    )


def _as_text(value: str | None) -> str | None:
    """Return a value that may be shown."""
    return None if value is None else str(value)


def _preferences(section: Section, source: str) -> tuple[str | None, str | None]:
    return _timezone(_as_text(section.get("timezone")), source), _language(_as_text(section.get("language")), source)


def _timezone(name: str | None, source: str) -> str | None:
    if name is None:
        return None
    try:
        Settings(timezone=name)
    except CommandError as error:
        problem = error.what
    else:
        return name
    raise CredentialsError(f"{source}: {problem}", hint="correct the timezone there, or leave it out")


def _language(name: str | None, source: str) -> str | None:
    if name is None or name in LANGUAGES:
        return name
    raise CredentialsError(
        f"{source}: there is no language {plain(name, 40)!r}", hint=f"language is {' or '.join(LANGUAGES)}"
    )


def _read(path: Path) -> Section:
    """Return what is in the file, with values that do not show; nothing if there is no file."""
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = str(error)
    except (ValueError, RecursionError):  # a number of thousands of digits, or nesting as deep
        problem = "it holds a value that is too long or nested too deep"
    else:
        return {key: _hidden(value) for key, value in data.items()}
    raise CredentialsError(f"{path} is not valid TOML: {problem}", hint=_FIX)


def _hidden(value: Any) -> Any:
    """Return a value of the file so that nothing shows it; only texts and sections are of use, of others the type."""
    if isinstance(value, dict):
        return {key: _hidden(inner) for key, inner in value.items()}
    return Hidden(value) if isinstance(value, str) else type(value)


def _text(path: Path) -> Hidden:
    fault, hint = "", _FIX
    try:
        # Opened first and judged then, so that what is judged is what is read.
        with open(path, "rb", opener=_opened) as file:
            fault, hint = _objection(os.fstat(file.fileno()), path)
            if not fault:
                content = file.read(_LARGEST_FILE + 1)
                if len(content) <= _LARGEST_FILE:
                    return Hidden(content.decode("utf-8-sig"))
                fault = f"holds more than {_LARGEST_FILE >> 20} MiB"
    except (FileNotFoundError, NotADirectoryError):
        return Hidden()
    except IsADirectoryError:
        fault = "is a directory, not a file"
    except UnicodeDecodeError:
        fault = "is not UTF-8 text"
    except OSError as error:
        fault = f"cannot be read: {error.strerror or type(error).__name__}"
    content = b""  # a traceback can show the variables of its frames
    raise CredentialsError(f"{path} {fault}", hint=hint)


def _opened(path: str, flags: int) -> int:
    """Open a file without waiting for somebody at the other end of it, if it is a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _objection(status: os.stat_result, path: Path) -> tuple[str, str]:
    """Return why a file with keys is not used, and what to do about it; nothing if it is in order."""
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file, so it is not used", _FIX
    if os.name != "posix":
        return "", _FIX
    if status.st_uid != os.geteuid():
        return "belongs to another user, so it is not used", "put your keys into a file of your own, with mode 600"
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return "holds keys and others can read it, so it is not used", f"run: chmod 600 {shlex.quote(str(path))}"
    return "", _FIX
