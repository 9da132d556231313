"""How requests leave this machine: through which proxy, and which certificates are believed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import requests
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from heco_jupyter.api.display.masking import mask, remember
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.access import is_loopback
from heco_jupyter.api.model.errors import CredentialsError, TransportError

_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Proxies(dict[str, str]):
    """Proxies by scheme, as `requests` wants them; they may hold a password, so their repr is masked."""

    def __repr__(self) -> str:
        return f"Proxies({', '.join(f'{scheme}: {shown(url)}' for scheme, url in self.items())})"

    __str__ = __repr__


class Route:
    """The way to one endpoint, as the environment has it when a client is made.

    Parameters
    ----------
    endpoint
        Base URL of the API.

    Raises
    ------
    CredentialsError
        When the environment names a certificate file that is not there.
    TransportError
        When it names a proxy that cannot be used.

    Attributes
    ----------
    proxy : str or None
        The proxy, as it may be shown.
    refusal : tuple of str or None
        What to say and what to do about it, once the proxy has refused the password: it is not asked again.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        parts = urlsplit(endpoint)
        # A proxy from the environment must not see what is meant for this machine.
        found = {} if is_loopback(parts.hostname or "") else requests.utils.get_environ_proxies(endpoint, no_proxy=None)
        self.proxies = Proxies(found)
        self.verify, self._bundle_name = _bundle()
        self.refusal: tuple[str, str] | None = None
        url: str | None = requests.utils.select_proxy(endpoint, self.proxies)
        self.proxy = None if url is None else shown(url)
        if url is not None:
            _remember_password(url)
            _check_proxy(url)
            _check_socks(url)

    def refuse(self, what: str, hint: str) -> None:
        """Have no more requests made by the proxy, which has refused the password."""
        self.refusal = what, hint

    @property
    def about_certificates(self) -> str:
        """What to do about certificates that are not believed, in words."""
        if isinstance(self.verify, str):
            return f"check what {self._bundle_name} names, {mask(plain(self.verify, 200))}"
        return f"behind a proxy, set {_BUNDLES[0]}"

    def missing_bundle(self) -> tuple[str, str] | None:
        """Return what to say and what to do when the file of certificates is not there, or no longer."""
        return _missing(self._bundle_name, self.verify) if isinstance(self.verify, str) else None

    def send_options(self) -> dict[str, Any]:
        """Return what `requests` wants beside a request."""
        return {"proxies": self.proxies, "stream": True, "verify": self.verify, "cert": None}


def shown(url: str) -> str:
    """Return the URL of a proxy without its name and password."""
    try:
        parts = _split(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "a proxy whose URL makes no sense"
    return plain(f"{parts.scheme}://{host}{f':{port}' if port else ''}", 100)


def _split(url: str) -> SplitResult:
    """Return the parts of the URL of a proxy, which may leave out the scheme."""
    return urlsplit(url if "://" in url else f"http://{url}")


def _remember_password(url: str) -> None:
    try:
        password = _split(url).password
    except ValueError:  # the password may be what makes it one, so none of it is shown
        password = url
    for text in {password, unquote(password)} if password else ():
        remember(text)


def _check_proxy(url: str) -> None:
    """Refuse a proxy that no request could go by, without repeating its URL: any part of it may be a password."""
    try:
        parts = _split(url)
        makes_sense = parts.scheme.lower() in _SCHEMES and bool(parts.hostname) and (parts.port or 1) > 0
        parse_url(parts.geturl())
    except (ValueError, LocationParseError):
        makes_sense = False
    if not makes_sense:
        raise TransportError(
            "the proxy that the environment names has a URL that makes no sense",
            hint="check HTTPS_PROXY: http://NAME:PASSWORD@HOST:PORT, with %23 for # and the like, then connect again",
            sent=False,
            transient=False,
        )


def _check_socks(url: str) -> None:
    if not url.lower().startswith("socks"):
        return
    try:
        import socks  # noqa: F401, PLC0415 (only who has such a proxy needs it)
    except ImportError:
        raise TransportError(
            f"the proxy {shown(url)} speaks SOCKS, which needs PySocks, and that is not installed",
            hint="pip install pysocks, then restart the kernel",
            sent=False,
            transient=False,
        ) from None


def _bundle() -> tuple[str | bool, str]:
    """Return the file or folder of certificates that the environment names, or True for the usual ones; and by what."""
    name = next((name for name in _BUNDLES if os.environ.get(name)), None)
    if name is None:
        return True, ""
    path = os.environ[name]
    if missing := _missing(name, path):
        raise CredentialsError(missing[0], hint=missing[1])
    return path, name


def _missing(name: str, path: str) -> tuple[str, str] | None:
    if Path(path).exists():
        return None
    return (
        f"{name} names {mask(plain(path, 200))}, which does not exist",
        f"name the file with the certificates to trust, or unset {name}",
    )
