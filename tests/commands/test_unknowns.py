"""What `%heco usage` says beside its table: how node-hours are known, and what may be missing."""

from __future__ import annotations

import pandas as pd
import pytest

from heco_jupyter.commands.analysing import _what_is_unknown

ALL_KNOWN = {
    "since": "2026-10-01 00:00:00+00:00",
    "until": "2026-11-01 00:00:00+00:00",
    "knownFrom": "2026-08-01T00:00:00+00:00",
    "gaps": [],
    "nodeHoursKnown": 1.0,
    "nodeHoursInferred": 0.0,
    "nodeHoursBounded": 0.0,
    "nodeHoursUnknown": 0.0,
    "clusters": 3,
    "unknownUptime": 0,
    "contradicted": 0,
    "complete": True,
    "filters": {},
}
GAPS = [
    ("2026-10-02T00:00:00+00:00", "2026-10-02T01:00:00+00:00"),
    ("2026-10-03T00:00:00+00:00", "2026-10-03T05:00:00+00:00"),
]


def said(**attrs):
    table = pd.DataFrame()
    table.attrs = ALL_KNOWN | attrs
    return _what_is_unknown(table)


def test_where_all_is_known_nothing_is_said():
    assert said() == []


@pytest.mark.parametrize(
    ("attrs", "words"),
    [
        ({"nodeHoursKnown": 0.999, "nodeHoursBounded": 0.001}, ">99% measured, <1% between two counts"),
        ({"nodeHoursKnown": 0.0, "nodeHoursInferred": 1.0}, "0% measured, 100% inferred"),
        ({"nodeHoursKnown": 0.5, "nodeHoursUnknown": 0.5}, "50% unknown: --exact or --history DIR may tell the rest"),
        ({"gaps": GAPS}, "nobody looked in 2 gaps, the longest of 5 h, from 2026-10-03 00:00 UTC to"),
        ({"knownFrom": "2026-10-05T00:00:00+00:00"}, "that ended before 2026-10-05 00:00 UTC may be missing"),
        ({"contradicted": 1}, "totalVmUptime of 1 cluster contradicts count x time"),
        ({"unknownUptime": 2}, "2 clusters ran for an unknown time"),
        ({"unpriced": ["m2a.xlarge"]}, "no price: m2a.xlarge"),
        ({"filters": {"name": "etl", "limit": 5}}, "filtered by name, limit"),
        ({"complete": False}, "may not have been complete"),
    ],
)
def test_each_unknown_is_said_in_one_line(attrs, words):
    (line,) = said(**attrs)
    assert words in line
