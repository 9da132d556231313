"""Where the API is and with which access key to call it, as values that show no secret."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from heco_jupyter.api.display.masking import remember
from heco_jupyter.api.model.errors import CredentialsError

if TYPE_CHECKING:
    from heco_jupyter.api.display.masking import Secret

DEFAULT_ENDPOINT = "https://hadoop-eco.kr-central-2.kakaocloud.com"
PREFIX = "/v2/hadoop-eco"
_LONGEST_SHOWN_ID = 8
# Shorter ids, such as an emulator's, may be words: masking them would garble messages.
_SHORTEST_MASKED_ID = 16
_QUOTES = frozenset("\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb")


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
        for half, fault in (("id", _fault(self.id)), ("secret", _fault(self.secret.reveal()))):
            if fault:
                raise CredentialsError(
                    f"the access key's {half}, from {self.source}, {fault}",
                    hint="copy it again from the console: profile (top right) > access keys",
                )
        if len(self.id) >= _SHORTEST_MASKED_ID:
            remember(self.id)  # it is no secret, but nobody needs it whole

    @classmethod
    def of(cls, credential_id: str | None, secret: Secret | None, source: str, names: tuple[str, str]) -> Credentials:
        """Return an access key of two halves that one source gave, either of which may be missing.

        Parameters
        ----------
        credential_id, secret, source
            The two halves, and where they were found.
        names
            What the source calls the two.

        Raises
        ------
        CredentialsError
            When a half is missing or empty, or cannot be right.
        """
        has_secret = secret is not None and secret.known and bool(secret.reveal())
        if credential_id and secret is not None and has_secret:
            return cls(credential_id, secret, source)
        if credential_id or has_secret:
            problem = "{} is set, {} is not".format(*(names if credential_id else names[::-1]))
        else:
            problem = f"{names[0]} and {names[1]} are not set"
        raise CredentialsError(f"{source}: {problem}", hint="they belong together: set both")

    @property
    def masked_id(self) -> str:
        """The id with its middle hidden, for showing."""
        return f"{self.id[:4]}…{self.id[-3:]}" if len(self.id) > _LONGEST_SHOWN_ID else f"{self.id[:2]}…"

    def __repr__(self) -> str:
        return f"Credentials({self.masked_id}, from {self.source})"


def _fault(text: str) -> str | None:
    """Return what is wrong with one half of an access key, without repeating any of it that could be secret."""
    if not text.strip():
        return "is empty"
    unseen = next((character for character in text if _is_unseen(character)), None)
    faults = (
        ("holds a line break", "\n" in text or "\r" in text),
        ("begins or ends with a space", text != text.strip()),
        ("begins or ends with a quotation mark", text[0] in _QUOTES or text[-1] in _QUOTES),
        (f"holds a character that is not visible, U+{ord(unseen or ' '):04X}", unseen is not None),
        ("holds a space", " " in text),
        ("holds letters that no key has", not text.isascii()),
    )
    return next((fault for fault, is_there in faults if is_there), None)


def _is_unseen(character: str) -> bool:
    """Return whether a character does not show: a byte order mark, a zero-width or a control character."""
    return character != " " and unicodedata.category(character)[0] in "CZ"


@dataclass(frozen=True, slots=True)
class Access:
    """What a connection needs: where to, and with which keys; and what else a profile says.

    Parameters
    ----------
    endpoint
        Base URL of the API.
    credentials
        The access key.
    timezone
        The time zone that the profile names; it counts where the user has chosen none.
    language
        The language that the profile names, `en` or `ko`.
    """

    endpoint: str
    credentials: Credentials
    timezone: str | None = None
    language: str | None = None


def check_endpoint(url: str) -> str:
    """Return `url` as the base of every call, without the API's prefix and a trailing slash.

    Raises
    ------
    CredentialsError
        When it is neither `https://` nor `http://` to this machine, or holds more than a host and a path.
    """
    if not url.strip():
        raise CredentialsError("the endpoint is empty", hint=f"leave it out, or give one: {DEFAULT_ENDPOINT}")
    scheme, host, is_bare = _judged(url.strip())
    if scheme not in ("https", "http") or not host or any(character.isspace() for character in url.strip()):
        raise CredentialsError(
            f"the endpoint {_shown(url)!r} is not a URL of an API", hint=f"the usual one is {DEFAULT_ENDPOINT}"
        )
    if not is_bare:
        raise CredentialsError(
            f"the endpoint for {host} holds a user, a query or a fragment",
            hint="give only https://HOST, and the keys by %heco login or the environment",
        )
    if scheme == "http" and not is_loopback(host):
        raise CredentialsError(
            f"the endpoint {_shown(url)!r} would send the keys unencrypted",
            hint="use https://; http:// is for 127.0.0.1 only",
        )
    parts = urlsplit(url.strip())
    return f"{scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix(PREFIX)}"


def _judged(url: str) -> tuple[str, str | None, bool]:
    """Return the scheme and the host of a URL, and whether it holds no user, password, query or fragment."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "", None, True
    user = parts.username is not None or parts.password is not None
    return parts.scheme, host, not (user or parts.query or parts.fragment)


def _shown(url: str) -> str:
    """Return a URL as an error names it: without a password or a token that may be in it."""
    return re.split(r"[?#]", url.strip().rpartition("@")[2])[0]


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine, judging by its name or address alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
