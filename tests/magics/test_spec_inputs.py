"""A table of inputs: every field of a spec x every kind of value and of Base64, typed into a cell.

Each is sent as it was written, or answered with a message that names its line: no value changes silently, and there is
no traceback. What came of each is in `.artifacts/inputs`.
"""

from __future__ import annotations

import base64
import itertools
import json
import textwrap
from typing import Any

import pytest
from support import ARTIFACTS, SPEC, Notebook, as_yaml, spec, writes

from heco_jupyter.api.model.fields import FIELDS, Encoded, Field, FieldKind
from heco_jupyter.errors import BadRequestError, ConflictError, SpecError

SCRIPT = "#!/bin/bash\necho 안녕\u3000🎉 '\x1b[31m'~\n"
SETTINGS = json.dumps({"configurations": [{"classification": "core-site", "properties": {"a": "값 ~~~"}}]})
PARENTS = {
    "adminInfo": {"userId": "admin"},
    "config": SPEC["config"],
    "userTask": {"type": "hive", "terminationPolicy": "never"},
    "hiveDbInfo": {"objectId": "o", "dbName": "d", "userId": "u", "userPw": "aHVudGVyMg=="},
    "dataCatalogInfo": {"catalogId": "c"},
    "dataCatalog": {"catalogId": "c"},
    "redisInfo": {"objectId": "r"},
}
NUMBERS = itertools.count()
LEAVES = [field for field in FIELDS if field.kind is not FieldKind.OBJECT]


def of(text: str, encoding: str = "utf-8") -> str:
    return base64.b64encode(text.encode(encoding)).decode()


def wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 76)) + "\n"


# Each as a text, which the cell has as it is.
BASE64 = {
    "whole": of,
    "wrapped at 76": lambda text: wrapped(of(text)),
    "with a byte order mark": lambda text: of(text, "utf-8-sig"),
    "of cp949": lambda text: of(text.replace("🎉", ""), "cp949"),
    "unpadded": lambda text: of(text + " ").rstrip("="),
    "URL-safe": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "certutil": lambda text: f"-----BEGIN CERTIFICATE-----\n{wrapped(of(text))}-----END CERTIFICATE-----\n",
    "certutil without END": lambda text: f"-----BEGIN CERTIFICATE-----\n{wrapped(of(text))}",
    "cut": lambda text: of(text)[:-3],
    "with %": lambda text: f"{of(text)}%",
    "with a zero-width space": lambda text: f"{of(text)[:9]}\u200b{of(text)[9:]}",
    "of CRLF": lambda text: of(text.replace("\n", "\r\n")),
    "the text itself": str,
    "the text with CRLF": lambda text: text.replace("\n", "\r\n"),
    "short and doubtful": lambda _: "date",
    "a placeholder": lambda _: "<base_64_string>",
}
# Each as it is written after the colon, with the text that it means, or None where it is none.
VALUES = {
    "a word": ("x-1", "x-1"),
    "Korean": ("이름-1", "이름-1"),
    "an emoji": ("x🎉", "x🎉"),
    "an emoji as a pair": ('"x\\ud83c\\udf89"', "x🎉"),
    "half an emoji": ('"x\\ud83c"', None),
    "1.50": ("1.50", "1.50"),
    "0.10": ("0.10", "0.10"),
    "1e3": ("1e3", "1e3"),
    "007": ("007", "007"),
    "no": ("no", "no"),
    "true": ("true", "true"),
    "null": ("null", None),
    "many digits": ("1" * 5000, "1" * 5000),
    "a date": ("2026-01-01", "2026-01-01"),
    "a number quoted": ('"3"', "3"),
    "$$USER": ("$$USER", "$USER"),
    "${USER}": ("${USER}", "${USER}"),
    "$USER": ("$USER", "a variable's"),
    "!base64 $USER": ("!base64 $USER", of("a variable's")),
    "!secret $USER": ("!secret $USER", None),
    "a no-break space": ("x\u00a0y", None),
    "a zero-width space": ("x\u200by", None),
    "smart quotes": ("“x”", None),
    "<...>": ("<x>", None),
    "{리전명} in a URL": ("https://objectstorage.{리전명}.x/y", None),
    "${x} in a URL": ("https://x/${x}/y", "https://x/${x}/y"),
    "bullets": ("••••••", None),
    "two lines": ("x\n    y", None),
    "a mapping": ("{a: 1}", None),
    "a list": ("[a, b]", None),
    "an anchor": ("&a x", None),
    "nothing": ("", None),
}


# What these mean where the text is SQL, options or a script, in which any character can be meant.
FREE = {"a no-break space": "x\u00a0y", "a zero-width space": "x\u200by", "smart quotes": "“x”", "two lines": "x y"}
SCRIPTS = {"{리전명} in a URL": "https://objectstorage.{리전명}.x/y"}


