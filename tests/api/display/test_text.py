"""Text from the API or the user, made safe to show and to suggest."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heco_jupyter.api.display.text import did_you_mean, plain, typed


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_shown_text_is_one_bounded_line_without_control_characters(text, limit):
    shown = plain(text, limit)
    assert len(shown) <= limit
    assert not any(unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") for character in shown)


@pytest.mark.parametrize("text", ["\x1b[31mred\x1b[0m", "\x1b]0;title\x07red", "r\x00e\u202ed", "\u200bred\n"])
def test_terminal_codes_and_direction_marks_are_removed(text):
    assert plain(text).replace(" ", "") == "red"


def test_korean_and_emoji_are_kept():
    assert plain("추천-배치 🚀") == "추천-배치 🚀"


def test_the_nearest_word_is_suggested_in_any_case():
    assert did_you_mean("WORKERCNT", ["workerCnt", "masterCnt"]) == ", did you mean workerCnt?"
    assert not did_you_mean("zzz", ["workerCnt"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("etl-nightly", "etl-nightly"),
        ("분석", "분석"),
        ("ad hoc", '"ad hoc"'),
        ("", '""'),
        ("it's", '"it\'s"'),
        ('say "x"', "'say \"x\"'"),
        ("""it's "x" and 'y'""", """"it's "'"x" and '"'y'\""""),
        ("-dash", '"-dash"'),
        ("#1", '"#1"'),
        ("what?", '"what?"'),
        ("a$b", '"a$$b"'),
        ("a{b}", '"a{{b}}"'),
        ("D:\\data\\", '"D:\\data\\"'),
        ("ｅｔｌ", '"ｅｔｌ"'),
    ],
)
def test_a_text_is_typed_as_one_word_in_which_nothing_is_evaluated(text, shown):
    assert typed(text) == shown
