"""Numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heco_jupyter.api.display.amounts import amount, amounts, change, share


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([54.0, 33.5, 6.0], ["54.0", "33.5", "6.0"]),
        ([168.0, 12.0, None], ["168", "12", ""]),
        ([0.125, 3.0], ["0.12", "3.00"]),
        ([123.456, 7.0], ["123.5", "7.0"]),
        ([1_234_567.8, 0.2, 0.0], ["1,234,568", "<1", "0"]),
        ([9_999.96, 0.01], ["10,000.0", "<0.1"]),
        ([-1_234.56, 0.0], ["-1,234.6", "0.0"]),
        ([], []),
        ([None], [""]),
    ],
)
def test_amounts_of_a_column_have_the_same_decimals(values, texts):
    assert amounts(values) == texts


def test_a_change_of_an_amount_has_its_sign():
    assert amounts([1500.0, -20.0, 0.0, None], signed=True) == ["+1,500", "-20", "0", ""]
    assert amounts([-0.001, 5.5], signed=True) == ["0.00", "+5.50"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0, "0%"),
        (1, "100%"),
        (0.001, "<1%"),
        (0.996, ">99%"),
        (0.994, ">99%"),
        (0.5, "50%"),
        (0.125, "12%"),
    ],
)
def test_only_all_is_100_per_cent_and_only_nothing_is_0(value, text):
    assert share(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0.0, "0%"), (0.001, "0%"), (-0.001, "0%"), (0.12, "+12%"), (-1, "-100%"), (12.4, "+1,240%")],
)
def test_a_change_is_told_in_per_cent(value, text):
    assert change(value) == text


@given(st.lists(st.floats(min_value=0, max_value=1e12), max_size=5))
def test_what_is_shown_is_what_it_is_but_for_rounding(values):
    for value, text in zip(values, amounts(values), strict=True):
        if text.startswith("<"):
            assert 0 < value < float(text[1:].replace(",", ""))
        else:
            decimals = len(text.partition(".")[2])
            assert abs(float(text.replace(",", "")) - value) <= 0.5000001 * 10**-decimals + 1e-6 * value
    assert len({len(text.partition(".")[2]) for text in amounts(values)}) <= 1


def test_one_amount_is_a_column_of_its_own():
    assert [amount(12.25), amount(1e6), amount(None)] == ["12.25", "1,000,000", ""]
