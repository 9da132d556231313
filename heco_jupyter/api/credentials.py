"""Where the keys and the endpoint come from: arguments, then the environment, then a profile file.

A profile's endpoint is used only with that profile's keys, so that no key goes where it was not meant to go.
"""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.display.text import did_you_mean
from heco_jupyter.api.model.access import DEFAULT_ENDPOINT, Access, Credentials, check_endpoint
from heco_jupyter.api.model.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_FILE = "~/.config/heco/config.toml"

_ENVIRONMENT = (
    ("HECO_CREDENTIAL_ID", "HECO_CREDENTIAL_SECRET"),
    ("KAKAOCLOUD_APPLICATION_CREDENTIAL_ID", "KAKAOCLOUD_APPLICATION_CREDENTIAL_SECRET"),
)
_PROFILE_KEYS = ("endpoint", "credential_id", "credential_secret")


def resolve(
    *,
    endpoint: str | None = None,
    credential_id: str | None = None,
    credential_secret: Secret | None = None,
    profile: str | None = None,
    environ: Mapping[str, str] | None = None,
    config_file: Path | None = None,
) -> Access:
    """Find the endpoint and the keys.

    Order: arguments (keys, then a named profile); the environment (`HECO_CREDENTIAL_ID` and `HECO_CREDENTIAL_SECRET`,
    then `HECO_PROFILE`, then `KAKAOCLOUD_APPLICATION_CREDENTIAL_ID` and `_SECRET`); the `[default]` profile of
    `~/.config/heco/config.toml`. The endpoint is the argument, else `HECO_ENDPOINT`, else the profile's, else the
    kr-central-2 URL; a profile named in the call brings its own endpoint before `HECO_ENDPOINT`.

    Raises
    ------
    CredentialsError
        When there are no keys, half a pair, an unsafe endpoint, or a profile file that others can read.
    """
    if not all(isinstance(text, str | None) for text in (endpoint, credential_id, profile)):
        raise CredentialsError("endpoint, credential_id and profile must be texts", hint="put them in quotes")
    environ = os.environ if environ is None else environ
    path = Path(CONFIG_FILE).expanduser() if config_file is None else config_file
    of_profile: str | None = None
    env_endpoint = environ.get("HECO_ENDPOINT")

    if credential_id or credential_secret:
        credentials = _pair(credential_id, credential_secret, "arguments", ("credential_id", "credential_secret"))
    elif profile:
        credentials, of_profile = _profile(path, profile)
        env_endpoint = of_profile or env_endpoint
    elif found := _from_environment(environ, *_ENVIRONMENT[0]):
        credentials = found
    elif name := environ.get("HECO_PROFILE"):
        credentials, of_profile = _profile(path, name)
    elif found := _from_environment(environ, *_ENVIRONMENT[1]):
        credentials = found
    elif _section(_read(path), "default"):
        credentials, of_profile = _profile(path, "default")
    else:
        if {"credential_id", "credential_secret"} & set(_read(path)):
            raise CredentialsError(f"{path} has keys outside of a profile", hint="put a line [default] above them")
        raise CredentialsError(
            f"no access key: none in HECO_CREDENTIAL_ID, KAKAOCLOUD_APPLICATION_CREDENTIAL_ID or {CONFIG_FILE}",
            hint="type %heco login to enter one, or %heco connect --local to try it on the local emulator",
        )
    given = next((url for url in (endpoint, env_endpoint or None, of_profile) if url is not None), DEFAULT_ENDPOINT)
    return Access(check_endpoint(given), credentials)


def _pair(credential_id: str | None, secret: Secret | None, source: str, names: tuple[str, str]) -> Credentials:
    if not credential_id or secret is None or not secret.known or not secret.reveal():
        missing, given = names if not credential_id else names[::-1]
        raise CredentialsError(f"{source}: {given} is set, {missing} is not", hint="they belong together: set both")
    return Credentials(credential_id, secret, source)


def _from_environment(environ: Mapping[str, str], id_name: str, secret_name: str) -> Credentials | None:
    credential_id, secret = environ.get(id_name), environ.get(secret_name)
    if not credential_id and not secret:
        return None
    held = Secret(secret, secret_name) if secret else None
    return _pair(credential_id, held, f"environment ({id_name})", (id_name, secret_name))


def _profile(path: Path, name: str) -> tuple[Credentials, str | None]:
    profiles = _read(path)
    section = _section(profiles, name)
    if section is None:
        known = [*(["default"] if "default" in profiles else []), *_named(profiles)]
        raise CredentialsError(
            f"there is no profile {name!r} in {path}{did_you_mean(name, known)}",
            hint=f"it has {', '.join(known)}" if known else f"add [profile.{name}] with {', '.join(_PROFILE_KEYS)}",
        )
    for key, value in section.items():
        if key not in _PROFILE_KEYS:
            raise CredentialsError(
                f"profile {name!r} in {path} has an unknown key {key!r}{did_you_mean(key, _PROFILE_KEYS)}",
                hint=f"the keys are {', '.join(_PROFILE_KEYS)}",
            )
        if not isinstance(value, str):
            raise CredentialsError(f"profile {name!r} in {path}: {key} is not text", hint="put it in quotes")
    secret = section.get("credential_secret")
    held = Secret(secret, "credential_secret") if secret else None
    source = f"profile {name!r} in {path}"
    pair = _pair(section.get("credential_id"), held, source, ("credential_id", "credential_secret"))
    return pair, section.get("endpoint")


def _section(profiles: dict[str, dict[str, str]], name: str) -> dict[str, str] | None:
    section = _named(profiles).get(name) or (profiles.get("default") if name == "default" else None)
    return section if isinstance(section, dict) else None


def _named(profiles: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    named: object = profiles.get("profile")
    return named if isinstance(named, dict) else {}


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise CredentialsError(
                    f"{path} holds keys and others can read it, so it is not used", hint=f"run: chmod 600 {path}"
                )
            return tomllib.load(file)
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        problem = f"{path} is not valid TOML: {error}"
    except UnicodeDecodeError:
        problem = f"{path} is not UTF-8 text"
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror}"
    raise CredentialsError(problem, hint=f"fix it or move it away; its keys are {', '.join(_PROFILE_KEYS)}")
