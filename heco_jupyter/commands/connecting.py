"""The commands about the connection: connect, login, whoami."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heco_jupyter.api import connection
from heco_jupyter.api.display.masking import Hidden
from heco_jupyter.api.model.errors import CredentialsError

if TYPE_CHECKING:
    from argparse import Namespace

    from heco_jupyter.api.client import Client
    from heco_jupyter.commands.context import CommandContext


@dataclass(frozen=True)
class ConnectionInfo:
    """Which API a notebook talks to, and with whose key.

    Parameters
    ----------
    endpoint
        Base URL of the API.
    credential_id
        Id of the access key, masked.
    source
        Where the key came from.
    is_local
        Whether the API is the local emulator.
    """

    endpoint: str
    credential_id: str
    source: str
    is_local: bool

    @classmethod
    def of(cls, client: Client) -> ConnectionInfo:
        """Describe `client`."""
        credentials = client.credentials
        return cls(client.endpoint, credentials.masked_id, credentials.source, client.is_local)

    def __repr__(self) -> str:
        where = f"local emulator at {self.endpoint}" if self.is_local else self.endpoint
        source = "" if self.is_local else f", from {self.source}"
        return f"{where}, key {self.credential_id}{source}"

    def _repr_html_(self) -> str:
        badge = "<b>local emulator</b> " if self.is_local else ""
        source = "" if self.is_local else f", from {html.escape(self.source)}"
        return (
            f"<span>{badge}{html.escape(self.endpoint)}, "
            f"key <code>{html.escape(self.credential_id)}</code>{source}</span>"
        )


def connect(context: CommandContext, options: Namespace) -> ConnectionInfo:  # noqa: ARG001 (every action takes both)
    """Connect by the usual order, and check the keys."""
    client = connection.connect(endpoint=options.endpoint, profile=options.profile, local=options.local)
    return ConnectionInfo.of(client)


def login(context: CommandContext, options: Namespace) -> ConnectionInfo:
    """Ask for an access key, and connect with it."""
    credential_id = _hidden(context.ask("Access key id: "))
    secret = _hidden(context.ask("Secret access key (hidden): ", hidden=True)) if credential_id else None
    if not credential_id or not secret:
        raise CredentialsError(
            "no access key was entered" if credential_id == "" or secret == "" else "there is nobody to ask for a key",
            hint="run %heco login where you can type, or set HECO_CREDENTIAL_ID and HECO_CREDENTIAL_SECRET",
        )
    client = connection.connect(endpoint=options.endpoint, credential_id=credential_id, credential_secret=secret)
    return ConnectionInfo.of(client)


def _hidden(answer: str | None) -> str | None:
    """Return an answer that no traceback shows; one of nothing but spaces is none."""
    return Hidden(answer if answer.strip() else "") if answer is not None else None


def whoami(context: CommandContext, options: Namespace) -> ConnectionInfo:  # noqa: ARG001 (every action takes both)
    """Describe the connection."""
    return ConnectionInfo.of(connection.current())
