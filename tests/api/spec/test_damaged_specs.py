"""Specs with anything put in anywhere: read, checked and made into a request, or refused with a line."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support import as_yaml, spec

from heco_jupyter.api.model.plans import CreatePlan
from heco_jupyter.api.spec.checking import check_spec
from heco_jupyter.api.spec.reading import read_spec
from heco_jupyter.api.spec.tags import Trust
from heco_jupyter.errors import SpecError

WHOLE = spec(
    adminInfo={"userId": "a", "userPw": "aGVsbG8="},
    config=spec()["config"] | {"userScript": "#!/bin/bash\nls\n", "configText": json.dumps({"configurations": []})},
)
TEXTS = (as_yaml(spec()), as_yaml(WHOLE), json.dumps(WHOLE), json.dumps(WHOLE, indent=2))
PIECES = (
    *(
        "name",
        "config",
        ": ",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "$x",
        "$$x",
        "!env HOME",
        "!file /etc/hostname",
        "!file ~no/x",
    ),
    *(
        "!base64 ",
        "!secret S",
        '"',
        "'",
        "|",
        ">",
        "{",
        "}",
        "[",
        "]",
        ",",
        "#",
        "\xa0",
        "“",
        "\u2028",
        "\r",
        "\r\n",
        "\t",
    ),
    *(
        "1.50",
        "1e999",
        '"\\ud800"',
        "<x>",
        "date",
        "true",
        "null",
        "&a",
        "*a",
        "!!int 3",
        "---",
        "%",
        "@",
        "`",
        "a" * 30,
    ),
    *("=", "-----BEGIN X-----", "🎉", "\ufeff", "? ", "hdfsReplication 3", "\x07", "••••••", "userPw"),
)
VARIABLES = (5, "v", None, {"a": {1: 2}}, b"x", object(), [1], "\ud800", float("nan"))
insertions = st.lists(
    st.tuples(st.integers(0, 1500), st.sampled_from(PIECES), st.integers(0, 8)), min_size=1, max_size=4
)


@settings(max_examples=300)
@given(st.sampled_from(TEXTS), insertions, st.sampled_from(VARIABLES), st.booleans(), st.booleans())
def test_whatever_is_put_into_a_spec_there_is_a_request_or_a_line(text, insertions, variable, own, allow_unknown):
    for at, piece, cut in insertions:
        text = text[:at] + piece + text[at + cut :]
    trust = Trust(files=own, env=own)
    try:
        read = read_spec(text, first_line=2, variables={"x": variable}, folder=Path(), trust=trust)
        checked = check_spec(read.data, allow_unknown=allow_unknown, written=read.written)
    except SpecError as error:
        assert error.problems
        return
    if read.problems:
        return
    plan = CreatePlan(checked)
    assert plan.words
    assert json.dumps(plan.shown_body)
    if not checked.secrets():
        assert plan.call().payload()
