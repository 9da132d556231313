"""The typed line: words, quotes, comments, and what Python brings into them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heco_jupyter.commands.arguments import is_flag
from heco_jupyter.commands.line import Scope, expanded, scan, scan_unfinished
from heco_jupyter.errors import CommandError

LETTERS = "{}$#\"'\\ -=;:!abrs.—“ｅ\u00a0\u200b"


class Named:
    name = "web"

    def __format__(self, form):
        return f"<{form}>"


SCOPE = Scope(
    {"name": "web", "flags": "web --yes", "x": 2.5, "d": {"a b": ["etl", "adhoc"], "}": "brace"}, "obj": Named()},
    {"n": 3, "name_of": lambda key: f"the {key}"},
)


def words(line: str) -> list[str]:
    return [word.text for word in expanded(scan(line), SCOPE)]


def refusal(line: str) -> str:
    with pytest.raises(CommandError) as caught:
        words(line)
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []),
        ("  show \t etl ", ["show", "etl"]),
        ('show "ad hoc" \'it"s\'', ["show", "ad hoc", 'it"s']),
        ("""a"b c"d'e f'""", ["ab cde f"]),
        ("show ''", ["show", ""]),
        (r'create C:\specs\a.yaml "D:\data\"', ["create", r"C:\specs\a.yaml", "D:\\data\\"]),
        ("list # all of them, 'even' {these}", ["list"]),
        ("list #", ["list"]),
        ('show etl#1 "#2"', ["show", "etl#1", "#2"]),
        ("list;", ["list"]),
        ("list ;", ["list"]),
        ('show "a;"', ["show", "a;"]),
        ("show {name};", ["show", "web"]),
        ("show 추천-배치", ["show", "추천-배치"]),
    ],
)
def test_a_line_is_split_into_words(line, expected):
    assert words(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{name}", ["web"]),
        ("a{name}b-{n}", ["awebb-3"]),
        ("{flags}", ["web --yes"]),
        ("'{name}' \"$name\"", ["web", "web"]),
        ('{d["a b"][0]}', ["etl"]),
        ('{d["a b"][0:1]}', ["['etl']"]),
        ("{d['}']}", ["brace"]),
        ("{'a b'}", ["a b"]),
        ('{f"{name}-{n}"}', ["web-3"]),
        ("{ {1: 'one'}[1] }", ["one"]),
        ("{x!r} {name!r} {name!s:>5}", ["2.5", "'web'", "  web"]),
        ("{x:.2f} {n:03d}", ["2.50", "003"]),
        ("{obj} {obj:z}", ["<>", "<z>"]),
        ("{n != 3} {name_of('x')}", ["False", "the x"]),
        ("{[key for key in d if key != name][0]}", ["a b"]),
        ("$name $obj.name $name/x ${name}x a$name", ["web", "web", "web/x", "webx", "aweb"]),
        ("{{name}} $$name {{}} }}{{", ["{name}", "$name", "{}", "}{"]),
        ("5$ $ $5 $-", ["5$", "$", "$5", "$-"]),
        ("{None!r}", ["None"]),
        ("{'None'}", ["None"]),
    ],
)
def test_expressions_and_variables_bring_their_values(line, expected):
    assert words(line) == expected


def test_what_python_brings_is_part_of_one_word_and_never_scanned_again():
    scope = Scope({"word": "a \"b' {name} $name # \\ {{ \n --yes", "dashes": "--yes"})
    (word,) = expanded(scan("x{word}{dashes}"), scope)
    assert word.text == "xa \"b' {name} $name # \\ {{ \n --yes--yes"


@pytest.mark.parametrize("line", ["{dashes}", "$dashes", '"--yes"', "'--yes'", "{dashes}=x", "''--yes", "{empty}--yes"])
def test_only_what_is_typed_outside_of_quotes_begins_a_flag(line):
    (word,) = expanded(scan(line), Scope({"dashes": "--yes", "empty": ""}))
    assert not is_flag(word)
    (typed,) = scan("--yes")
    assert is_flag(typed)


def test_no_flag_is_put_together_from_pieces():
    for line in ("--y{rest}", "--y'es'", '--{name}"es"'):
        (word,) = expanded(scan(line), Scope({"rest": "es", "name": "y"}))
        assert word.split_flag()[0] not in ("--yes", "--y")
    (word,) = expanded(scan("--name={rest}"), Scope({"rest": "--yes=1"}))
    flag, value = word.split_flag()
    assert (flag, value.text) == ("--name", "--yes=1")
    assert not is_flag(value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("show {nothing}", "NameError"),
        ("show {1/0}", "ZeroDivisionError"),
        ("show {d['b']}", "KeyError"),
        ("show {x:zz}", "ValueError"),
        ("show {None}", "missing"),
        ("show {float('nan')}", "missing"),
        ("show {}", "not a whole Python expression"),
        ("show {name", "not a whole Python expression"),
        ("show {x for x in d}", "not a whole Python expression"),
        ("show {x:{n}}", "not a whole Python expression"),
        ("show name}", "no { for the }"),
        ("show $nothing", "no variable nothing"),
        ("show $name.nothing", "AttributeError"),
        ('show "etl', "close the quote"),
        ("list —active", "that is a long dash (U+2014): write --active"),
        ("list –active", "that is a long dash (U+2013): write --active"),
        ("list −−active", "that is a minus sign (U+2212): write --active"),
        ("list －－active", "write --active"),
        ("show “etl”", "curly quote (U+201C)"),
        ("show kim’s", "curly quote (U+2019)"),
        ("show\u00a0etl", "no-break space (U+00A0)"),
        ("show\u3000etl", "ideographic space (U+3000)"),
        ("ｌｉｓｔ", "full-width letters: write list"),
        ("scale etl ８", "full-width letters: write 8"),
        ("show etl\u200b", "invisible character (U+200B)"),
        ("show \ufeffetl", "invisible character (U+FEFF)"),
        ("show a\x00b", "invisible character (U+0000)"),
    ],
)
def test_a_slip_is_named_with_what_to_write(line, expected):
    assert expected in refusal(line)


def test_an_odd_character_is_a_letter_in_quotes():
    odd = "“kim’s” ｅｔｌ\u00a0—\u200b"
    assert words(f'show "{odd}" a—b') == ["show", odd, "a—b"]
    assert words("show -- —b") == ["show", "--", "—b"]


def test_a_variable_of_the_environment_counts_in_a_path_only(monkeypatch):
    monkeypatch.setenv("HECO_TEST_FOLDER", "/data {name} $name")
    monkeypatch.setenv("name", "elsewhere")
    (word,) = expanded(scan('"$HECO_TEST_FOLDER/${name}.d ${name}"'), SCOPE)
    assert word.path == "/data {name} $name/web.d web"
    assert "no variable HECO_TEST_FOLDER" in refusal("show $HECO_TEST_FOLDER")
    (word,) = expanded(scan("$HECO_TEST_FOLDER.old"), SCOPE)
    assert word.path == "/data {name} $name.old"
    (word,) = expanded(scan("$HECO_TEST_NOWHERE/x"), SCOPE)
    with pytest.raises(CommandError, match="HECO_TEST_NOWHERE"):
        assert word.path


@given(st.text(alphabet=LETTERS) | st.text())
def test_any_line_is_split_or_refused_in_three_lines_at_most(line):
    try:
        split = scan(line)
    except CommandError as error:
        assert len(str(error).splitlines()) <= 3
    else:
        assert all(line[word.start : word.start + 1].strip() for word in split)


@given(st.text(alphabet=LETTERS))
def test_the_start_of_any_line_can_be_completed_or_not_but_is_never_evaluated(line):
    typing = scan_unfinished(line)
    if typing is not None:
        before, last = typing
        assert 0 <= last.start <= len(line)
        assert [word.start for word in before] == sorted(word.start for word in before)


def test_a_line_of_many_braces_is_refused_at_once():
    assert "not a whole Python expression" in refusal("{" + ":}" * 30_000)
    assert "not a whole Python expression" in refusal("{" + "(" * 3000 + "}" * 3000)
