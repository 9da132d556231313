"""The report and the charts in Korean: no English of ours is left, and English is as it was."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from drawing import drawn_marks
from fleets import make_fleet, make_row
from korean import HANGUL, KEPT, OURS, seen_in, words
from october import DETAILS, NOW, PRICES, ROWS, detail, details, make_history, ms, row

from heco_jupyter.api.display.texts import LANGUAGES, TEXTS
from heco_jupyter.errors import CommandError
from heco_jupyter.fleet import concurrency, plot_concurrency, plot_usage, report, timeline, usage
from heco_jupyter.fleet.charts import _title

# What is not ours: names of the API's fields, of columns that were asked for, values of rows, and the time zone.
API = {"id", "name", "owner", "status", "clusterType", "cluster", "Running", "Terminated", "User", "Error", "Failed"}
DATA = API | {"hadoop", "kim", "lee", "park", "UTC", "o", "w", "m", "a", "xlarge", "ever", "so"}


def english_in(text):
    return words(text) - DATA - KEPT


def month(language, **options):
    return report(make_fleet(*ROWS, at=NOW), **{"details": DETAILS, "language": language, **options})


def forgotten(language):
    fleet = make_fleet(
        row(1, "kim", "2026-09-01T00:00", 960, 4),
        row(2, None, "2026-10-02T00:00", 3, 0, status="Terminated(Error)"),
        row(3, "lee", "2026-09-05T00:00", 3, 2, status="Failed"),
        *(row(number, f"o{number}", "2026-10-03T00:00", number, 2) for number in range(10, 40)),
        at=NOW,
    )
    return report(fleet, language=language)


def watched(language):
    seen = row(1, "kim", "2026-10-01T00:00", 240, 6)
    runs = [
        ("2026-10-01T00:00", "2026-10-05T00:00", 4),
        ("2026-10-05T00:10", "2026-10-08T00:00", 6),
        ("2026-10-10T00:00", "2026-10-11T00:00", 6),
    ]
    history = make_history((seen, runs), gaps=[("2026-10-08T00:00:00+00:00", "2026-10-10T00:00:00+00:00")])
    history.attrs["knownFrom"] = "2026-12-31T00:00:00+00:00"
    return report(make_fleet(seen, row(2, "lee", "2026-10-02T00:00", 5, 0), at=NOW), history=history, language=language)


def partly_known(language):
    fleet = make_fleet(*ROWS, row(9, "kim", "2026-10-01T00:00", 1, 2, elapsedTime=None), at=NOW)
    fleet.attrs |= {"complete": False, "filters": {"owner": "kim"}}
    wrong = detail(3, 72, 2) | {"totalVmUptime": pd.Timedelta(hours=1)}
    return report(fleet, details=details(detail(1, 960, 4), wrong), prices={"m": 1.0}, language=language)


REPORTS = {
    "under way": month,
    "over": lambda language: month(language, month="2026-09"),
    "in January": lambda language: month(language, month="2026-07", by=None),
    "by several, with prices": lambda language: month(language, by=["owner", "name"], prices=PRICES),
    "many flavors without a price": lambda language: month(
        language,
        details=DETAILS.assign(masterFlavorName=[f"m{n}" for n in range(len(DETAILS))]),
        prices={"so": 1.0},
    ),
    "no flavor": lambda language: month(language, details=DETAILS.assign(masterFlavorName=None), prices=PRICES),
    "forgotten": forgotten,
    "watched": watched,
    "partly known": partly_known,
    "empty": lambda language: report(make_fleet(at=NOW), language=language),
    "the month has just begun": lambda language: report(
        make_fleet(*ROWS, at="2026-10-01T00:00:01Z"), language=language
    ),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_korean_report_has_no_english_of_ours(name):
    made = REPORTS[name]("ko")
    for text in (made.text(), seen_in(made.html()), repr(made)):
        assert HANGUL.search(text)
        assert not english_in(text)


@pytest.mark.parametrize("name", REPORTS)
def test_figures_and_what_is_chosen_by_do_not_depend_on_the_language(name):
    english, korean = (REPORTS[name](language) for language in LANGUAGES)
    for frame in ("by", "clusters", "forgotten", "days"):
        pd.testing.assert_frame_equal(getattr(english, frame), getattr(korean, frame))
    pd.testing.assert_frame_equal(english.unknown.drop(columns="detail"), korean.unknown.drop(columns="detail"))
    assert [*english.data()] == [*korean.data()]
    assert not HANGUL.search(english.text() + english.html())


def test_every_text_of_the_report_is_shown_by_one_of_them():
    """What these reports do not show would not be checked above."""
    keys = list(TEXTS)
    report_keys = [key for key in keys[keys.index("report") :] if key not in ("no_pace", "list_changed")]
    texts = "\n".join(f"{made.text()}\n{seen_in(made.html())}" for make in REPORTS.values() for made in [make("ko")])
    for key in report_keys:
        pattern = ".+".join(map(re.escape, re.split(r"\{[^}]*\}", TEXTS[key][1])))
        assert re.search(pattern, texts), key


def test_dates_and_numbers_are_written_as_koreans_do():
    text = month("ko").text()
    lines = text.splitlines()
    assert lines[0] == "2026년 10월 사용량, owner별"
    assert (
        lines[2]
        == "2026년 10월 1일 00:00부터 2026년 10월 11일 00:00까지 (UTC); 이 달은 2026년 11월 1일 00:00에 끝납니다"
    )
    assert "최근 7일 동안 실행된 만큼 남은 21일 동안에도 실행된다고 가정" in text
    assert "클러스터 3개가 모두 360시간 실행됨; 그 시간의 노드 수는 100% 추정" in text
    assert [line.split()[-1] for line in lines if line.startswith("kim ")] == ["0%"]
    assert "40일" in forgotten("ko").text()


# Charts

FLEET = make_fleet(
    make_row(1, 4, owner="kim", runningAt=ms("2026-08-20"), elapsedTime=55 * 86_400_000),
    make_row(2, 4, owner="lee", runningAt=ms("2026-09-01"), elapsedTime=10 * 86_400_000),
    make_row(3, 0, owner=None, runningAt=ms("2026-09-03"), elapsedTime=3_600_000),
    at="2026-10-14T00:00:00+00:00",
)
MANY = make_fleet(
    *(
        make_row(n, 4, owner=f"o{n}", runningAt=ms("2026-09-30T22:00"), elapsedTime=(n + 1) * 3_600_000)
        for n in range(70)
    ),
    at="2026-10-14T00:00:00+00:00",
)
FREQS = ("6h", "D", "2D", "W", "M", "2M", "Q", "Y", "2Y")


def charts(language):
    yield timeline(FLEET, language=language)
    yield plot_concurrency(concurrency(FLEET, "D"), language=language)
    yield plot_concurrency(concurrency(MANY, "min", until="2026-09-30T22:10"), language=language)
    yield plot_usage(usage(MANY), language=language)
    priced = usage(FLEET, by=["owner", "clusterType"], freq="M", prices={"x": 1.0}, details=flavors(FLEET))
    for value in priced.columns[3:]:
        yield plot_usage(priced, value, language=language)
    yield plot_usage(usage(MANY, freq="30s", until="2026-09-30T22:02"), "uptimeHours", language=language)
    for freq in FREQS:
        yield plot_usage(usage(FLEET, freq=freq), "uptimeHours", language=language)
    yield plot_usage(usage(FLEET, by=None, freq="M"), language=language)


def flavors(clusters):
    return pd.DataFrame({"id": clusters["id"], "masterFlavorName": "x", "workerFlavorName": "x"})


def seen_of(picture):
    """Return what a person sees of a chart: what is drawn, and what a tooltip tells, by its name and its value."""
    drawn = [item["text"] for _, item in drawn_marks(picture) if isinstance(item.get("text"), str)]
    spec = picture.chart.to_dict()
    tooltips = [
        part for layer in (spec, *spec.get("layer", ())) for part in layer.get("encoding", {}).get("tooltip", ())
    ]
    rows = [row for rows in spec["datasets"].values() for row in rows]
    told = [part.get("title", part["field"]) for part in tooltips]
    told += [str(row.get(part["field"])) for part in tooltips for row in rows if row.get(part["field"]) is not None]
    return "\n".join([repr(picture), *drawn, *told])


def test_a_korean_chart_has_no_english_of_ours():
    for picture in charts("ko"):
        assert HANGUL.search(repr(picture))
        assert not english_in(seen_of(picture)), picture


def test_an_english_chart_has_no_korean():
    for picture in charts("en"):
        assert not HANGUL.search(json.dumps(picture.chart.to_dict(), ensure_ascii=False))


def test_the_words_of_ours_are_found():
    """What looks for English would find it: each English chart and report has words that only it may have."""
    assert {"began", "clusters", "unknown", "measured"} <= OURS - KEPT - DATA
    assert all(english_in(seen_of(picture)) for picture in (timeline(FLEET), plot_usage(usage(FLEET))))
    assert english_in(month("en").text())
    assert english_in(seen_in(month("en").html()))


@pytest.mark.parametrize(
    ("freq", "since", "until", "expected"),
    [
        ("M", None, None, ["2026년 8월", "2026년 9월", "2026년 10월"]),
        ("Q", None, None, ["2026년 3분기", "2026년 4분기"]),
        ("Y", None, None, ["2026년"]),
        ("2Y", None, None, ["2026년–2027년"]),
        ("2M", "2026-09-01", "2026-11-01", ["2026년 9월–10월"]),
        ("W", "2026-09-28", "2026-10-12", ["9월 28일–10월 4일", "10월 5일–11일"]),
        ("D", "2026-10-05", "2026-10-07", ["10월 5일", "10월 6일"]),
        ("h", "2026-10-05T14:00", "2026-10-05T16:00", ["10월 5일 14:00", "10월 5일 15:00"]),
    ],
)
def test_periods_have_korean_names(freq, since, until, expected):
    picture = plot_usage(usage(FLEET, freq=freq, since=since, until=until), language="ko")
    labels = [item["text"] for role, item in drawn_marks(picture) if role == "axis-label"]
    assert labels[: len(expected)] == expected


def test_a_week_over_the_end_of_a_year_has_both_years():
    fleet = make_fleet(make_row(1, 4, runningAt=ms("2025-12-22"), elapsedTime=21 * 86_400_000), at="2026-02-01T00:00Z")
    for language, expected in (
        ("en", ["22-28 Dec 2025", "29 Dec-4 Jan 2026", "5-11 Jan 2026"]),
        ("ko", ["2025년 12월 22일–28일", "2025년 12월 29일–2026년 1월 4일", "2026년 1월 5일–11일"]),
    ):
        picture = plot_usage(usage(fleet, freq="W"), language=language)
        labels = [item["text"] for role, item in drawn_marks(picture) if role == "axis-label"]
        assert labels[:3] == expected


def test_a_timeline_of_too_many_clusters_says_so_in_korean():
    said = _title(10_001, "owner").in_language("ko")
    assert said == "전체 클러스터 10,001개 중 최근 10,000개, owner별"
    assert not english_in(said)


def test_a_column_that_is_not_of_usage_keeps_its_name():
    table = usage(FLEET).assign(total=1.5, before=2.0)
    assert repr(plot_usage(table, "total", language="ko")) == "<차트: owner별 total>"


@pytest.mark.parametrize("language", ["fr", "", None, 1, "EN"])
def test_another_language_is_refused(language):
    for draw in (
        lambda: report(FLEET, language=language),
        lambda: timeline(FLEET, language=language),
        lambda: plot_usage(usage(FLEET), language=language),
        lambda: plot_concurrency(concurrency(FLEET, "D"), language=language),
    ):
        with pytest.raises(CommandError, match="there is no language"):
            draw()
