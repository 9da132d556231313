"""Which endpoint and which access key go together: from arguments, then the environment, then a profile.

A `.env` file that comes with somebody's repository sets the environment, so an endpoint from there is not trusted with
keys from elsewhere:

- An endpoint from the environment takes keys from arguments or from the environment, never a profile's.
- A profile named in the call brings its own endpoint, and without one the usual URL; never the environment's.
- An endpoint in the call takes whichever keys are found, with one exception: keys of a profile that the call does not
  name, and that has another endpoint of its own, go only to that one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from heco_jupyter.api.display.masking import Hidden, Secret
from heco_jupyter.api.model.access import DEFAULT_ENDPOINT, Access, Credentials, check_endpoint
from heco_jupyter.api.model.errors import CommandError, CredentialsError
from heco_jupyter.api.profiles import CONFIG_FILE, default_profile, preferences, profile_named
from heco_jupyter.api.wire.log import warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heco_jupyter.api.profiles import Profile

_ARGUMENTS = ("credential_id", "credential_secret")
_HECO = ("HECO_CREDENTIAL_ID", "HECO_CREDENTIAL_SECRET")
_KAKAOCLOUD = ("KAKAOCLOUD_APPLICATION_CREDENTIAL_ID", "KAKAOCLOUD_APPLICATION_CREDENTIAL_SECRET")


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

    Order of the keys: arguments (the keys, or the profile named); the environment (`HECO_CREDENTIAL_ID` and
    `HECO_CREDENTIAL_SECRET`, then `HECO_PROFILE`, then `KAKAOCLOUD_APPLICATION_CREDENTIAL_ID` and `_SECRET`); the
    `[default]` profile of `~/.config/heco/config.toml`. The endpoint is the argument, else `HECO_ENDPOINT`, else the
    profile's, else the kr-central-2 URL. Which endpoint takes which keys is said at the top of this module. Time zone
    and language are those of the profile that has the keys; for keys from elsewhere, as for `find_preferences`.

    Raises
    ------
    CredentialsError
        When there are no keys, half a pair, an endpoint that is unsafe or must not have these keys, or a profile file
        that cannot be used.
    CommandError
        When an argument is no text.
    """
    if not all(isinstance(text, str | None) for text in (endpoint, credential_id, profile)):
        credential_id = None
        raise CommandError("endpoint, credential_id and profile must be texts", hint="put them in quotes")
    credential_id = None if credential_id is None else Hidden(credential_id)
    variables = _variables(environ)
    del environ  # a traceback can show arguments, and this one holds a whole environment
    path = _config_file() if config_file is None else config_file
    found: Credentials | Profile | None
    if credential_id is not None or credential_secret is not None:
        if profile is not None:
            raise CredentialsError("a key and a profile are both given", hint="give one of them: a profile has its own")
        found = Credentials.of(credential_id, credential_secret, "arguments", _ARGUMENTS)
    elif profile is not None:
        if not profile.strip():
            raise CredentialsError("profile is empty", hint="leave it out, or name one")
        found = profile_named(path, profile)
    elif name := variables.get("HECO_PROFILE"):
        found = _from_environment(variables, _HECO) or profile_named(path, name)
    else:
        found = _from_environment(variables, _HECO) or _from_environment(variables, _KAKAOCLOUD)
        found = found or default_profile(path)
    if found is None:
        raise CredentialsError(
            f"no access key: none in HECO_CREDENTIAL_ID, KAKAOCLOUD_APPLICATION_CREDENTIAL_ID or {CONFIG_FILE}",
            hint="type %heco login to enter one, or %heco connect --local to try it on the local emulator",
        )
    ambient = variables.get("HECO_ENDPOINT") or None
    if isinstance(found, Credentials):
        return Access(_first(endpoint, ambient), found, *_preferences(path, variables))
    if profile is None:
        _check_together(found, endpoint, ambient)
    return Access(_first(endpoint, found.endpoint), found.credentials, found.timezone, found.language)


def find_preferences() -> tuple[str | None, str | None]:
    """Return the time zone and the language of the profile that counts where none is named in a call.

    It is the profile in `HECO_PROFILE`, else `[default]`, wherever the keys come from and without any, too. They are
    None where it names none, and where the file cannot be used, which is logged: nothing depends on it here.
    """
    return _preferences(_config_file(), _variables(None))


def _preferences(path: Path, variables: Mapping[str, str]) -> tuple[str | None, str | None]:
    try:
        return preferences(path, str(variables.get("HECO_PROFILE", "default")))
    except CredentialsError as error:
        warning(f"no time zone and no language from a profile: {error.what}")
    return None, None


def _first(*endpoints: str | None) -> str:
    """Return the first endpoint that is given, checked; without any, the usual one."""
    return check_endpoint(next((url for url in endpoints if url is not None), DEFAULT_ENDPOINT))


def _check_together(profile: Profile, endpoint: str | None, ambient: str | None) -> None:
    """Refuse to send the keys of a profile that the call does not name to an endpoint that is not the profile's."""
    source = profile.credentials.source
    if endpoint is None and ambient is not None:
        raise CredentialsError(
            f"HECO_ENDPOINT in the environment names the endpoint, {source} has the keys: they are not sent there",
            hint="unset HECO_ENDPOINT, or set HECO_CREDENTIAL_ID and HECO_CREDENTIAL_SECRET for it",
        )
    own = profile.endpoint
    if endpoint is not None and own is not None and check_endpoint(endpoint) != check_endpoint(own):
        raise CredentialsError(
            f"the endpoint {check_endpoint(endpoint)} is not that of {source}, which has the keys",
            hint=f"name the profile too, profile={profile.name!r} or --profile {profile.name}, to send them there",
        )


def _config_file() -> Path:
    try:
        return Path(CONFIG_FILE).expanduser()
    except RuntimeError:  # nobody has a home here
        return Path(os.devnull, CONFIG_FILE)


def _variables(environ: Mapping[str, str] | None) -> dict[str, str]:
    """Return what counts of the environment, by default the process's, with values that do not show."""
    environ = os.environ if environ is None else environ
    names = ("HECO_ENDPOINT", "HECO_PROFILE", *_HECO, *_KAKAOCLOUD)
    return {name: Hidden(environ[name]) for name in names if environ.get(name)}


def _from_environment(variables: Mapping[str, str], names: tuple[str, str]) -> Credentials | None:
    credential_id, secret = (variables.get(name) for name in names)
    if not credential_id and not secret:
        return None
    held = Secret(secret, names[1]) if secret else None
    return Credentials.of(credential_id, held, f"environment ({names[0]})", names)
