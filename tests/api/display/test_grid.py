"""Tables: columns that line up, and those that fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heco_jupyter.api.display.grid import Column, as_html, fitting, lined_up
from heco_jupyter.api.display.text import cut, width

texts = st.text(st.sampled_from("ab -한글é🚀e\u0301\u1112\u1161"), max_size=30)
tables = st.integers(min_value=0, max_value=4).flatmap(
    lambda rows: st.lists(
        st.builds(
            Column,
            st.sampled_from(["id", "name", "상태"]),
            st.lists(texts, min_size=rows, max_size=rows),
            is_number=st.booleans(),
            is_whole=st.booleans(),
        ),
        min_size=1,
        max_size=5,
    )
)


@given(tables)
def test_columns_begin_at_the_same_place_in_every_line(columns):
    lines = lined_up(columns)
    assert len(lines) == len(columns[0].cells) + 1
    assert all(width(line) <= sum(column.width + 2 for column in columns) - 2 for line in lines)
    marked = lined_up([*columns, Column("|", ["|"] * len(columns[0].cells))])
    assert len({width(line) for line in marked}) == 1


@given(tables, st.integers(min_value=1, max_value=100))
def test_what_is_chosen_fits_in_its_order_and_whole_texts_stay_whole(columns, most):
    chosen = fitting(columns, most, first=("name",))
    assert all(width(line) <= most for line in lined_up(chosen) or [""])
    names = [column.name for column in columns]
    assert all(column.name in names or column.name.endswith("…") for column in chosen)
    assert all(column in columns for column in chosen if column.is_whole)


def test_the_first_columns_are_chosen_before_others():
    columns = [Column(name, ["x" * 10]) for name in ("a", "b", "c")]
    assert [column.name for column in fitting(columns, 22)] == ["a", "b"]
    assert [column.name for column in fitting(columns, 22, first=("c", "a"))] == ["a", "c"]
    assert [column.name for column in fitting([columns[0], Column("b", ["x" * 30]), columns[2]], 24)] == ["a", "c"]


def test_a_column_too_wide_is_cut_unless_it_is_whole():
    (column,) = fitting([Column("a", ["x" * 100])], 80)
    assert column.cells == ["x" * 39 + "…"]
    assert fitting([Column("a", ["x" * 70], is_whole=True)], 80)[0].cells == ["x" * 70]
    assert not fitting([Column("a", ["x" * 100], is_whole=True)], 80)


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("한글", 4), ("\u1112\u1161\u11ab", 2), ("e\u0301", 1), ("🚀", 2), ("", 0)]
)
def test_the_width_of_a_text_is_what_a_terminal_takes_for_it(text, columns):
    assert width(text) == columns


@given(texts, st.integers(min_value=1, max_value=40))
def test_a_text_is_cut_to_a_width(text, most):
    assert width(cut(text, most)) <= most
    assert (cut(text, most) == text) == (width(text) <= most)


def test_text_in_html_is_only_text():
    html = as_html("<b>", [Column("<i>", ["<img src=x>'\""])], "<u>")
    assert not {"<b>", "<i>", "<img", "<u>"} & {html[index : index + 4].strip() for index in range(len(html))}
    assert "&lt;img src=x&gt;" in html
