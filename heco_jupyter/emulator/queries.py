"""Paging, filtering and sorting: from a query string to a page in the form of the Spring framework."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from heco_jupyter.emulator.lifecycle import is_terminated
from heco_jupyter.emulator.refusals import invalid_request

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_SIZE = 20


@dataclass(frozen=True, slots=True)
class ListRules:
    """What a list can be sorted by, searched by and filtered by."""

    sortable: frozenset[str]
    searchable: tuple[str, ...]
    has_terminated: bool


CLUSTER_LIST = ListRules(
    sortable=frozenset(
        {"id", "name", "status", "owner", "clusterType", "clusterVersion", "apiKeyStatus"}
        | {"masterCnt", "workerCnt", "createdAt", "runningAt", "elapsedTime"}
    ),
    searchable=("name", "apiKeyStatus"),
    has_terminated=True,
)
# The vendor's second example sorts VMs by status, although its list of sortable fields lacks it.
VM_LIST = ListRules(
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


def parse_params(query: str) -> list[tuple[str, str]]:
    """Return the decoded parameters of a query string, in order."""
    return parse_qsl(query, keep_blank_values=True, errors="replace")


def parse_query(params: Sequence[tuple[str, str]], rules: ListRules, *, max_page_size: int) -> Query:
    """Return the checked query. Undocumented parameters are ignored, as in the framework that the vendor uses.

    Raises
    ------
    RefusedError
        With a 400 that lists every problem.
    """
    problems: list[str] = []
    single: dict[str, str] = {}
    for key, value in params:
        if key != "sort" and key in single:
            problems.append(f"{key[:50]} is given more than once")
        single[key] = value
    sorts = [_parse_sort(value, rules, problems) for key, value in params if key == "sort"]
    includeTerminated = single.get("includeTerminated", "true") if rules.has_terminated else "true"
    if includeTerminated not in ("true", "false"):
        problems.append("includeTerminated must be true or false")
    size = _parse_integer(single, "size", DEFAULT_SIZE, 1, problems)
    page = _parse_integer(single, "page", 0, 0, problems)
    if problems:
        raise invalid_request(problems)
    return Query(
        size=min(size, max_page_size),
        page=page,
        sorts=tuple(sorts) or (Sort("createdAt", descending=True),),
        contains=tuple((field, single[field]) for field in rules.searchable if field in single),
        includeTerminated=includeTerminated == "true",
    )


def select_page(items: Sequence[dict[str, Any]], query: Query) -> dict[str, Any]:
    """Return the requested page of the filtered and sorted `items`; ties keep the order of `items`."""
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
    # Missing values come first. Loaded items may mix types, and only values of one kind can be compared.
    if value is None:
        return (0, 0)
    return (1, value) if isinstance(value, int | float) else (2, str(value))


def _parse_sort(value: str, rules: ListRules, problems: list[str]) -> Sort:
    field, _, direction = value.partition(",")
    if direction.casefold() not in ("asc", "desc"):
        problems.append("sort must be a field and asc or desc, as in name,asc")
    elif field not in rules.sortable:
        problems.append(f"sort must be by one of {', '.join(sorted(rules.sortable))}")
    return Sort(field, descending=direction.casefold() == "desc")


def _parse_integer(single: dict[str, str], key: str, default: int, minimum: int, problems: list[str]) -> int:
    text = single.get(key)
    if text is None:
        return default
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) < minimum:
        problems.append(f"{key} must be an integer of at least {minimum}")
        return default
    return int(text)
