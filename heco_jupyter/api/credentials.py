"""Where the keys and the endpoint come from: arguments, then the environment, then a profile file.

The keys and the endpoint of a profile stay together: a profile's endpoint is used only with that profile's keys, so
keys are never sent to a place they were not meant for.
"""

from __future__ import annotations

import ipaddress
import os
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from heco_jupyter.api.errors import CredentialsError
from heco_jupyter.api.secrets import Secret
from heco_jupyter.api.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_ENDPOINT = "https://hadoop-eco.kr-central-2.kakaocloud.com"
PREFIX = "/v2/hadoop-eco"
CONFIG_FILE = "~/.config/heco/config.toml"

_ENVIRONMENT = (
    ("HECO_CREDENTIAL_ID", "HECO_CREDENTIAL_SECRET"),
    ("KAKAOCLOUD_APPLICATION_CREDENTIAL_ID", "KAKAOCLOUD_APPLICATION_CREDENTIAL_SECRET"),
)
_PROFILE_KEYS = ("endpoint", "credential_id", "credential_secret")
_LONGEST_SHOWN_ID = 8


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key: its id, its secret, and where the two were found.

    Parameters
    ----------
    id
        The access key's id, sent as `Credential-ID`.
    secret
        The access key's secret, sent as `Credential-Secret`.
    source
        Where they came from, in words.
    """

    id: str
    secret: Secret
    source: str

    def __post_init__(self) -> None:
        for what, text in (("id", self.id), ("secret", self.secret.reveal())):
            if not text or text != text.strip() or not text.isascii() or not text.isprintable():
                raise CredentialsError(
                    f"the credential {what} from {self.source} is empty or holds spaces or characters no key has",
                    hint="copy it again from the console: profile (top right) > access keys",
                )

    @property
    def masked_id(self) -> str:
        """The id with its middle hidden, for showing."""
        return f"{self.id[:4]}…{self.id[-3:]}" if len(self.id) > _LONGEST_SHOWN_ID else f"{self.id[:2]}…"

    def __repr__(self) -> str:
        return f"Credentials({self.masked_id}, from {self.source})"


@dataclass(frozen=True, slots=True)
class Access:
    """What a connection needs: where to, and with which keys."""

    endpoint: str
    credentials: Credentials


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
        raise CredentialsError("endpoint, credential_id and profile are texts", hint="put them in quotes")
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


def check_endpoint(url: str) -> str:
    """Return `url` as the base of every call, without the API's prefix or a trailing slash.

    Raises
    ------
    CredentialsError
        When it is not `https://`, or `http://` to this machine, or holds more than a host and a path.
    """
    if not url.strip():
        raise CredentialsError("the endpoint is empty", hint=f"leave it out, or give one: {DEFAULT_ENDPOINT}")
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("https", "http") or not host or any(character.isspace() for character in url.strip()):
        raise CredentialsError(
            f"the endpoint {url!r} is not a URL of an API", hint=f"the usual one is {DEFAULT_ENDPOINT}"
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise CredentialsError(
            f"the endpoint for {host} holds a user, a query or a fragment",
            hint="give only https://HOST, and the keys by %heco login or the environment",
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise CredentialsError(
            f"the endpoint {url!r} would send the keys unencrypted", hint="use https://; http:// is for 127.0.0.1 only"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix(PREFIX)}"


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine by its name or address alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _pair(credential_id: str | None, secret: Secret | None, source: str, names: tuple[str, str]) -> Credentials:
    if not credential_id or secret is None or not secret.known or not secret.reveal():
        missing, given = names if not credential_id else names[::-1]
        raise CredentialsError(
            f"{source}: {given} is there, {missing} is not", hint="the two belong together: set both"
        )
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
    raise CredentialsError(problem, hint=f"mend it, or move it away; its keys are {', '.join(_PROFILE_KEYS)}")
