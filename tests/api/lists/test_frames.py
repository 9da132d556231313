"""Frames: their columns, types and missing values."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import cluster_row, example

from heco_jupyter.api.display.text import visible
from heco_jupyter.api.lists import frames
from heco_jupyter.api.lists.decoding import PageReader
from heco_jupyter.api.lists.frames import joined_frame, to_frame
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS, VM_COLUMNS, Kind, without_misfits

CLUSTER_DTYPES = {
    "id": "string",
    "name": "string",
    "status": "string",
    "owner": "string",
    "clusterType": "string",
    "clusterVersion": "string",
    "isScalable": "boolean",
    "apiKeyStatus": "string",
    "masterCnt": "Int64",
    "workerCnt": "Int64",
    "nodeCnt": "Int64",
    "createdAt": "datetime64[ms, UTC]",
    "runningAt": "datetime64[ms, UTC]",
    "elapsedTime": "timedelta64[ms]",
}
VM_DTYPES = {
    "name": "string",
    "instanceId": "string",
    "index": "Int64",
    "isMaster": "boolean",
    "status": "string",
    "flavorName": "string",
    "ip": "string",
    "floatingIp": "string",
    "createdAt": "datetime64[ms, UTC]",
}


def dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


@pytest.mark.parametrize("rows", [[], [cluster_row(1)], [{}]])
def test_a_frame_has_every_documented_column_with_its_type_even_when_empty(rows):
    assert dtypes(to_frame(rows, CLUSTER_COLUMNS, "UTC")) == CLUSTER_DTYPES


@pytest.mark.parametrize("rows", [[], example("list-vms-1-response")["content"]])
def test_a_frame_of_vms_has_every_documented_column_with_its_type_even_when_empty(rows):
    frame = to_frame(rows, VM_COLUMNS, "UTC")
    assert dtypes(frame) == VM_DTYPES
    assert frame["floatingIp"].isna().all()


def json_of(frame: pd.DataFrame) -> list[dict]:
    """Return a frame's cells as the JSON that they came from."""
    rows = []
    for _, row in frame.iterrows():
        plain = {}
        for name, value in row.items():
            if pd.isna(value):
                plain[name] = None
            elif isinstance(value, pd.Timestamp | pd.Timedelta):
                plain[name] = value.value // 10**6 if value.unit == "ns" else value.as_unit("ms")._value
            else:
                plain[name] = value
        rows.append(plain)
    return rows


@pytest.mark.parametrize("name", ["list-clusters-1-response", "list-clusters-2-response"])
def test_the_vendors_lists_keep_every_cell(name):
    rows = example(name)["content"]
    assert json_of(to_frame(rows, CLUSTER_COLUMNS, "UTC")) == rows


values = {
    Kind.TEXT: st.text(),
    Kind.FLAG: st.booleans(),
    Kind.COUNT: st.integers(min_value=-(2**62), max_value=2**62),
    Kind.TIME: st.integers(min_value=0, max_value=4_000_000_000_000),
    Kind.DURATION: st.integers(min_value=0, max_value=10**12),
}
row = st.fixed_dictionaries({name: st.none() | values[kind] for name, kind in CLUSTER_COLUMNS.items()})


@given(st.lists(row, max_size=5))
def test_any_documented_rows_keep_every_cell(rows):
    assert without_misfits(rows, CLUSTER_COLUMNS) == (rows, {})
    shown = [{name: visible(value) if isinstance(value, str) else value for name, value in row.items()} for row in rows]
    assert json_of(to_frame(rows, CLUSTER_COLUMNS, "Asia/Seoul")) == shown


def test_absent_fields_and_null_are_missing_values_not_zero_or_empty_text():
    frame = to_frame([{"id": "a", "workerCnt": None}], CLUSTER_COLUMNS, "UTC")
    assert frame.drop(columns="id").isna().all(axis=None)


def test_unknown_fields_come_last_in_the_order_they_are_seen():
    rows = [cluster_row(1, zone="a"), cluster_row(2, spot=True, zone="b", tags=["x"])]
    frame = to_frame(rows, CLUSTER_COLUMNS, "UTC")
    assert list(frame.columns[-3:]) == ["zone", "spot", "tags"]
    assert (str(frame.dtypes["zone"]), str(frame.dtypes["spot"])) == ("string", "boolean")
    assert frame["tags"].tolist() == [None, ["x"]]


