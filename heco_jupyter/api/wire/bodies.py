"""The JSON in the body of a response, within bounds that keep memory and time small whatever a server sends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.call import BodyError
from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.lookup import looks_like_id

if TYPE_CHECKING:
    from collections.abc import Collection

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What msgspec raises for a body that it does not accept; a ValueError for one that is not UTF-8."""

LARGEST_BODY = 32 * 2**20
"""Bytes of a body, unpacked: some 80,000 clusters on one page, of which 1,000 are asked for."""
MOST_OBJECTS = 250_000
"""Objects and lists in a body: 100,000 rows on one page, with an object or two in each. In memory each is far more."""
MOST_VALUES = 1_500_000
"""Values in a body: 100,000 rows of 15 fields."""
_HARMLESS = 2**20  # bytes; of these, whatever they hold takes less than 100 MiB, and need not be counted
DEEPEST = 64
"""Levels of nesting: the documented bodies have 5, and code that walks a deeper one could run out of stack."""
_TOO_DEEP = f"its body is nested more than {DEEPEST} deep"


def check_bounds(body: bytes) -> None:
    """Check what a body would take in memory, before it is decoded.

    Raises
    ------
    BodyError
        When it holds more objects or values than any documented one; letters within texts count, which does no harm.
    """
    if len(body) <= _HARMLESS:
        return
    if body.count(b"{") + body.count(b"[") > MOST_OBJECTS:
        raise BodyError(f"its body holds more than {MOST_OBJECTS} objects")
    if body.count(b",") > MOST_VALUES:
        raise BodyError(f"its body holds more than {MOST_VALUES} values")


def parse_json(body: bytes) -> Any:
    """Return what is in `body`.

    Raises
    ------
    BodyError
        When it is not JSON in UTF-8, or out of bounds.
    """
    check_bounds(body)
    try:
        # First without making anything of it: in the deepest nesting, Python might collect garbage, whose finalizers
        # would be left without stack.
        msgspec.json.decode(body, type=msgspec.Raw)
        value = msgspec.json.decode(body)
    except RecursionError:
        raise BodyError(_TOO_DEEP) from None
    except UNREADABLE:  # not JSON to the letter: Python also reads NaN and half a surrogate pair
        value = _parse_leniently(body)
    _check_depth(value)
    return value


def _parse_leniently(body: bytes) -> Any:
    if not body.strip():
        raise BodyError("its body is empty")
    try:
        # Decoded first: json.loads would also take UTF-16 and UTF-32, in which the bounds above see nothing.
        return json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BodyError("its body is not JSON") from None


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        inner = []
        for item in level:
            children = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
            inner += [child for child in children if isinstance(child, dict | list)]
        if not inner:
            return
        level = inner
    raise BodyError(_TOO_DEEP)


def read_cluster(
    body: bytes,
    *,
    timezone: str,
    cluster_id: str | None = None,
    name: str | None = None,
    others: Collection[str] = frozenset(),
) -> Cluster:
    """Return the cluster in the body of a response about one cluster.

    Parameters
    ----------
    body
        The body.
    timezone
        IANA name of the zone for its times.
    cluster_id, name
        What the request was about, where it was about a cluster that has one.
    others
        Ids of clusters that it was certainly not about.

    Raises
    ------
    BodyError
        When it is no cluster, or another than was asked for: whoever goes on with it would act on the wrong one.
    """
    raw = parse_json(body)
    if not isinstance(raw, dict) or not isinstance(raw.get("id"), str) or not raw["id"]:
        raise BodyError("its body is not a cluster: an object with an id")
    if raw["id"] in others or (cluster_id is not None and not _is_same_id(raw["id"], cluster_id)):
        raise BodyError(f"its body is about another cluster: {plain(raw['id'], 80)}")
    if name is not None and raw.get("name") not in (None, name):
        raise BodyError(f"its body is about another cluster: {plain(raw['name'], 80)}")
    return Cluster(raw, timezone)


def _is_same_id(one: str, other: str) -> bool:
    """Return whether two ids name one cluster: only of UUIDs is it known that upper and lower case are the same."""
    return one == other or (looks_like_id(one) and looks_like_id(other) and one.lower() == other.lower())
