"""Every fault of the table: what is sent, and how a call must end that meets it."""

from __future__ import annotations

import gzip
import itertools
import time
import zlib
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from faultserver import Answer, ConnectionFault, Ending, Fault, send
from wire import hang_up, raw, reset, silent

from heco_jupyter.errors import ApiError, RateLimitError, ServerError, TransportError, UncertainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wire import Conversation

    Play = Callable[[Conversation, Answer], None]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
HTML = "<html><body>key {0[credential-secret]} not known, your request was {0!r}</body></html>"
ELSEWHERE = "Location: http://127.0.0.2:9/v2/hadoop-eco/clusters\r\n"


def _cut(head: bytes, *, keep: float = 0.5) -> Play:
    """Send a part of the body and close; `%d` in the head stands for its full length."""

    def play(conversation: Conversation, answer: Answer) -> None:
        body = answer.body
        conversation.send(head.replace(b"%d", b"%d" % len(body)) + body[: int(len(body) * keep)])

    return play


def _length(text: str) -> Play:
    """Send the body with `text` as its length, in which `longer` and `shorter` stand for wrong lengths; then close."""

    def play(conversation: Conversation, answer: Answer) -> None:
        body = answer.body
        length = text.format(longer=len(body) + 10, shorter=len(body) - 10)
        conversation.send(HEAD + f"Content-Length: {length}\r\n\r\n".encode() + body)

    return play


