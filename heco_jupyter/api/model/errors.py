"""The tree of errors. Each reads as a short block: what failed, what the API said, what to do.

`HecoError` is the root. In a notebook a `HecoError` shows only its block, and the cell still fails with an `error`
output; from plain Python it is an ordinary exception. `heco_jupyter.errors` gives the tree its public name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from heco_jupyter.api.display.masking import mask
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import Said, Words
from heco_jupyter.api.display.tracebacks import traceback_lines

_BLOCK_LINE = 500


class HecoError(Exception):
    """Something failed; the message says what to do about it.

    Parameters
    ----------
    what
        What failed; `Words` where a panel may say it in another language.
    said
        The API's own words, if it answered.
    hint
        What to do next.
    """

    show_traceback: ClassVar[bool] = False
    """Whether a notebook shows the whole traceback, without values; `%config HecoMagics.tracebacks` sets it."""

    def __init__(self, what: str, *, said: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = _harmless(what)
        self.said = _harmless(said) if said else None
        self.hint = _harmless(hint) if hint else None
        self.args = (self.what,)

    def lines(self) -> list[str]:
        """Return the message, one entry a line."""
        return [line for line in (self.what, self.said, self.hint) if line]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of its own traceback, which in Verbose mode shows every value."""
        return traceback_lines(self) if self.show_traceback else self._block()

    def _block(self) -> list[str]:
        first, *rest = self.lines()
        return [f"{type(self).__name__}: {first}", *rest]


def _harmless(text: str) -> str:
    """Return a text as one line without secrets, in whatever language."""
    line = plain(mask(text), _BLOCK_LINE)
    return Words(_without_secrets(text.said), line) if isinstance(text, Words) else line


def _without_secrets(said: Said) -> Said:
    values = {
        name: _without_secrets(value) if isinstance(value, Said) else _harmless(_as_text(value))
        for name, value in said.values.items()
    }
    return Said(said.key, values)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else str(value)


class CommandError(HecoError):
    """A command or a function call makes no sense or asks for what cannot be done; nothing was sent."""


class CredentialsError(HecoError):
    """There are no usable keys, or no usable endpoint; nothing was sent."""


class UnknownClusterError(HecoError):
    """No cluster has this name or id, or more than one does."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a spec.

    Parameters
    ----------
    path
        Keys and list positions from the spec's root to the value: `("config", "hdfsReplication")`.
    message
        What is wrong and what to do, field named.
    line
        Line of the cell or file, counted from 1, where that is known.
    """

    path: tuple[str | int, ...]
    message: str
    line: int | None = None

    def __str__(self) -> str:
        return self.message if self.line is None else f"line {self.line}: {self.message}"


class SpecError(HecoError):
    """A create spec breaks the API's rules; nothing was sent.

    Parameters
    ----------
    problems
        Everything that is wrong, in the order to show.
    """

    shown: ClassVar[int] = 20

    def __init__(self, problems: list[Problem]) -> None:
        count = len(problems)
        super().__init__("the spec has a problem" if count == 1 else f"the spec has {count} problems")
        self.problems = problems

    def __reduce__(self) -> tuple[type[SpecError], tuple[list[Problem]]]:
        return (type(self), (self.problems,))

    def lines(self) -> list[str]:
        """Return a line with the number of problems, then one line a problem; the rest of a long list is counted."""
        lines = [plain(mask(str(problem)), _BLOCK_LINE) for problem in self.problems[: self.shown]]
        more = len(self.problems) - len(lines)
        return [f"{self.what}, nothing was sent", *lines, *([f"and {more} more"] if more > 0 else [])]


class TransportError(HecoError):
    """The API did not answer: network, proxy, time.

    Attributes
    ----------
    sent : bool
        Whether any of the request may have left this machine.
    transient : bool
        Whether another try may go better.
    is_final : bool
        Whether nothing will go better until somebody connects again: a proxy has refused the password.
    """

    def __init__(
        self,
        what: str,
        *,
        said: str | None = None,
        hint: str | None = None,
        sent: bool = True,
        transient: bool = True,
        is_final: bool = False,
    ) -> None:
        super().__init__(what, said=said, hint=hint)
        self.sent = sent
        self.transient = transient
        self.is_final = is_final


class ApiError(HecoError):
    """The API answered with an error, or with something that is not documented.

    Attributes
    ----------
    status : int
        The HTTP status.
    """

    def __init__(self, what: str, *, said: str | None = None, hint: str | None = None, status: int = 0) -> None:
        super().__init__(what, said=said, hint=hint)
        self.status = status


class BadRequestError(ApiError):
    """400: the API does not accept the request."""


class AuthenticationError(ApiError):
    """401: the API does not accept the keys."""


class ForbiddenError(ApiError):
    """403: the keys are good but may not do this."""


class NotFoundError(ApiError):
    """404: there is no such cluster."""


class ConflictError(ApiError):
    """409: the name is in use."""


class RateLimitError(ApiError):
    """429: too many requests."""


class ServerError(ApiError):
    """5xx: the API or a gateway in front of it failed."""


class UncertainError(HecoError):
    """A write was sent, its answer was lost, and a look at the API did not tell whether it was done."""


class WaitTimeoutError(HecoError):
    """The cluster did not reach the goal in time; it still may."""


class WaitFailedError(HecoError):
    """The cluster can no longer reach the goal."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitError,
}
_FIRST_SERVER_ERROR = 500


def error_class(status: int) -> type[ApiError]:
    """Return the `ApiError` for an HTTP status."""
    return _BY_STATUS.get(status, ServerError if status >= _FIRST_SERVER_ERROR else ApiError)


for _value in list(vars().values()):
    if isinstance(_value, type) and issubclass(_value, HecoError):
        _value.__module__ = "heco_jupyter.errors"  # as users import them, and as tracebacks and pickles name them
