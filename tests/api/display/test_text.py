"""Text from outside."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heco_jupyter.api.display.text import as_argument, did_you_mean, plain


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_what_is_shown_is_one_bounded_line_without_control_characters(text, limit):
    shown = plain(text, limit)
    assert len(shown) <= limit
    assert not any(unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") for character in shown)


@pytest.mark.parametrize("text", ["\x1b[31mred\x1b[0m", "\x1b]0;title\x07red", "r\x00e\u202ed", "\u200bred\n"])
def test_terminal_and_direction_tricks_are_taken_out(text):
    assert plain(text).replace(" ", "") == "red"


def test_korean_and_emoji_stay():
    assert plain("추천-배치 🚀") == "추천-배치 🚀"


def test_the_nearest_word_is_offered_whatever_its_case():
    assert did_you_mean("WORKERCNT", ["workerCnt", "masterCnt"]) == ", did you mean workerCnt?"
    assert not did_you_mean("zzz", ["workerCnt"])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("etl-nightly", "etl-nightly"),
        ("분석", "분석"),
        ("ad hoc", "'ad hoc'"),
        ("it's", """'it'"'"'s'"""),
        ("-dash", "the-id"),
        ("a$b", "the-id"),
        ("a{b}", "the-id"),
        ("two\nlines", "the-id"),
        ("x" * 100, "the-id"),
        (None, "the-id"),
        ("", "the-id"),
    ],
)
def test_a_command_that_is_suggested_can_be_typed(name, shown):
    assert as_argument(name, "the-id") == shown