def _chunks(end: bytes) -> Play:
    """Send half of the body as a chunk, then `end`."""

    def play(conversation: Conversation, answer: Answer) -> None:
        half = answer.body[: len(answer.body) // 2]
        conversation.send(CHUNKED + b"%x\r\n%b\r\n" % (len(half), half) + end)

    return play


def _body(body: bytes, headers: str = "") -> Play:
    return lambda conversation, answer: send(conversation, answer, body=body, headers=headers)


def _changed(change: Callable[[Any], Any]) -> Play:
    """Send the JSON of the answer after `change`."""
    return lambda conversation, answer: send(conversation, Answer(answer.status, change(answer.tree)))


def _status(status: int, headers: str = "") -> Play:
    """Refuse with a message that repeats the headers of the request, keys included."""

    def play(conversation: Conversation, _: Answer) -> None:
        send(conversation, Answer(status, {"message": HTML.format(conversation.headers)}), headers=headers)

    return play


def _html(conversation: Conversation, answer: Answer) -> None:
    send(conversation, Answer(200, None), body=HTML.format(conversation.headers).encode())


def _wire(script: Callable[[Conversation], None]) -> Play:
    return lambda conversation, _: script(conversation)


def _drip(start: bytes, drip: bytes) -> Play:
    def play(conversation: Conversation, _: Answer) -> None:
        conversation.send(start)
        while True:
            time.sleep(0.02)
            conversation.send(drip)

    return play


def _flood(start: bytes, flood: bytes) -> Play:
    def play(conversation: Conversation, _: Answer) -> None:
        conversation.send(start)
        while True:
            conversation.send(flood)

    return play


def _gzip_cut(conversation: Conversation, answer: Answer) -> None:
    packed = gzip.compress(answer.body)
    send(conversation, answer, body=packed[: len(packed) // 2], headers="Content-Encoding: gzip\r\n")


def _bomb() -> bytes:
    """Return a small body that unpacks to more than any answer may hold."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(8)) + packer.flush()


# Faults of pages


def _number(conversation: Conversation) -> int:
    return int(parse_qs(urlsplit(conversation.path).query).get("page", ["0"])[0])


def _size(conversation: Conversation) -> int:
    return int(parse_qs(urlsplit(conversation.path).query).get("size", ["20"])[0])


_ids = itertools.count(1)
_first_rows: dict[tuple[int, str], list[Any]] = {}


def _growing(conversation: Conversation, answer: Answer) -> None:
    """Send a larger total each time, on pages that are never empty."""
    number, size = _number(conversation), _size(conversation)
    rows = [
        row | {"id": f"kc-{next(_ids)}", "instanceId": f"i-{next(_ids)}"} for row in _rows_once(conversation, answer)
    ]
    content = answer.tree["content"] or (rows * size)[:size]
    more = {"content": content, "totalElements": answer.tree["totalElements"] + size * (number + 1)}
    send(conversation, Answer(200, answer.tree | more))


def _repeating(conversation: Conversation, answer: Answer) -> None:
    """Send the first page again and again."""
    send(conversation, Answer(200, answer.tree | {"content": _rows_once(conversation, answer)}))


def _rows_once(conversation: Conversation, answer: Answer) -> list[Any]:
    """Return the rows of the page of this list that was sent first."""
    where = (conversation.socket.getsockname()[1], urlsplit(conversation.path).path)
    return _first_rows.setdefault(where, answer.tree["content"])


def _smaller(*, honest: bool) -> Play:
    """Send two rows per page at most, and say so only when `honest`."""

    def play(conversation: Conversation, answer: Answer) -> None:
        size = min(2, _size(conversation))
        said = {"size": size, "pageable": {"pageSize": size}} if honest else {}
        send(conversation, Answer(200, answer.tree | said | {"content": answer.tree["content"][:size]}))

    return play


def _size_refused(conversation: Conversation, answer: Answer) -> None:
    if _size(conversation) > 100:
        send(conversation, Answer(400, {"message": "size must be 100 or less"}))
    else:
        send(conversation, answer)


def _page(**fields: Any) -> Play:
    return _changed(lambda tree: tree | fields)


def _wrong_types(tree: Any) -> Any:
    """Return the answer with values of the wrong types."""
    if "content" not in tree:
        return {"id": 7, "name": ["x"], "status": {"x": 1}, "workerCnt": "many"}
    return tree | {"content": [7]}


def _misfits(tree: Any) -> Any:
    """Return a page in which some values are of the wrong types, and none of them is an id."""
    return tree | {"content": [row | {"createdAt": {"x": 1}, "isMaster": 1, "owner": 5} for row in tree["content"]]}


def _many_fields(tree: Any) -> Any:
    return tree | {"content": [row | {f"field{n}": n for n in range(300)} for row in tree["content"]]}


def _modern(tree: Any) -> Any:
    """Return a page as Spring has it since its version 3.3: the totals in an object of their own."""
    names = ("size", "number", "totalElements", "totalPages")
    return {"content": tree["content"], "page": {name: tree[name] for name in names}}


def _another(tree: Any) -> Any:
    """Return the answer about a cluster that nobody asked for."""
    return tree | {"id": "kc-0001", "name": "cluster-1"}


def _plain(status: int, content_type: str) -> Play:
    """Refuse in plain text of some content type."""

    def play(conversation: Conversation, _: Answer) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: 2\r\n\r\n"
        conversation.send(head.encode() + b"no")
        conversation.keep = True

    return play


_PAST = formatdate(time.time() - 60, usegmt=True)
_FUTURE = formatdate(time.time() + 10**6, usegmt=True)
_SHORT_WAITS = {
    "": "",
    ", Retry-After in seconds": "Retry-After: 0\r\n",
    ", Retry-After a date": f"Retry-After: {_PAST}\r\n",
    ", Retry-After nonsense": "Retry-After: soon\r\n",
}
_LONG_WAITS = {
    ", Retry-After 30 years": "Retry-After: 1000000000\r\n",
    ", Retry-After of 400 digits": f"Retry-After: {'9' * 400}\r\n",
    ", Retry-After a late date": f"Retry-After: {_FUTURE}\r\n",
}
_LIST = {"lists_only": True}
_BROKEN = {"lasting": ApiError}
_REFUSED = {"lasting": ApiError, "transient": ApiError, "write_not_done": ApiError}
_ENDLESS = {"transient": TransportError}
_STALLS = {"transient": TransportError, "stalls": True}

FAULTS: dict[str, Fault] = {
    # The connection
    "connection refused": Fault(_wire(hang_up), write_not_done=Ending.CORRECT, connection=ConnectionFault.REFUSED),
    "reset before the request is read": Fault(_wire(reset), connection=ConnectionFault.RESET),
    "reset after the request was read": Fault(_wire(reset)),
    "closed without an answer": Fault(_wire(hang_up)),
    "silence": Fault(_wire(silent), **_STALLS),
    # Answers that are not HTTP, or only a part of it
    "garbage": Fault(_wire(raw(b"\x00\x01\x02 rubbish \xff\r\n\r\n"))),
    "another protocol": Fault(_wire(raw(b"SSH-2.0-OpenSSH_9.6\r\n"))),
    "a status line cut off": Fault(_wire(raw(b"HTTP/1.1 2"))),
    "headers cut off": Fault(_cut(HEAD, keep=0), **_BROKEN),
    "100 Continue, then nothing": Fault(_wire(raw(b"HTTP/1.1 100 Continue\r\n\r\n"))),
    "100 Continue again and again": Fault(_drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), **_STALLS),
    "half a body": Fault(_cut(HEAD + b"Content-Length: %d\r\n\r\n")),
    "half a body without a length": Fault(_cut(HEAD + b"\r\n"), **_BROKEN),
    "a length too long": Fault(_length("{longer}")),
    "a length too short": Fault(_length("{shorter}"), **_BROKEN),
    "a length that is not a number": Fault(_length("many"), lasting=Ending.CORRECT, readable=True),
    "two lengths": Fault(_length("{longer}, {shorter}")),
    "chunks cut off": Fault(_chunks(b"")),
    "a chunk cut off": Fault(_chunks(b"ff\r\n{")),
    "a chunk size that is not a number": Fault(_chunks(b"zz\r\n\r\n")),
    "headers that keep dripping": Fault(_drip(HEAD, b"X-Drip: 1\r\n"), **_STALLS),
    "a body that keeps dripping": Fault(_drip(HEAD + b"\r\n{", b" "), **_STALLS),
    "an endless body": Fault(_flood(HEAD + b"\r\n", bytes(2**16)), **_ENDLESS),
    "endless chunks": Fault(_flood(CHUNKED, b"10000\r\n" + bytes(2**16) + b"\r\n"), **_ENDLESS),
    "endless headers": Fault(_flood(HEAD, b"X-Header: " + b"x" * 500 + b"\r\n")),
    "a small body that unpacks to a huge one": Fault(_body(_bomb(), "Content-Encoding: gzip\r\n"), **_ENDLESS),
    "gzip that is not gzip": Fault(_body(b"{}", "Content-Encoding: gzip\r\n")),
    "gzip cut off": Fault(_gzip_cut, **_BROKEN),
    # Answers with status 200 and another body
    "200 with HTML": Fault(_html, **_BROKEN),
    "200 with an empty body": Fault(_body(b""), **_BROKEN),
    "200 with null": Fault(_body(b"null"), **_BROKEN),
    "200 with a list": Fault(_body(b"[]"), **_BROKEN),
    "200 with a number": Fault(_body(b"7"), **_BROKEN),
    "200 with an empty object": Fault(_body(b"{}"), **_BROKEN),
    "200 with wrong types": Fault(_changed(_wrong_types), **_BROKEN),
    "200 about another cluster": Fault(_changed(_another), one_cluster_only=True, **_BROKEN),
    "200 in UTF-16": Fault(lambda c, answer: send(c, answer, body=answer.body.decode().encode("utf-16")), **_BROKEN),
    "200 with a Date that makes no sense": Fault(
        lambda c, answer: send(c, answer, headers="Date: Fri, 99 Feb 99999 99:99:99 +9999\r\n"),
        lasting=Ending.CORRECT,
        readable=True,
    ),
    "200 with bad UTF-8": Fault(_body(b'{"id": "\xff\xfe"}'), **_BROKEN),
    "200 with deep nesting": Fault(_body(b"[" * 100_000), **_BROKEN),
    # Other statuses
    **{
        f"{status}{words}": Fault(_status(status, header), lasting=error, write_not_done=not_done)
        for status, error, not_done in ((429, RateLimitError, RateLimitError), (503, ServerError, UncertainError))
        for words, header in _SHORT_WAITS.items()
    },
    **{
        f"{status}{words}": Fault(_status(status, header), transient=error, lasting=error, write_not_done=not_done)
        for status, error, not_done in ((429, RateLimitError, RateLimitError), (503, ServerError, UncertainError))
        for words, header in _LONG_WAITS.items()
    },
    "503 in a charset that is none": Fault(_plain(503, "text/plain; charset=undefined"), lasting=ServerError),
    "302 to a URL that is none": Fault(_status(302, "Location: http://[\r\n"), **_REFUSED),
    "500": Fault(_status(500), transient=ServerError, lasting=ServerError),
    "502": Fault(_status(502), lasting=ServerError),
    "504": Fault(_status(504), lasting=ServerError),
    **{f"{status} to another host": Fault(_status(status, ELSEWHERE), **_REFUSED) for status in (301, 302, 307, 308)},
    # Pages of a list
    "pages that never end": Fault(_growing, lasting=Ending.INCOMPLETE, **_LIST),
    "a billion rows": Fault(_page(totalElements=10**9), transient=ApiError, lasting=ApiError, **_LIST),
    "pages that repeat": Fault(_repeating, lasting=Ending.INCOMPLETE, **_LIST),
    "empty pages of a full list": Fault(_page(content=[]), lasting=Ending.INCOMPLETE, **_LIST),
    "a total too large": Fault(_page(totalElements=9), lasting=Ending.INCOMPLETE, **_LIST),
    "a total too small": Fault(_page(totalElements=1), lasting=Ending.INCOMPLETE, **_LIST),
    "a total that is text": Fault(_page(totalElements="7"), lasting=ApiError, breaks_connect=True, **_LIST),
    "values of the wrong types": Fault(_changed(_misfits), lasting=Ending.CORRECT, readable=True, **_LIST),
    "300 fields a row": Fault(_changed(_many_fields), lasting=ApiError, breaks_connect=True, **_LIST),
    "totals in an object of their own": Fault(_changed(_modern), lasting=Ending.CORRECT, readable=True, **_LIST),
    "pages smaller than requested": Fault(_smaller(honest=True), lasting=Ending.CORRECT, page_size=1000, **_LIST),
    "pages smaller than they say": Fault(_smaller(honest=False), lasting=Ending.CORRECT, page_size=1000, **_LIST),
    "a page size refused": Fault(_size_refused, lasting=Ending.CORRECT, page_size=1000, **_LIST),
}
