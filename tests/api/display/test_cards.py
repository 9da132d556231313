"""Cards: a cluster in text and in HTML, and the typed fields behind them."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import cluster_row

from heco_jupyter.api.display.cards import duration_words, safe_link
from heco_jupyter.api.model.cluster import FIELDS, Cluster, Record

NASTY = "<img src=x onerror=alert(1)>\x1b[31m'\"&\u202e"


class Tags(HTMLParser):
    """The tags and links of some HTML, in which no attribute may be an event handler."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        self.links += [value for name, value in attrs if name == "href"]


def detail(**fields: object) -> dict:
    return (
        cluster_row(
            1,
            hueUrl="https://hue.example.com/x",
            nameNodeUrl="javascript:alert(1)",
            masterInfo=[{"flavorId": "f", "flavorName": "m2a.xlarge", "volumeSize": 50}],
            workerInfo=[{"flavorId": "f", "flavorName": "m2a.2xlarge", "volumeSize": 100}],
            config={"hdfsBlockSize": 128, "hdfsReplication": 2},
        )
        | fields
    )


def test_a_card_shows_the_same_in_text_and_in_html():
    card = Cluster(detail(), "Asia/Seoul", "3 -> 8 workers, +5")
    for form in (repr(card), card._repr_html_()):
        for words in ("cluster-001", "Running", "kim@example.com", "m2a.2xlarge 100 GB", "2024-07-03 18:46:40 KST"):
            assert words in form
        assert "https://hue.example.com/x" in form
        assert "javascript" not in form
        assert "%heco vms cluster-001" in form
    assert "3 -> 8 workers, +5" in repr(card)


@pytest.mark.parametrize("field", [*FIELDS, "unknownField"])
def test_text_from_the_api_never_becomes_markup(field):
    card = Cluster(detail(**{field: NASTY}), note=NASTY)
    tags = Tags(card._repr_html_())
    assert "img" not in tags.tags
    assert all(link.startswith("https://") for link in tags.links)
    assert "\x1b" not in repr(card) + card._repr_html_()
    assert "\u202e" not in repr(card)


values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.none())


@given(st.dictionaries(st.sampled_from(FIELDS), values))
def test_a_cluster_of_any_values_has_a_card(raw):
    card = Cluster(raw, "Asia/Seoul")
    assert repr(card)
    Tags(card._repr_html_())


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://x", "//x", "x", "", None, 5, "https://", "http://a\x1bb", "data:,x"]
)
def test_only_http_and_https_are_linked(url):
    assert safe_link(url) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.2, "200 ms"),
        (59, "59 s"),
        (320, "5 min 20 s"),
        (3600, "1 h"),
        (273_900, "3 d 4 h"),
        (86_400, "1 d"),
        (-5, "0 s"),
    ],
)
def test_a_duration_is_shown_in_its_two_largest_units(seconds, words):
    assert duration_words(timedelta(seconds=seconds)) == words


def test_nodes_that_are_neither_masters_nor_workers_are_told_as_other_nodes():
    assert "nodeCnt           6, 2 other nodes" in repr(Cluster(detail(nodeCnt=6)))
    assert "5, 1 other node" in Cluster(detail(nodeCnt=5))._repr_html_()
    for fields in ({"nodeCnt": 4}, {"nodeCnt": None}, {"workerCnt": None, "nodeCnt": 6}, {"nodeCnt": 3}):
        assert "other node" not in repr(Cluster(detail(**fields)))


@pytest.mark.parametrize(
    ("info", "shown"),
    [
        ([{"flavorName": "m2a.xlarge"}], "masterCnt         1, m2a.xlarge"),
        ([{"volumeSize": 50}], "masterCnt         1, 50 GB"),
        ([{}], "masterCnt         1"),
        (None, "masterCnt         1"),
    ],
)
def test_a_card_bears_missing_fields(info, shown):
    lines = [line.strip() for line in repr(Cluster(detail(masterInfo=info))).splitlines()]
    assert shown in lines


class TestCluster:
    def test_a_field_is_an_attribute_and_an_item_with_its_type(self):
        made = Cluster(detail())
        assert made.workerCnt == made["workerCnt"] == made.raw["workerCnt"] == 3
        assert made.config.hdfsReplication == 2
        assert made.masterInfo[0].flavorName == "m2a.xlarge"
        assert made.createdAt.isoformat() == "2024-07-03T09:46:40.001000+00:00"
        assert made.elapsedTime == timedelta(seconds=1)

    def test_an_absent_documented_field_is_none_and_a_typo_names_the_nearest_field(self):
        made = Cluster({"id": "x"})
        assert made.workerCnt is None
        with pytest.raises(KeyError):
            made["workerCnt"]
        with pytest.raises(AttributeError, match="did you mean workerCnt"):
            made.wokerCnt  # noqa: B018

    def test_a_cluster_is_a_mapping(self):
        assert dict(Record({"a": 1})) == {"a": 1}
        assert Cluster(detail()).get("nothing") is None
