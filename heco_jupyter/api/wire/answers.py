"""What the API answered, and the `ApiError` for an answer that is not a success."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from email.message import Message
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from heco_jupyter.api.display.masking import mask
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import Said, Words
from heco_jupyter.api.model.call import BodyError
from heco_jupyter.api.model.errors import ApiError, AuthenticationError, RateLimitError, error_class
from heco_jupyter.api.wire.bodies import parse_json

if TYPE_CHECKING:
    from heco_jupyter.api.model.access import Credentials
    from heco_jupyter.api.model.call import Call
    from heco_jupyter.api.model.errors import HecoError

LARGEST_ERROR_BODY = 64 * 2**10
"""Bytes read of the body of an answer that is not a success."""
SNIPPET = 200
"""Characters shown of somebody else's text."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer.

    Parameters
    ----------
    status
        The HTTP status.
    content_type
        The `Content-Type` header, or an empty string.
    content
        The body, unpacked.
    location
        The `Location` header.
    retry_after
        Seconds that the `Retry-After` header asks to wait.
    """

    status: int
    content_type: str
    content: bytes = field(repr=False)  # it may repeat a secret
    location: str | None
    retry_after: float | None

    @property
    def text(self) -> str:
        """The body as a person would read it; JSON is read from the bytes.

        Only charsets in which ASCII is ASCII are believed: in any other, a secret could not be found and masked.
        """
        header = Message()
        header["Content-Type"] = self.content_type
        try:
            charset = codecs.lookup(header.get_content_charset("utf-8")).name
        except (LookupError, ValueError):  # ValueError for a name with a NUL or a surrogate in it
            charset = "utf-8"
        return self.content.decode(charset if charset in _CHARSETS else "utf-8", "replace")

    @property
    def is_page(self) -> bool:
        """Whether the body is a web page, as proxies and gateways send it, and the API does not."""
        return "html" in self.content_type.lower() or self.text.lstrip().startswith("<")


_CHARSETS = frozenset({"ascii", "utf-8", "iso8859-1", "cp1252", "cp949", "euc_kr"})

_FORBIDDEN = 403
_WITH_A_MEANING = (400, 401, 403, 404, 407, 409, 429)
_HINTS = {
    403: "ask whoever runs the project for the permission, or use another access key (%heco login)",
    404: "%heco list shows the clusters there are",
    407: "put them into HTTPS_PROXY, as http://NAME:PASSWORD@HOST:PORT, and connect again",
    409: "choose another name, or delete the cluster that has it (%heco list --active)",
    429: "wait a little, then try again",
}
_FIRST_SERVER_ERROR = 500


def meaning(status: int) -> str:
    """Return an HTTP status and what it means here."""
    if status in _WITH_A_MEANING:
        return Words(Said(f"status_{status}"))
    return Words(Said("status_5xx", {"status": status})) if status >= _FIRST_SERVER_ERROR else str(status)


def could_not(call: Call, reason: str) -> Words:
    """Return what a request could not do, and why."""
    return Words(Said("could_not", {"doing": call.doing, "reason": reason}))


def reason_of(error: HecoError) -> str:
    """Return why a request failed, without what it was for."""
    reason = error.what.said.values.get("reason") if isinstance(error.what, Words) else None
    return reason if isinstance(reason, str) else error.what


def refusal(
    call: Call, answer: Answer, credentials: Credentials, *, tries: int = 1, proxy: str | None = None
) -> ApiError:
    """Return the error for an answer whose status is not a success; `proxy` is what the request went by."""
    kind = error_class(answer.status)
    if answer.status == _FORBIDDEN and answer.is_page:  # from whatever is on the way, such as a proxy that opens TLS
        by = Words(Said("behind_proxy", {"proxy": proxy})) if proxy else Words(Said("on_the_way"))
        return kind(
            could_not(call, Words(Said("web_page", {"status": answer.status, "by": by}))),
            hint="ask whoever runs it to let requests to the API through",
            status=answer.status,
        )
    reason = meaning(answer.status)
    what = could_not(call, Words(Said("tries", {"meaning": reason, "tries": tries})) if tries > 1 else reason)
    said = _own_words(answer)
    hint = _HINTS.get(answer.status)
    if answer.status in range(300, 400):
        target = _host_of(answer.location) or "elsewhere"
        hint = f"a redirect to {target} is not followed, since it would take your keys there: check the endpoint"
    elif kind is AuthenticationError:
        hint = (
            f"the keys {credentials.masked_id} from {credentials.source} were not accepted: "
            "check them, or type %heco login"
        )
    elif kind is RateLimitError and answer.retry_after:
        hint = f"the API asks to wait {answer.retry_after:.0f} s before the next try"
    return kind(what, said=said and Words(Said("api_says", {"said": said})), hint=hint, status=answer.status)


def _host_of(url: str | None) -> str | None:
    try:
        return urlsplit(url or "").netloc
    except ValueError:
        return None


def not_documented(call: Call, answer: Answer, host: str, reason: str) -> ApiError:
    """Return the error for a response that is not what the API documents."""
    # Masked before it is cut, so that no half of a secret is left over.
    start = plain(mask(answer.text[:LARGEST_ERROR_BODY]), SNIPPET)
    return ApiError(
        could_not(call, f"{host} answered {answer.status}, but {reason}"),
        said=f"{answer.content_type or 'no content type'}: {start or '(nothing)'}",
        hint="check that the endpoint is a Hadoop Eco API (%heco whoami)",
        status=answer.status,
    )


# Keys under which error bodies of many services carry their message, the most telling first.
_MESSAGE_KEYS = (
    *("message", "errorMessage", "error_description", "detail", "details", "title", "reason", "msg"),
    *("error", "errors", "defaultMessage"),
)
_CODE_KEYS = ("code", "errorCode", "error_code")
_LIST_KEYS = ("errors", "details", "fieldErrors")
_MOST_MESSAGES = 5
_DEEPEST = 5


def _own_words(answer: Answer) -> str | None:
    """Return what the API itself said about an error, whose body's shape is not documented."""
    text = answer.text.strip()
    if not text:
        return None
    try:
        message = _find_message(parse_json(text.encode()))
    except BodyError:
        message = None
    if message:
        return plain(mask(message))
    if answer.is_page:
        return None  # a gateway's page says nothing that its status does not
    return plain(mask(text), SNIPPET)


def _find_message(value: Any, depth: int = 0) -> str | None:
    """Return the message in an error body, with its code beside it.

    It may be `{"error": {"code": ..., "message": ...}}`, Spring's own, or a list of `{"loc": [...], "msg": ...}`.
    """
    if depth > _DEEPEST:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list):
        messages = (_find_message(item, depth + 1) for item in value[:_MOST_MESSAGES])
        return "; ".join(filter(None, messages)) or None
    if isinstance(value, dict):
        message = next((words for key in _MESSAGE_KEYS if (words := _find_message(value.get(key), depth + 1))), None)
        lists = (value[key] for key in _LIST_KEYS if isinstance(value.get(key), list))
        details = next((words for items in lists if (words := _find_message(items, depth + 1))), message)
        found = message if message == details else f"{message}: {details}"
        return _with_place_and_code(found, value) if found else None
    return None


def _with_place_and_code(message: str, body: dict[str, Any]) -> str:
    place = body.get("loc")
    if isinstance(place, list):  # as FastAPI has it: ["body", "workerCnt"]
        message = f"{'.'.join(str(part) for part in place if part != 'body')}: {message}"
    code = next((body[key] for key in _CODE_KEYS if isinstance(body.get(key), str | int)), None)
    return message if code is None or str(code) in message else f"{message} ({code})"
