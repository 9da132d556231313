"""The connection that magics, panel and Python code share."""

from __future__ import annotations

import atexit
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.credentials import find_preferences, resolve
from heco_jupyter.api.display.masking import Hidden, Secret, mask
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.access import Access, Credentials
from heco_jupyter.api.model.checks import check_type
from heco_jupyter.api.model.errors import CommandError, CredentialsError
from heco_jupyter.api.model.settings import Settings

if TYPE_CHECKING:
    from heco_jupyter.api.client import Client
    from heco_jupyter.emulator import Emulator

_LOCAL = "the local emulator"
_PREFERENCES = ("timezone", "language")


class _Shared:
    client: Client | None = None
    access: Access | None = None  # the client's
    refused: bool = False  # the last connect failed: nothing else may be used in its place
    emulator: Emulator | None = None
    settings: Settings = Settings()
    chosen: frozenset[str] = frozenset()  # those of _PREFERENCES that the user has chosen: a profile's do not count


def connect(
    endpoint: str | None = None,
    credential_id: str | None = None,
    credential_secret: str | Secret | None = None,
    profile: str | None = None,
    *,
    local: bool = False,
) -> Client:
    """Connect, and make one light call (`GET /clusters?size=1`) to check the keys.

    The magics and the panel use this connection from now on, and the idle connections of an earlier client are closed.
    After a connect that failed nothing is connected, so that no command goes to another place than was meant. What is
    not given is looked for in the environment (`HECO_ENDPOINT`, `HECO_CREDENTIAL_ID`, `HECO_CREDENTIAL_SECRET`,
    `HECO_PROFILE`, then `KAKAOCLOUD_APPLICATION_CREDENTIAL_ID` and `_SECRET`), then in `~/.config/heco/config.toml`.

    Keys go only where they belong: `HECO_ENDPOINT` never takes a profile's keys, and `endpoint` takes the keys of a
    profile that has another endpoint only when `profile` names it too.

    Parameters
    ----------
    endpoint
        Base URL of the API; kr-central-2 by default.
    credential_id, credential_secret
        An access key and its secret.
    profile
        Name of a profile in the configuration file.
    local
        Start the emulator in this process, with a sample fleet, and connect to it.

    Returns
    -------
    Client

    Raises
    ------
    CredentialsError
        When there are no usable keys.
    CommandError
        When an argument is of another type, or the arguments do not go together.
    AuthenticationError
        When the API does not accept them.
    ApiError, TransportError

    Examples
    --------
    >>> import heco_jupyter
    >>> client = heco_jupyter.connect(local=True)
    >>> client.list_clusters(name="etl-nightly", include_terminated=False)["status"].item()
    'Running'
    """
    forget()
    check_type(local, bool, "local", "True or False")
    key_id: object = Hidden(credential_id) if isinstance(credential_id, str) else credential_id
    secret: object = credential_secret
    if isinstance(secret, str):
        secret = Secret(secret, "credential_secret")
    credential_id = credential_secret = None  # a traceback can show the arguments of its frames
    if not isinstance(key_id, str | None):
        key_id = type(key_id).__name__
        raise CommandError(f"credential_id is of type {key_id}, it must be a text")
    if not isinstance(secret, Secret | None):
        secret = type(secret).__name__
        raise CommandError(f"credential_secret is of type {secret}, it must be a text")
    if local:
        if any(given is not None for given in (endpoint, key_id, secret, profile)):
            raise CommandError("local takes no endpoint, keys or profile: the local emulator has its own")
        access = _start_emulator()
    else:
        access = resolve(endpoint=endpoint, credential_id=key_id, credential_secret=secret, profile=profile)
    client = _client(access, is_local=local)
    client.check_connection()
    _share(client, access)
    return client


def forget() -> None:
    """Forget the shared connection; until a connect succeeds, nothing else is used in its place."""
    _share(None, None)
    _Shared.refused = True


def _share(client: Client | None, access: Access | None) -> None:
    """Replace the shared client; whoever still holds the old one can go on using it."""
    old, _Shared.client = _Shared.client, client
    _Shared.access = access
    _Shared.refused = False
    if old is not None and old is not client:
        old.close()


def current() -> Client:
    """Return the shared connection; connect by the usual order if there is none yet.

    Raises
    ------
    CredentialsError
    """
    if _Shared.client is None:
        if _Shared.refused:
            raise CredentialsError(
                "not connected: the last connect failed, and nothing else is used in its place",
                hint="%heco connect, with an endpoint, a profile or keys that work",
            )
        access = resolve()
        client = _client(access)
        _share(client, access)
        return client
    return _Shared.client


def connected() -> Client | None:
    """Return the shared connection, or None if there is none yet."""
    return _Shared.client


def disconnect() -> None:
    """Forget the shared connection, and stop the local emulator if it is running."""
    _share(None, None)
    if _Shared.emulator is not None:
        _Shared.emulator.stop()
        _Shared.emulator = None


def configure(**options: Any) -> Settings:
    """Change options of the shared connection, now and for connections to come; see `Settings`.

    A time zone or a language of None stands for the profile's, or the usual one.

    Raises
    ------
    CommandError
        When an option makes no sense.
    """
    given = {name for name in _PREFERENCES if name in options}
    chosen = {name for name in given if options[name] is not None}
    options |= {name: getattr(Settings(), name) for name in given - chosen}
    now = _Shared.settings
    values = {name: getattr(now, name) for name in now.__slots__} | options
    _Shared.settings, _Shared.chosen = Settings(**values), (_Shared.chosen - given) | chosen
    if _Shared.client is not None and _Shared.access is not None:
        _Shared.client.settings = _settings(_Shared.access.timezone, _Shared.access.language)
    return _Shared.settings


def timezone() -> str:
    """Return the time zone of all times shown: the user's choice, else the profile's, else UTC.

    It needs no connection and no keys, for what is read from files.
    """
    if _Shared.client is not None:
        return _Shared.client.settings.timezone
    return (_Shared.settings if "timezone" in _Shared.chosen else _settings(*find_preferences())).timezone


def _settings(*of_profile: str | None) -> Settings:
    """Return the user's settings, with the preferences of the profile where the user has chosen none."""
    preferences = dict(zip(_PREFERENCES, of_profile, strict=True))
    counting: dict[str, Any] = {name: value for name, value in preferences.items() if value}
    return replace(_Shared.settings, **{name: counting[name] for name in counting.keys() - _Shared.chosen})


def _client(access: Access, *, is_local: bool = False) -> Client:
    from heco_jupyter.api.client import Client  # noqa: PLC0415 (brings pandas and requests, so not before it is needed)

    return Client(access, _settings(access.timezone, access.language), is_local=is_local)


def _start_emulator() -> Access:
    """Start the emulator, once per process, and return how to reach it."""
    if _Shared.emulator is None:
        try:
            from heco_jupyter.emulator import Emulator  # noqa: PLC0415 (the one place that knows the emulator)

            _Shared.emulator = Emulator().start()
        except Exception as error:  # whatever it is, a connect fails in words
            words = plain(mask(str(error)) or type(error).__name__, 200)
            raise CommandError(f"the local emulator cannot start: {words}") from error
        atexit.register(disconnect)
    emulator = _Shared.emulator
    secret = Secret(emulator.credential_secret, "credential_secret")
    return Access(emulator.url, Credentials(emulator.credential_id, secret, _LOCAL), *find_preferences())


def _forget_emulator() -> None:
    """Forget the emulator in a forked process: it runs in the parent only, and `connect` starts another here."""
    _Shared.emulator = None
    atexit.unregister(disconnect)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_emulator)
