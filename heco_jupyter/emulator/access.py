"""Access control: which access keys are accepted, and which one is read-only."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heco_jupyter.emulator.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key and its secret. The `repr` leaves the secret out."""

    id: str
    secret: str = field(repr=False)

    def matches(self, key_id: str, secret: str) -> bool:
        """Return whether a caller presented this key. Both parts are compared in constant time."""
        same_id = hmac.compare_digest(self.id.encode(), key_id.encode())
        same_secret = hmac.compare_digest(self.secret.encode(), secret.encode())
        return same_id and same_secret


def random_access_key() -> AccessKey:
    """Return a new access key that cannot be guessed."""
    return AccessKey(secrets.token_hex(16), secrets.token_urlsafe(32))


@dataclass(frozen=True, slots=True)
class AccessControl:
    """Decides whether a request is allowed.

    Parameters
    ----------
    full_access
        The key that allows every request.
    read_only
        The key that allows reads only.
    accept_any
        Let every other non-empty key do everything too.
    """

    full_access: AccessKey
    read_only: AccessKey
    accept_any: bool = False

    def check(self, headers: Mapping[str, str], *, is_write: bool) -> None:
        """Return if the access key in `headers` allows the request.

        Raises
        ------
        RefusedError
            With 401 or 403 if it does not.
        """
        key_id, secret = headers.get("Credential-ID") or "", headers.get("Credential-Secret") or ""
        if not key_id or not secret:
            raise RefusedError(401, "Unauthorized", "The headers Credential-ID and Credential-Secret are required")
        if self.read_only.matches(key_id, secret):
            if is_write:
                raise RefusedError(403, "Forbidden", "This access key is read-only")
        elif not self.accept_any and not self.full_access.matches(key_id, secret):
            raise RefusedError(401, "Unauthorized", "The access key or its secret is wrong")
