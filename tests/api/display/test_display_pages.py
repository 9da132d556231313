"""Pages and their charts: the same in HTML and in text, and nothing but text from outside."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from heco_jupyter.api.display.bars import Bar, lying, upright
from heco_jupyter.api.display.grid import Column
from heco_jupyter.api.display.pages import Page, Section

PAGE = Page(
    "사용량 in May",
    ["as of <now>"],
    [
        Section(
            "By owner",
            ["one line"],
            [Column("owner", ["kim", "lee"], total="total"), Column("n", ["1", "22"], is_number=True, total="23")],
            foot="that is all",
        ),
        Section("Nothing"),
    ],
)


def test_a_page_as_text():
    assert PAGE.text().splitlines() == [
        "사용량 in May",
        "=============",
        "as of <now>",
        "",
        "By owner",
        "--------",
        "one line",
        "owner   n",
        "kim     1",
        "lee    22",
        "-----  --",
        "total  23",
        "that is all",
        "",
        "Nothing",
        "-------",
    ]


def test_a_page_as_html_is_well_formed_and_has_all_that_the_text_has():
    html = PAGE.html()
    page = ET.fromstring(html)
    words = "\n".join(page.itertext())
    for line in (
        "사용량 in May",
        "as of <now>",
        "By owner",
        "one line",
        "kim",
        "22",
        "total",
        "23",
        "that is all",
        "Nothing",
    ):
        assert line in words
    assert [row.tag for row in page.find(".//table")] == ["thead", "tbody", "tfoot"]


BARS = [
    Bar("1", "one <b>", 4.0, 1.0, 2.0),
    Bar("2", "two", None, 3.0, None),
    Bar("<i>", "three", 0.0, None, 5.5),
]


def rects(svg):
    """Return the heights and widths of the filled and the outlined bars."""
    shapes = [shape for shape in svg.iter("rect") if shape.get("fill") != "transparent"]
    return [("none" in shape.get("style"), float(shape.get("width")), float(shape.get("height"))) for shape in shapes]


def test_upright_bars_are_as_high_as_their_values():
    svg = ET.fromstring(upright("use", BARS, every=2))
    filled, *outlined = rects(svg)
    assert [filled[0], *(rect[0] for rect in outlined)] == [False, True, True]
    assert [rect[2] / filled[2] for rect in outlined] == pytest.approx([1 / 4, 3 / 4], abs=0.01)
    assert [title.text for title in svg.iter("title")] == ["one <b>", "two", "three"]
    texts = [text.text for text in svg.iter("text")]
    assert texts == ["0", "2", "4", "6", "1", "<i>"]


def test_lying_bars_are_as_long_as_their_values_and_say_them():
    svg = ET.fromstring(lying("use", BARS, "unknown"))
    assert [rect[1] / rects(svg)[0][1] for rect in rects(svg)] == pytest.approx([1, 1 / 4, 3 / 4], abs=0.01)
    assert [text.text for text in svg.iter("text")] == ["1", "4", "2", "unknown", "<i>", "0"]


@pytest.mark.parametrize("bars", [[], [Bar("a", "a", None)], [Bar("a", "a", 0.0, 0.0, 0.0)]])
def test_nothing_to_see_is_no_chart(bars):
    assert upright("use", bars, every=1) == lying("use", bars, "unknown") == ""


@pytest.mark.parametrize("largest", [1e-9, 0.3, 1, 9.99, 10, 1234, 7e15])
def test_the_scale_ends_above_the_largest_value(largest):
    svg = ET.fromstring(upright("use", [Bar("a", "a", largest)], every=1))
    assert 2 <= len(list(svg.iter("line"))) <= 7
    ((_, _, height),) = rects(svg)
    assert 60 < height <= 130
