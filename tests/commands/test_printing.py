"""Results as a shell gets them: frames with objects in their cells, results with frames of their own, paths."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heco_jupyter.commands.printing import as_csv, as_json, as_table

RUN = np.dtype([("since", "i8"), ("nodes", "f8")])
AT = pd.Timestamp("2026-10-05T12:00Z")


@pytest.fixture
def frame():
    """Return a frame with lists and arrays in its cells."""
    runs = [np.array([(1, 3.0), (2, np.nan)], RUN), np.array([], RUN)]
    nodes = [[(AT, 3), (AT, 5)], []]
    return pd.DataFrame({"id": ["a", "b"], "nodeCnts": nodes, "runs": pd.Series(runs, dtype=object)})


class Told:
    """A result with a frame."""

    def __init__(self, frame):
        self._frame = frame

    def text(self):
        return "a page"

    def data(self):
        return {"month": "2026-10", "since": AT, "by": self._frame}


def test_lists_are_arrays_and_structured_arrays_are_arrays_of_objects(frame):
    first, second = json.loads(as_json(frame))
    pairs = [["2026-10-05T12:00:00.000+00:00", 3], ["2026-10-05T12:00:00.000+00:00", 5]]
    assert first == {"id": "a", "nodeCnts": pairs, "runs": [{"since": 1, "nodes": 3.0}, {"since": 2, "nodes": None}]}
    assert second == {"id": "b", "nodeCnts": [], "runs": []}
    for row, record in zip(csv.DictReader(io.StringIO(as_csv(frame))), (first, second), strict=True):
        assert json.loads(row["nodeCnts"]) == record["nodeCnts"]
        assert json.loads(row["runs"]) == record["runs"]


def test_a_table_leaves_out_what_is_a_table_of_its_own(frame):
    head, first, _ = as_table(frame).splitlines()
    assert head.split() == ["id", "nodeCnts"]
    assert first.split(maxsplit=1)[1].startswith("[[")


def test_a_table_shows_no_more_digits_than_anybody_reads_and_data_have_them_all():
    frame = pd.DataFrame({"nodeHours": [1 / 3]})
    assert as_table(frame).split() == ["nodeHours", "0.333333"]
    assert json.loads(as_json(frame)) == [{"nodeHours": 1 / 3}]


def test_a_result_with_frames_is_its_text_an_object_or_its_first_frame(frame):
    told = Told(frame[["id"]])
    assert as_table(told) == "a page"
    made = json.loads(as_json(told))
    assert made == {"month": "2026-10", "since": "2026-10-05T12:00:00.000+00:00", "by": [{"id": "a"}, {"id": "b"}]}
    assert as_csv(told) == "id\na\nb"


def test_a_path_is_a_line_or_an_object_and_several_are_as_many():
    path = Path("h") / "a\nb.parquet"
    assert as_table(path) == "h/a\\nb.parquet"
    assert json.loads(as_json(path)) == {"path": "h/a\nb.parquet"}
    assert as_csv(path) == "path\nh/a\\nb.parquet"
    assert as_table([path, path]).count("\n") == 1
    assert json.loads(as_json([path])) == [{"path": "h/a\nb.parquet"}]
    assert (as_table([]), as_json([]), as_csv([])) == ("", "[]", "path")
