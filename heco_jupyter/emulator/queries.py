"""Paging, filtering and sorting: from a query string to one of Spring's pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from heco_jupyter.emulator.errors import invalid
from heco_jupyter.emulator.lifecycle import is_terminated

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_SIZE = 20


@dataclass(frozen=True, slots=True)
class Listing:
    """What one of the lists can be asked for."""

    sortable: frozenset[str]
    searchable: tuple[str, ...]
    has_terminated: bool


CLUSTERS = Listing(
    sortable=frozenset(
        {"id", "name", "status", "owner", "clusterType", "clusterVersion", "apiKeyStatus"}
        | {"masterCnt", "workerCnt", "createdAt", "runningAt", "elapsedTime"}
    ),
    searchable=("name", "apiKeyStatus"),
    has_terminated=True,
)
# The vendor's own second example sorts VMs by status, which its list of sortable fields lacks.
VMS = Listing(
    sortable=frozenset({"name", "instanceId", "isMaster", "flavorName", "ip", "floatingIp", "createdAt", "status"}),
    searchable=("ip", "name", "instanceId"),
    has_terminated=False,
)


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort criterion."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A checked request for one page of a list."""

    size: int
    page: int
    sorts: tuple[Sort, ...]
    contains: tuple[tuple[str, str], ...]
    includeTerminated: bool


def parse_pairs(query: str) -> list[tuple[str, str]]:
    """Split a query string into its decoded parameters."""
    return parse_qsl(query, keep_blank_values=True, errors="replace")


def parse_query(pairs: Sequence[tuple[str, str]], listing: Listing, *, max_page_size: int) -> Query:
    """Check a query; parameters nobody has documented are ignored, as the vendor's framework does."""
    problems: list[str] = []
    single: dict[str, str] = {}
    for key, value in pairs:
        if key != "sort" and key in single:
            problems.append(f"{key[:50]} is given more than once")
        single[key] = value
    sorts = [_parse_sort(value, listing, problems) for key, value in pairs if key == "sort"]
    includeTerminated = single.get("includeTerminated", "true") if listing.has_terminated else "true"
    if includeTerminated not in ("true", "false"):
        problems.append("includeTerminated must be true or false")
    size = _parse_integer(single, "size", DEFAULT_SIZE, 1, problems)
    page = _parse_integer(single, "page", 0, 0, problems)
    if problems:
        raise invalid(problems)
    return Query(
        size=min(size, max_page_size),
        page=page,
        sorts=tuple(sorts) or (Sort("createdAt", descending=True),),
        contains=tuple((field, single[field]) for field in listing.searchable if field in single),
        includeTerminated=includeTerminated == "true",
    )


def select_page(items: Sequence[dict[str, Any]], query: Query) -> dict[str, Any]:
    """Filter, sort and cut `items` into the page asked for; ties keep the order of `items`."""
    chosen = [item for item in items if _matches(item, query)]
    for sort in reversed(query.sorts):
        chosen.sort(key=lambda item, field=sort.field: _sort_key(item.get(field)), reverse=sort.descending)  # type: ignore[misc]
    offset = query.page * query.size
    content = chosen[offset : offset + query.size]
    total_pages = -(-len(chosen) // query.size)
    sort_info = {"empty": False, "sorted": True, "unsorted": False}
    return {
        "content": content,
        "pageable": {
            "pageNumber": query.page,
            "pageSize": query.size,
            "sort": sort_info,
            "offset": offset,
            "unpaged": False,
            "paged": True,
        },
        "totalPages": total_pages,
        "totalElements": len(chosen),
        "last": query.page + 1 >= total_pages,
        "size": query.size,
        "number": query.page,
        "sort": sort_info,
        "numberOfElements": len(content),
        "first": query.page == 0,
        "empty": not content,
    }


def _matches(item: dict[str, Any], query: Query) -> bool:
    if not query.includeTerminated and is_terminated(str(item.get("status", ""))):
        return False
    return all(part in str(item.get(field, "")) for field, part in query.contains)


def _sort_key(value: Any) -> tuple[int, Any]:
    # Absent comes first, and loaded items may mix types: each kind is compared with its own only.
    if value is None:
        return (0, 0)
    return (1, value) if isinstance(value, int | float) else (2, str(value))


def _parse_sort(value: str, listing: Listing, problems: list[str]) -> Sort:
    field, _, direction = value.partition(",")
    if direction.casefold() not in ("asc", "desc"):
        problems.append("sort must be a field and asc or desc, such as name,asc")
    elif field not in listing.sortable:
        problems.append(f"sort must name one of {', '.join(sorted(listing.sortable))}")
    return Sort(field, descending=direction.casefold() == "desc")


def _parse_integer(single: dict[str, str], key: str, default: int, minimum: int, problems: list[str]) -> int:
    text = single.get(key)
    if text is None:
        return default
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) < minimum:
        problems.append(f"{key} must be an integer of at least {minimum}")
        return default
    return int(text)