def meaning(field: Field, kind: str) -> Any:
    """Return what a value means in a field, or None where it means nothing."""
    if field.kind is FieldKind.TEXTS and kind == "a list":
        return ["a", "b"]
    meant = VALUES[kind][1]
    if meant is None and (field.is_free or field.base64 is Encoded.SCRIPT):
        meant = FREE.get(kind)
    return SCRIPTS.get(kind) if meant is None and field.base64 is Encoded.SCRIPT else meant


def body_with(field: Field, value: object) -> dict[str, Any]:
    body = spec(name=f"table-{next(NUMBERS)}")
    *parents, name = field.path.split(".")
    if field.name == "securityGroupIds":
        del body["securityGroupName"]
    if parents:
        body[parents[0]] = dict(PARENTS[parents[0]])
    (body[parents[0]] if parents else body)[name] = value
    return body


def sent_value(emulator, field: Field) -> Any:
    value = writes(emulator)[-1].body
    for name in field.path.split("."):
        value = value[name]
    return value


class Table:
    """What came of each input of one field."""

    def __init__(self, notebook: Notebook, emulator, field: Field) -> None:
        self.notebook, self.emulator, self.field = notebook, emulator, field
        self.lines: list[str] = []
        self.wrong: list[str] = []

    def try_(self, kind: str, cell: str, meant: Any) -> None:
        """Run a cell whose field means `meant`: what is sent is that, or a message says what is not."""
        self.emulator.clear_requests()
        ran = self.notebook.run(cell)
        sent = sent_value(self.emulator, self.field) if writes(self.emulator) else None
        if writes(self.emulator):
            is_good = isinstance(ran.error, BadRequestError | ConflictError | None) and self.is_meant(
                sent, meant, ran.text
            )
            outcome = "sent, with a note" if "line " in ran.shown else "sent"
        else:
            is_good = isinstance(ran.error, SpecError) and "line " in ran.printed
            outcome = ran.printed.strip().partition("\n")[2]
        is_good = is_good and "Traceback" not in ran.text and "unexpectedly" not in ran.text
        self.lines.append(f"{self.field.path} | {kind} | {outcome}")
        if not is_good:
            self.wrong.append(f"{self.field.path} | {kind} | sent {sent!r} | {ran.text.strip()}")

    def is_meant(self, sent: Any, meant: Any, said: str) -> bool:
        """Return whether what was sent is what was meant, or what was said to be put right."""
        kind = self.field.base64
        if not isinstance(sent, str) or kind is None:
            return sent in (meant, [meant]) or json.dumps(sent) == meant
        content = base64.b64decode(sent, validate=True)
        texts = [meant.encode(), meant.replace("\r\n", "\n").encode() if "CRLF" in said else meant.encode()]
        return content in texts or sent == "".join(meant.split()) or (sent in _all_forms() and "line " in said)

    def save(self, name: str) -> None:
        folder = ARTIFACTS / "inputs"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"spec-{name}-{self.field.path}.txt").write_text("\n".join(self.lines) + "\n", "utf-8")
        assert not self.wrong, "\n".join(self.wrong)


def _all_forms() -> set[str]:
    """Return the Base64 that the putting right of a form ends in."""
    return {of(text) for text in (SCRIPT, SETTINGS, SCRIPT + " ", SETTINGS + " ", SCRIPT.replace("\n", "\r\n"))}


@pytest.mark.parametrize("field", LEAVES, ids=lambda field: field.path)
def test_every_kind_of_value_is_sent_as_it_was_written_or_answered_with_its_line(notebook, emulator, field):
    notebook.run('USER = "a variable\'s"')
    table = Table(notebook, emulator, field)
    for kind, (written, _) in VALUES.items():
        meant = meaning(field, kind)
        table.try_(
            kind, f"%%heco_create\n{as_yaml(body_with(field, '@@')).replace(chr(39) + '@@' + chr(39), written)}", meant
        )
    table.save("values")


@pytest.mark.parametrize("field", LEAVES, ids=lambda field: field.path)
@pytest.mark.parametrize("as_text", [as_yaml, json.dumps], ids=["yaml", "json"])
def test_every_kind_of_base64_is_sent_as_it_is_or_answered_with_its_line(notebook, emulator, field, as_text):
    table = Table(notebook, emulator, field)
    for kind, form in BASE64.items():
        text = form(SETTINGS if field.base64 is Encoded.CONFIG else SCRIPT)
        table.try_(kind, f"%%heco_create\n{as_text(body_with(field, text))}", text)
    table.save(f"base64-{as_text.__module__}")


def test_the_table_has_enough_rows():
    assert len(LEAVES) * (len(VALUES) + 2 * len(BASE64)) > 2000
