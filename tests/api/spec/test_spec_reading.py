"""Reading the body of a create cell: YAML and JSON become data, line numbers and problems."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import CREATE_REQUESTS, as_yaml, example

from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.spec.reading import Document, read_spec
from heco_jupyter.api.spec.tags import Trust
from heco_jupyter.errors import SpecError

HERE = Path()


def document(body: str, folder: Path = HERE, **variables: object) -> Document:
    return read_spec(body, first_line=2, variables=variables, folder=folder)


def data(body: str, **variables: object) -> object:
    read = document(body, **variables)
    assert not read.problems
    return read.data


def problems(body: str, folder: Path = HERE, **variables: object) -> list[str]:
    try:
        return [str(problem) for problem in document(body, folder, **variables).problems]
    except SpecError as error:
        return [str(problem) for problem in error.problems]


def test_yaml_reads_only_those_words_and_numbers_as_values_that_json_has():
    body = """
a: no
b: on
c: 1e3
d: 007
e: 0x1F
f: 2026-01-01
g: 1_000
h: .5
i: 12:30
j: yes
k: 3
l: -4
m: 0.75
n: true
o: ~
p: "3"
q: .inf
"""
    assert data(body) == {
        "a": "no",
        "b": "on",
        "c": "1e3",
        "d": "007",
        "e": "0x1F",
        "f": "2026-01-01",
        "g": "1_000",
        "h": ".5",
        "i": "12:30",
        "j": "yes",
        "k": 3,
        "l": -4,
        "m": 0.75,
        "n": True,
        "o": None,
        "p": "3",
        "q": ".inf",
    }


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text().filter(lambda text: not (text.startswith("$") and text.lstrip("$").isidentifier())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=15,
)


@given(st.dictionaries(st.text(max_size=20), json_values, max_size=5), st.sampled_from([None, 2, "\t"]), st.booleans())
def test_json_is_read_as_json_however_it_is_formatted(value, indent, ascii_only):
    assert data(json.dumps(value, indent=indent, ensure_ascii=ascii_only)) == value


@pytest.mark.parametrize("name", CREATE_REQUESTS)
def test_the_vendors_requests_are_read_alike_as_json_and_as_yaml(name):
    body = example(f"create-request-{name}")
    assert data(json.dumps(body)) == body
    assert data(as_yaml(body)) == body


def test_a_body_that_begins_like_json_may_be_yaml():
    assert data("{name: x, ids: [a, b], # comment\n}") == {"name": "x", "ids": ["a", "b"]}


def test_every_value_has_the_line_number_that_the_notebook_shows():
    lines = document("name: x\nconfig:\n  hdfsReplication: 3\n  list:\n    - a\n    - b\n").lines
    assert lines["name",] == 2
    assert lines["config", "hdfsReplication"] == 4
    assert lines["config", "list", 1] == 7
    assert document("a:\n\n  b c\nd: 1").lines["a",] == 4


def test_a_variable_that_is_a_whole_scalar_is_replaced_and_keeps_its_type():
    body = 'a: $n\nb: "$n"\nc: [$n]\nd: x $n\ne: ${n}\nf: $n-1\ng: $1\n'
    expected = {"a": 5, "b": 5, "c": [5], "d": "x $n", "e": "${n}", "f": "$n-1", "g": "$1"}
    assert data(body, n=5) == expected


def test_a_variable_in_json_is_replaced_too():
    assert data('{"workerCnt": "$n"}', n=7) == {"workerCnt": 7}


def test_two_dollars_are_the_text_with_one_and_no_variable():
    body = 'a: $$USER\nb: $$$USER\nc: "$$USER"\nd: $${USER}\ne: x $$USER\n'
    expected = {"a": "$USER", "b": "$$USER", "c": "$USER", "d": "$${USER}", "e": "x $$USER"}
    assert data(body, USER="wrong") == expected
    assert data('{"a": "$$USER"}', USER="wrong") == {"a": "$USER"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("!base64 $pw", "aHVudGVyMg=="),
        ('!base64 "$pw"', "aHVudGVyMg=="),
        ("!base64 $$pw", "JHB3"),
        ("!base64 ${pw}", "JHtwd30="),
        ("!base64 x$pw", "eCRwdw=="),
    ],
)
def test_base64_of_a_variable_is_that_of_its_value(written, expected):
    assert data(f"a: {written}", pw="hunter2") == {"a": expected}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("!base64 $number", "takes a text, and the variable is of type int"),
        ("!base64 $nothing", "there is no notebook variable"),
        ("!secret $pw", "not the secret"),
        ("!secret $$pw", "not the secret"),
        ("!base64 !env HOME", "a value has one tag"),
        ("{b: !base64 !env HOME}", "a value has one tag"),
    ],
)
def test_a_tag_that_cannot_do_what_its_reader_expects_is_refused(written, words):
    (problem,) = problems(f"x: 1\na: {written}", pw="hunter2", number=5)
    assert problem.startswith("line 3: ")
    assert words in problem


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.50", 1.5),
        ("0.1234567890123456789", "0.1234567890123456789"),
        ("1" * 5000, "1" * 5000),
        ("1" * 400 + ".0", "1" * 400 + ".0"),
    ],
)
def test_a_number_that_would_lose_digits_stays_the_text_that_it_is(written, value):
    read = document(f"a: {written}")
    assert read.data == {"a": value}


@pytest.mark.parametrize("number", ["0.1234567890123456789", "1e999", "1" * 5000])
def test_a_number_in_json_that_would_lose_digits_is_refused(number):
    (problem,) = problems(f'{{"b": 1,\n"a": {number}}}')
    assert "digits" in problem


def test_an_emoji_as_a_pair_of_surrogates_is_one_character_and_half_of_one_is_refused():
    for body in ('a: "\\ud83c\\udf89 x"', '{"a": "\\ud83c\\udf89 x"}'):
        assert data(body) == {"a": "🎉 x"}
    for body in ('x: 1\na: "\\ud83c x"', '{"x": 1,\n"a": "\\ud83c x"}', 'x: 1\na: !env "\\ud83c"'):
        assert problems(body) == ["line 3: this holds half a character, which cannot be sent: type it again"]


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("name etl\nvpcId: x", 2, "a colon and a space are missing after name"),
        ("name:etl\nvpcId: x", 2, "a colon and a space are missing after name"),
        ("vpcId: x\nname etl\nisHa: true", 3, "a colon and a space are missing after name"),
        ("vpcId: x\nname etl", 3, "a colon and a space are missing after name"),
        ("config:\n  hdfsReplication 3\n  hdfsBlockSize: 1", 3, "missing after hdfsReplication"),
        ("adminInfo:\n  userPw hunter2pass\n  userId: x", 3, "missing after userPw"),
        ("somebody else\nvpcId: x", 2, "missing after the field's name"),
        ("config:\n  userScript: |\n#!/bin/bash\necho hi\nvpcId: x", 5, "or indent the line"),
        ("# a comment — with a dash\nname: a：b “c”\nvpcId: x: y", 4, "must be quoted"),
        ("# “a comment”\nname: [a, b\n\tc: d", 4, "not valid YAML"),
        ("name etl", 2, "a colon and a space are missing after name"),
        ("vpcId: x\nname:\u00a0etl\nisHa: true", 3, "a no-break space (U+00A0)"),
        ("name：etl\nvpcId: x", 2, "a full-width colon (U+FF1A)"),
        ("vpcId: x\n“name”: etl\n b: c: d", 4, "must be quoted"),
        ("config:\n\u00a0hdfsReplication: 2\n  hdfsBlockSize: 128", 3, "a no-break space (U+00A0)"),
        ("config:\n\u3000hdfsReplication: 2\n\n  hdfsBlockSize: 128", 3, "a full-width space (U+3000)"),
        ("config:\n“hdfsReplication”: 2\n  hdfsBlockSize: 128", 3, "a curly quotation mark"),
        ("vpcId: x\nname: “a: b”", 3, "a curly quotation mark"),
        ("vpcId: x\nname: a\u2028b", 3, "U+2028 ends a line"),
        ("vpcId: x\rname: a\rb", 2, "U+000D ends a line"),
        ("vpcId: x\nname: a\x85b", 3, "U+0085 ends a line"),
    ],
)
def test_a_slip_is_named_on_its_own_line_and_no_value_is_repeated(body, line, words):
    first, *_ = problems(body)
    assert first.startswith(f"line {line}: ")
    assert words in first
    assert "hunter2" not in first


def test_what_is_taken_from_outside_is_listed(tmp_path, monkeypatch):
    monkeypatch.setenv("HECO_TEST_VPC", "vpc-1")
    (tmp_path / "run.sh").write_text("ls\n")
    body = "a: !file run.sh\nb: [!env HECO_TEST_VPC]\nc: !secret X\nd: $n\n"
    read = document(body, tmp_path, n=1)
    assert [(source.kind, source.name, source.place) for source in read.sources] == [
        ("!file", "run.sh", ("a",)),
        ("!env", "HECO_TEST_VPC", ("b", 0)),
        ("!secret", "X", ("c",)),
        ("$", "n", ("d",)),
    ]


def test_an_unknown_variable_is_answered_with_the_nearest_one():
    assert problems("x: 1\na: $worker", workers=3) == [
        "line 3: there is no notebook variable worker, did you mean workers?"
    ]


def test_env_reads_an_environment_variable(monkeypatch):
    monkeypatch.setenv("HECO_TEST_VPC", "vpc-1")
    assert data("vpcId: !env HECO_TEST_VPC") == {"vpcId": "vpc-1"}
    assert problems("vpcId: !env HECO_TEST_VPCC") == [
        "line 2: there is no environment variable HECO_TEST_VPCC, did you mean HECO_TEST_VPC?"
    ]


def test_file_reads_a_text_file_relative_to_the_folder(tmp_path):
    (tmp_path / "run.sh").write_text("#!/bin/sh\necho 안녕\n", "utf-8")
    body = "s: !file run.sh"
    assert document(body, tmp_path).data == {"s": "#!/bin/sh\necho 안녕\n"}


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be read"), (b"\xff\xfe\x00", "not UTF-8"), (b"x" * 300_000, "KiB")]
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(tmp_path, content, words):
    if content is not None:
        (tmp_path / "f").write_bytes(content)
    (problem,) = problems("a: 1\ns: !file f", tmp_path)
    assert problem.startswith("line 3: ")
    assert words in problem


@pytest.mark.parametrize("path", ["~nobody-has-this-name/x", '"a\\0b"', "loop", "x" * 5000, "."])
def test_a_path_that_leads_nowhere_is_refused_with_its_line(tmp_path, path):
    (tmp_path / "loop").symlink_to("loop")
    for trust in (Trust(), Trust(files=False, env=False)):
        read = read_spec(f"a: 1\ns: !file {path}", first_line=2, variables={}, folder=tmp_path, trust=trust)
        (problem,) = read.problems
        assert str(problem).startswith("line 3: ")


def test_base64_encodes_its_text():
    assert data("pw: !base64 hunter2") == {"pw": "aHVudGVyMg=="}


def test_secret_reads_an_environment_variable_or_is_asked_for_later(monkeypatch):
    monkeypatch.setenv("HECO_TEST_PW", "canary-pw")
    read = document("a: !secret HECO_TEST_PW\nb: !secret HECO_TEST_OTHER")
    known, later = read.data["a"], read.data["b"]
    assert isinstance(known, Secret)
    assert known.reveal() == "canary-pw"
    assert not later.known
    assert "canary" not in repr(read)


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3", 4, "a is given twice, first on line 2"),
        ('{"a": 1,\n "a": 2}', 3, "a is given twice, first on line 2"),
        ("a: 1\nb: &x 2", 3, "this is an anchor"),
        ("a: 1\nb: *x", 3, "this is an alias"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]", 3, "unknown tag"),
        ("a: 1\nb: !sercet X", 3, "did you mean !secret?"),
        ("a: !env", 2, "needs a value"),
        ("a: 1\nb: [1, 2", 3, "not valid YAML"),
        ("a: 1\n\tb: 2", 3, "indent with spaces"),
        ("a: b: c", 2, "must be quoted"),
        ('{"a": 1,\n "b": [1, 2,,]}', 3, "not valid JSON"),
        ("a: 1\n---\nb: 2", 3, "second document"),
        ("a: 1\nb: \x07", 3, "U+0007"),
        ("- a", 2, "must be a mapping"),
        ("just text", 2, "must be a mapping"),
        ("", 2, "empty"),
        ("# nothing", 2, "empty"),
        ("[" * 10_000, 2, "nested more than 20 deep"),
        ('{"a":' * 10_000, 2, "nested more than 20 deep"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, 2, "nested more than 20 deep"),
        ("a: " + "x" * 300_000, 2, "the most is 256 KiB"),
        ("a: 1\n!env HOME: 2", 3, "a key has a tag"),
        ("a: 1\nb: {!secret X: 2}", 3, "a key has a tag"),
        ("? [a]\n: 1", 2, "a key is a list or a mapping"),
    ],
)
def test_a_bad_body_is_refused_with_its_line_and_the_reason(body, line, words):
    first, *_ = problems(body)
    assert first.startswith(f"line {line}: ")
    assert words in first


def test_all_problems_of_a_body_are_reported_at_once():
    assert len(problems("a: $x\nb: !env HECO_NOT_THERE\nc: !foo 1\na: 2")) == 4


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_line_number(body):
    try:
        assert isinstance(document(body).data, dict)
    except SpecError as error:
        assert str(error.problems[0]).startswith("line ")