def test_times_are_in_the_requested_time_zone():
    frame = to_frame([cluster_row(0)], CLUSTER_COLUMNS, "Asia/Seoul")
    assert str(frame.dtypes["createdAt"]) == "datetime64[ms, Asia/Seoul]"
    assert frame["createdAt"][0] == pd.Timestamp("2024-07-03 18:46:40+09:00")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 5),
        ("isScalable", "true"),
        ("isScalable", 1),
        ("workerCnt", "3"),
        ("workerCnt", True),
        ("workerCnt", 3.5),
        ("createdAt", "2024-07-03"),
        ("createdAt", 10**18),
        ("elapsedTime", {}),
    ],
)
def test_only_a_value_of_another_type_is_left_out(field, value):
    rows = [cluster_row(1), cluster_row(2, **{field: value})]
    clean, misfits = without_misfits(rows, CLUSTER_COLUMNS)
    assert misfits == {field: 1}
    assert clean == [rows[0], rows[1] | {field: None}]
    assert rows[1][field] == value  # what the caller has stays as it was


def test_a_whole_number_written_as_a_decimal_is_read_as_whole():
    rows = [cluster_row(1, workerCnt=3.0, createdAt=1.72e12)]
    assert without_misfits(rows, CLUSTER_COLUMNS) == (rows, {})
    frame = to_frame(rows, CLUSTER_COLUMNS, "UTC")
    assert frame["workerCnt"][0] == 3
    assert frame["createdAt"][0] == pd.Timestamp(1.72e12, unit="ms", tz="UTC")


BODY = {"totalElements": 0, "size": 20}
odd_row = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.none() | st.text() for name in ("id", "name", "status")},
        "isScalable": st.none() | st.booleans(),
        "workerCnt": st.none() | st.integers(-(2**63) + 1, 2**63 - 1) | st.just(3.0),
        "createdAt": st.none() | st.integers(0, 2**45),
        "elapsedTime": st.none() | st.integers(0, 2**45),
        "zoneName": st.none() | st.text(),
        "gpuCnt": st.none() | st.integers(),
    },
)


@given(st.lists(odd_row, max_size=6), st.booleans())
def test_a_page_gives_the_same_frame_decoded_in_one_go_or_row_by_row(rows, plain):
    if plain:
        rows = [{name: value for name, value in row.items() if name in CLUSTER_COLUMNS} for row in rows]
    reader = PageReader(CLUSTER_COLUMNS, "id")
    body = json.dumps({**BODY, "content": rows}).encode()
    pages = [reader.chunk(body), reader.chunk(json.dumps({**BODY, "content": rows[::-1]}).encode())]
    frame = joined_frame([page.content for page in pages], CLUSTER_COLUMNS, "Asia/Seoul")
    pd.testing.assert_frame_equal(frame, to_frame(rows + rows[::-1], CLUSTER_COLUMNS, "Asia/Seoul"))
    assert pages[0].keys == reader.rows(body).keys


@given(st.lists(st.none() | st.text(), max_size=8))
def test_a_text_column_is_the_same_with_and_without_arrow(values):
    column = frames._texts([values], harmless=False)
    arrow, frames._arrow = frames._arrow, None
    try:
        without = frames._texts([values], harmless=False)
    finally:
        frames._arrow = arrow
    pd.testing.assert_extension_array_equal(column, without)
    shown = [None if value is pd.NA else value for value in column]
    assert shown == [value and visible(value) for value in values]


def test_a_documented_page_is_decoded_in_one_go(monkeypatch):
    monkeypatch.setattr(PageReader, "rows", lambda *_: pytest.fail("read twice"))
    rows = [cluster_row(1), {"id": "b", "name": "지도"}, {"id": "c", "runningAt": None}]
    page = PageReader(CLUSTER_COLUMNS, "id").chunk(json.dumps({**BODY, "content": rows}).encode())
    assert page.keys == [cluster_row(1)["id"], "b", "c"]
    assert page.last["runningAt"] is None
