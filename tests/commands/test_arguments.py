"""The typed line: how it is split and parsed, and how mistakes in it are answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heco_jupyter.api.display.text import typed
from heco_jupyter.commands.arguments import command_named, parse
from heco_jupyter.commands.catalog import BY_NAME, COMMANDS, CREATE
from heco_jupyter.commands.help import explain, overview
from heco_jupyter.commands.line import Scope, expanded, scan
from heco_jupyter.errors import CommandError


def options(line: str, **variables: object) -> dict:
    words = expanded(scan(line), Scope(variables))
    return vars(parse(command_named(words[0].text), words[1:]))


def refusal(line: str, **variables: object) -> str:
    with pytest.raises(CommandError) as caught:
        options(line, **variables)
    return str(caught.value)


def test_a_typo_in_a_command_is_answered_with_the_nearest_one():
    assert "did you mean list?" in refusal("lsit")
    assert "did you mean scale-out?" in refusal("scale_out x 3")


def test_a_typo_in_a_flag_is_answered_with_the_nearest_one_and_the_usage():
    text = refusal("list --activ")
    assert "there is no flag --activ, did you mean --active?" in text
    assert "[--active]" in text


def test_flags_cannot_be_abbreviated():
    assert "no flag --dry" in refusal("scale x 3 --dry")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("scale x", "give N"),
        ("scale x many", "'many' is not a whole number of at least 1"),
        ("scale x 0", "not a whole number of at least 1"),
        ("scale x -1", "N"),
        ("scale x 3.5", "not a whole number"),
        ("scale x ９", "full-width letters: write 9"),
        ("scale-in x 99999999999999999999", "too large a number"),
        ("scale x 3 4", "one word too many"),
        ("list --limit", "--limit"),
        ("list --limit ten", "not a whole number"),
        ("wait x --timeout 30", "write 90s, 30m or 2h"),
        ("wait x --timeout -5m", "--timeout"),
        ("wait x --for stopped", "running"),
        ("show", "give CLUSTER"),
        ('show "x', "no closing quotation"),
        ("template pig", "hive"),
    ],
)
def test_a_misuse_is_refused_with_the_reason(line, words):
    assert words in refusal(line)


@pytest.mark.parametrize(
    ("typed", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("0.5h", 1800), ("1d", 86400)]
)
def test_a_duration_is_read_with_its_unit(typed, seconds):
    assert options(f"wait x --timeout {typed}")["timeout"] == seconds


def test_a_repeated_sort_keeps_its_order():
    assert options("list --sort name,desc --sort status,asc")["sort"] == ["name,desc", "status,asc"]


@given(st.text(min_size=1))
def test_any_name_arrives_unchanged_when_it_is_typed_as_told(name):
    assert options(f"show {typed(name)}")["cluster"] == name


@given(st.text())
def test_any_line_is_parsed_or_refused_in_three_lines_at_most(line):
    try:
        options(line) if scan(line) else None
    except CommandError as error:
        assert 1 <= len(str(error).splitlines()) <= 3


def test_the_help_names_every_command_and_every_argument():
    for command in COMMANDS:
        assert f"  {command.name} " in overview()
        for argument in command.arguments:
            assert argument.about in explain(command)


@pytest.mark.parametrize("command", [*COMMANDS, CREATE], ids=lambda command: command.typed)
def test_the_example_of_each_command_parses(command):
    assert f"Example: {command.example}" in explain(command)
    words = scan(command.example.removeprefix("df = ").removeprefix(command.typed))
    assert parse(command, words)


def test_a_command_is_found_by_its_name():
    assert command_named("list") is BY_NAME["list"]
