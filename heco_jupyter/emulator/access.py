"""Who may call: access keys, and which of them may only read."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heco_jupyter.emulator.errors import ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key and its secret; the secret is in no `repr`."""

    id: str
    secret: str = field(repr=False)

    def is_given_by(self, key_id: str, secret: str) -> bool:
        """Tell whether a caller presented this key; both parts are compared in constant time."""
        same_id = hmac.compare_digest(self.id.encode(), key_id.encode())
        same_secret = hmac.compare_digest(self.secret.encode(), secret.encode())
        return same_id and same_secret


def new_access_key() -> AccessKey:
    """Make up a key that nobody can guess."""
    return AccessKey(secrets.token_hex(16), secrets.token_urlsafe(32))


@dataclass(frozen=True, slots=True)
class Gate:
    """Decide who may call.

    Parameters
    ----------
    full
        The key that may do everything.
    read_only
        The key that may only read.
    anyone
        Let any key that is not empty do everything, except for `read_only`.
    """

    full: AccessKey
    read_only: AccessKey
    anyone: bool = False

    def admit(self, headers: Mapping[str, str], *, writes: bool) -> None:
        """Let a call pass, or raise the 401 or 403 it deserves."""
        key_id, secret = headers.get("Credential-ID") or "", headers.get("Credential-Secret") or ""
        if not key_id or not secret:
            raise ProblemError(401, "Unauthorized", "The headers Credential-ID and Credential-Secret are required")
        if self.read_only.is_given_by(key_id, secret):
            if writes:
                raise ProblemError(403, "Forbidden", "This access key may only read")
        elif not self.anyone and not self.full.is_given_by(key_id, secret):
            raise ProblemError(401, "Unauthorized", "The access key or its secret is wrong")
