"""Where the API is and with which access key to call it, as values that show no secret."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from heco_jupyter.api.model.errors import CredentialsError

if TYPE_CHECKING:
    from heco_jupyter.api.display.masking import Secret

DEFAULT_ENDPOINT = "https://hadoop-eco.kr-central-2.kakaocloud.com"
PREFIX = "/v2/hadoop-eco"
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
        Where the two were found, in words.
    """

    id: str
    secret: Secret
    source: str

    def __post_init__(self) -> None:
        for what, text in (("id", self.id), ("secret", self.secret.reveal())):
            if not text or text != text.strip() or not text.isascii() or not text.isprintable():
                raise CredentialsError(
                    f"the credential {what} from {self.source} is empty or holds spaces or characters that no key has",
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


def check_endpoint(url: str) -> str:
    """Return `url` as the base of every call, without the API's prefix and a trailing slash.

    Raises
    ------
    CredentialsError
        When it is neither `https://` nor `http://` to this machine, or holds more than a host and a path.
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
    """Return whether `host` is this machine, judging by its name or address alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
