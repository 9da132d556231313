"""Reading a JSON object field by field, so that one response can list everything that is wrong with a body."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from heco_jupyter.emulator.refusals import invalid_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAX_INT = 2**31 - 1


@dataclass(slots=True)
class ObjectReader:
    """Reads the fields of a JSON object.

    Each method returns the value of a field. If the field is missing or wrong, it records the problem and returns an
    empty value.

    Parameters
    ----------
    content
        The object.
    prefix
        What to put in front of the name of a field: the path of the object within the body.
    problems
        The problems so far; an object shares this list with the objects inside it.
    refused
        The names of the fields with a problem.
    is_present
        Whether the body has this object at all.
    """

    content: Mapping[str, Any]
    prefix: str = ""
    problems: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    is_present: bool = True

    def value(self, name: str) -> Any:
        """Return a field unchecked, `None` if it is absent."""
        return self.content.get(name)

    def refuse(self, name: str, problem: str) -> None:
        """Record a problem of one field."""
        self.refused.add(name)
        self.problems.append(f"{self.prefix}{name} {problem}")

    def raise_problems(self) -> None:
        """Raise a `RefusedError` that lists every problem, if there is any."""
        if self.problems:
            raise invalid_request(self.problems)

    def string(self, name: str, *, required: bool = True, choices: Sequence[str] = ()) -> str:
        """Return a string, which must be one of `choices` if there are any."""
        value = self.value(name)
        if value is None:
            if required:
                self.refuse(name, "is required")
        elif not isinstance(value, str):
            self.refuse(name, "must be a string")
        elif choices and value not in choices:
            self.refuse(name, f"must be one of {', '.join(choices)}")
        elif required and not value.strip():
            self.refuse(name, "must not be empty")
        else:
            return value
        return ""

    def strings(self, name: str) -> tuple[str, ...]:
        """Return an optional list of strings."""
        value = self.value(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
            self.refuse(name, "must be a list of strings")
            return ()
        return tuple(value)

    def boolean(self, name: str) -> bool:
        """Return a required boolean."""
        value = self.value(name)
        if value is None:
            self.refuse(name, "is required")
        elif not isinstance(value, bool):
            self.refuse(name, "must be true or false")
        return value is True

    def integer(self, name: str, *, default: int | None = None, minimum: int = 1, maximum: int = _MAX_INT) -> int:
        """Return an integer, which is required unless it has a default."""
        value = self.value(name)
        if value is None:
            if default is None:
                self.refuse(name, "is required")
            return default or 0
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(name, "must be an integer")
        elif value < minimum:
            self.refuse(name, f"must be at least {minimum}")
        elif value > maximum:
            self.refuse(name, f"must be at most {maximum}")
        else:
            return value
        return 0

    def base64(self, name: str, *, required: bool = False) -> bytes:
        """Return the decoded content of a Base64 string."""
        text = self.string(name, required=required)
        if name in self.refused or self.value(name) is None:
            return b""
        try:
            decoded = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            decoded = b""
        if not decoded:
            self.refuse(name, "must be Base64")
        return decoded

    def either(self, first: str, second: str) -> str:
        """Return an optional string that has one of two names."""
        texts = [self.string(name, required=False) for name in (first, second)]
        if all(texts):
            self.problems.append(f"give either {self.prefix}{first} or {self.prefix}{second}, not both")
        return texts[0] or texts[1]

    def object(self, name: str, *, required: bool = False) -> ObjectReader:
        """Return a reader for an object inside this one."""
        value = self.value(name)
        prefix = f"{self.prefix}{name}."
        if isinstance(value, dict):
            return ObjectReader(value, prefix, self.problems)
        if value is not None or required:
            self.refuse(name, "is required" if value is None else "must be an object")
        # The missing fields of a missing object are no problems of their own.
        return ObjectReader({}, prefix, [], is_present=False)
