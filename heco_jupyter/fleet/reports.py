"""The report of a month as a value: its frames, and the page that they make in HTML and in text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from heco_jupyter.api.display import markup
from heco_jupyter.api.display.amounts import amount, amounts, change, share
from heco_jupyter.api.display.bars import Bar, lying, upright
from heco_jupyter.api.display.cards import count_of, duration_words
from heco_jupyter.api.display.grid import Column
from heco_jupyter.api.display.pages import Page, Section
from heco_jupyter.api.display.text import plain
from heco_jupyter.fleet.pieces import Known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WORDS = {"nodeHours": "node-hours", "cost": "cost"}
_MOST_GROUPS, _MOST_BARS, _MOST_CLUSTERS, _MOST_FORGOTTEN = 20, 10, 10, 20
_UNDERSCORE = re.compile(r"_(\w)")
_NO_GROUP = "(none)"
_COMPARED = ("Before", "Change", "ChangeShare", "Projected")
_LITTLE = 1e-9
_LONGEST = 120  # letters of a name
_ID = 8  # letters of an id that name a cluster


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """What a fleet used in a month, as `report` returns it. A notebook shows it as a page; `print` shows it as text.

    Parameters
    ----------
    month
        The month: `2026-10`.
    since, until
        The stretch of it that is reported: from its first midnight to its end, or to `at` where it has not ended.
    end
        When the month ends.
    at
        As of when.
    before_since, before_until
        The stretch of the month before that it is compared with: all of it, or where this month has not ended, up to
        the same day and hour.
    amount
        What the page is about: `cost` with prices, else `nodeHours`.
    grouped_by
        The columns that `by` is grouped by.
    total
        The values of `by` over all groups; None where one is missing. Clusters count once.
    projection
        Of a month that has not ended, what it comes to: nodeHours, cost (with prices), and `how` in words. Else None.
    by
        One row per group, the largest first: the columns of `usage`, then for nodeHours, and with prices for cost:

        - nodeHoursBefore (Float64): in the same stretch of the month before
        - nodeHoursChange (Float64): the difference; missing where the month before is not known from its start
        - nodeHoursChangeShare (Float64): the difference, as a share of what was before
        - nodeHoursProjected (Float64): by the month's end, if what ran in the last 7 days goes on

        Groups that ran only in the month before are in, with 0.
    clusters
        One row per cluster that ran, the largest first: id, name, the columns of `grouped_by`, status, the columns of
        `usage` without clusters, and share (Float64): its share of the whole `amount`.
    forgotten
        One row per cluster that nobody seems to look after, the largest first: id, name, the columns of `grouped_by`,
        status, why (string: `not scaled`, `failed` or `ended by an error`), runningAt (datetime64[ms, tz]),
        runningFor (timedelta64[ms]), unscaledSince (datetime64[ms, tz]: since when it is known not to have been scaled;
        missing where that is not known), nodeCnt (Int64), nodeHours (Float64) and cost (Float64, with prices).
    unknown
        How it is known what ran, and what is not known, one row each: what (string), detail (string), clusters (Int64),
        uptimeHours (Float64), nodeHours (Float64) and share (Float64: of the uptime); what does not apply is missing.
        The first four are measured, bounded, inferred and unknown, of which the other rows are a part.
    days
        One row per day of the month: day (datetime64[ms, tz]), nodeHours, nodeHoursBefore (on that day of the month
        before) and nodeHoursProjected (of what is left of the day), likewise cost with prices (all Float64).
    """

    month: str
    since: pd.Timestamp
    until: pd.Timestamp
    end: pd.Timestamp
    at: pd.Timestamp
    before_since: pd.Timestamp
    before_until: pd.Timestamp
    amount: str
    grouped_by: tuple[str, ...]
    total: Mapping[str, Any]
    projection: Mapping[str, Any] | None
    by: pd.DataFrame
    clusters: pd.DataFrame
    forgotten: pd.DataFrame
    unknown: pd.DataFrame
    days: pd.DataFrame

    def data(self) -> dict[str, Any]:
        """Return all that the report holds, named as JSON has it (`beforeSince`); its frames are frames."""
        return {_UNDERSCORE.sub(lambda found: found[1].upper(), name): value for name, value in vars(self).items()}

    def text(self) -> str:
        """Return the report as plain text, with columns that line up."""
        return _page(self).text()

    def html(self) -> str:
        """Return the report as a page in HTML, which needs nothing else."""
        return _page(self).html()

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


def _page(report: Report) -> Page:
    """Return the page of a report."""
    by = ", ".join(report.grouped_by)
    stretch = f"{_moment(report.since)} to {_moment(report.until)} ({report.since.tz})"
    lines = [stretch if report.projection is None else f"{stretch}; the month ends {_moment(report.end)}"]
    if report.projection is None:
        lines.append(f"compared with all of {_month(report.before_since)}")
    else:
        same = f"{_moment(report.before_since)} to {_moment(report.before_until)}"
        lines.append(f"compared with the same stretch of {_month(report.before_since)}: {same}")
        lines.append(f"projected: {report.projection['how']}")
    title = f"Usage in {_month(report.since)}{by and f' by {plain(by)}'}"
    sections = [_in_total(report), *([_by_group(report)] if by else []), _largest(report), _forgotten(report)]
    return Page(title, lines, [*sections, _unknown(report)])


def _in_total(report: Report) -> Section:
    total = report.total
    names = [name for name in _WORDS if name in total]
    frame = pd.DataFrame({key: [total[f"{name}{key}"] for name in names] for key in ("", *_COMPARED)})
    columns = [Column("", [_WORDS[name] for name in names]), *_amount_columns(frame, "", report)]
    lines = [_how_known(total)]
    if total["nodeHoursLow"] != total["nodeHoursHigh"]:
        low, high = amounts([total["nodeHoursLow"], total["nodeHoursHigh"]])
        lines.append(f"the node-hours are between {low} and {high}, as far as they are known")
    told = report.unknown.iloc[len(Known) :]
    lines += [f"{what}: {detail}" for what, detail in zip(told["what"], told["detail"], strict=True)]
    return Section("In total", lines, columns, chart=_day_chart(report))


def _how_known(total: Mapping[str, Any]) -> str:
    """Return how many clusters ran, and how it is known with how many nodes, in words."""
    ran = f"{count_of(total['clusters'], 'cluster')} ran for {amount(total['uptimeHours'])} hours"
    if not total["uptimeHours"]:
        return "no cluster ran, as far as is known"
    measured, inferred = total["nodeHoursKnown"], total["nodeHoursInferred"]
    rest = max(0, 1 - measured - inferred)
    parts = [("measured", measured), ("inferred", inferred), ("bounded or unknown", rest)]
    words = [f"{words} for {share(part)}" for words, part in parts if part > _LITTLE]
    return f"{ran}; their nodes are {', '.join(words)} of that time"


def _by_group(report: Report) -> Section:
    frame, main = report.by, report.amount
    head, rest = frame.head(_MOST_GROUPS), frame.iloc[_MOST_GROUPS:]
    columns = [_texts(name, head[name]) for name in report.grouped_by]
    columns.append(_numbers("clusters", head["clusters"], report.total["clusters"]))
    if main == "cost":
        columns.append(_numbers("node-hours", head["nodeHours"], report.total["nodeHours"]))
    columns += _amount_columns(head, main, report, report.total)
    known = f"{main}Known"
    columns.append(_shares("measured", head[known], report.total[known]))
    columns[0] = replace(columns[0], total="total")
    by = ", ".join(report.grouped_by)
    foot = f"{len(rest)} more are in .by" if len(rest) else ""
    return Section(f"By {by}", columns=columns, foot=foot, chart=_group_chart(report))


def _largest(report: Report) -> Section:
    frame = report.clusters.head(_MOST_CLUSTERS)
    keys = [name for name in report.grouped_by if name not in ("id", "name", "status")]
    columns = [_texts(name, frame[name]) for name in ("name", "status", *keys)]
    columns.append(_numbers("hours", frame["uptimeHours"]))
    columns += [_numbers(words, frame[name]) for name, words in _WORDS.items() if name in frame]
    columns += [_shares("share", frame["share"]), _ids(frame["id"])]
    if frame.empty:
        return Section("Largest clusters", ["none ran"])
    return Section(
        "Largest clusters", columns=columns, foot=f"{len(frame)} of {len(report.clusters)}, by {_WORDS[report.amount]}"
    )


def _forgotten(report: Report) -> Section:
    frame = report.forgotten.head(_MOST_FORGOTTEN)
    if frame.empty:
        return Section(
            "Forgotten", ["none: no cluster runs for long without being scaled, failed, or ended by an error"]
        )
    keys = [name for name in report.grouped_by if name not in ("id", "name", "status")]
    columns = [_texts(name, frame[name]) for name in ("name", "status", "why", *keys)]
    columns.append(Column("running for", [_duration(value) for value in frame["runningFor"]], is_number=True))
    columns.append(Column("unscaled since", [_date(value) for value in frame["unscaledSince"]], is_number=True))
    columns.append(_numbers("nodes", frame["nodeCnt"]))
    columns += [_numbers(words, frame[name]) for name, words in _WORDS.items() if name in frame]
    columns.append(_ids(frame["id"]))
    return Section("Forgotten", columns=columns, foot=f"{len(frame)} of {len(report.forgotten)}")


def _unknown(report: Report) -> Section:
    frame = report.unknown
    columns = [
        _texts("what", frame["what"]),
        _texts("detail", frame["detail"]),
        _numbers("clusters", frame["clusters"]),
        _numbers("hours", frame["uptimeHours"]),
        _numbers("node-hours", frame["nodeHours"]),
        _shares("of the hours", frame["share"]),
    ]
    return Section("What is known, and what is not", columns=columns)


def _amount_columns(
    frame: pd.DataFrame, name: str, report: Report, total: Mapping[str, Any] | None = None
) -> list[Column]:
    """Return the columns that compare an amount."""
    total = total or {}

    def value(suffix: str) -> float | None:
        return total.get(f"{name}{suffix}")

    columns = [
        _numbers(_WORDS.get(name, "so far" if report.projection else "used"), frame[name], value("")),
        _numbers("before", frame[f"{name}Before"], value("Before")),
        _numbers("change", frame[f"{name}Change"], value("Change"), signed=True),
        _changes("in %", frame[f"{name}ChangeShare"], value("ChangeShare")),
    ]
    if report.projection:
        columns.append(_numbers("projected", frame[f"{name}Projected"], value("Projected")))
    return columns


def _day_chart(report: Report) -> str:
    main = report.amount
    days = report.days
    bars = [
        Bar(
            str(day.day),
            _about(_date(day), main, used, coming, before),
            used,
            coming,
            before,
        )
        for day, used, coming, before in zip(
            days["day"], *(_values(days[f"{main}{suffix}"]) for suffix in ("", "Projected", "Before")), strict=True
        )
    ]
    return _chart(upright(f"{_WORDS[main]} by day", bars, every=2), report)


def _group_chart(report: Report) -> str:
    main, frame = report.amount, report.by.head(_MOST_BARS)
    names = [", ".join(map(_name, row)) for row in frame[[*report.grouped_by]].itertuples(index=False)]
    used, projected, before = (_values(frame[f"{main}{suffix}"]) for suffix in ("", "Projected", "Before"))
    bars = []
    for name, now, end, then in zip(names, used, projected, before, strict=True):
        coming = None if end is None or now is None else end - now
        bars.append(Bar(name, _about(name, main, now, coming, then), now, coming, then))
    return _chart(lying(f"{_WORDS[main]} by {', '.join(report.grouped_by)}", bars), report)


def _chart(chart: str, report: Report) -> str:
    """Return a chart with its legend, or nothing for nothing."""
    if not chart:
        return ""
    outlined = "; outlined: projected" if report.projection else ""
    return f"{chart}{markup.quiet(f'{_WORDS[report.amount]}; line across: the month before{outlined}')}"


def _about(name: str, main: str, used: float | None, coming: float | None, before: float | None) -> str:
    """Return what a bar says to who points at it."""
    words = [f"{_known(used)} {_WORDS[main]}"]
    if coming:
        words.append(f"{amount(coming)} to come")
    return f"{name}: {', '.join([*words, f'{_known(before)} the month before'])}"


def _known(value: float | None) -> str:
    return "unknown" if value is None else amount(value)


def _values(column: Iterable[Any]) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in column]


def _numbers(name: str, column: Iterable[Any], total: float | None = None, *, signed: bool = False) -> Column:
    *cells, last = amounts([*_values(column), total], signed=signed)
    return Column(name, cells, is_number=True, total=last)


def _shares(name: str, column: Iterable[Any], total: float | None = None) -> Column:
    return Column(name, [*map(share, _values(column))], is_number=True, total=share(total))


def _changes(name: str, column: Iterable[Any], total: float | None = None) -> Column:
    return Column(name, [*map(change, _values(column))], is_number=True, total=change(total))


def _texts(name: str, column: Iterable[Any]) -> Column:
    return Column(plain(name), [_name(value) for value in column])


def _ids(column: Iterable[Any]) -> Column:
    """Return the starts of ids, which name a cluster as the whole ids do."""
    return Column("id", [_name(value)[:_ID] for value in column], is_whole=True)


def _name(value: Any) -> str:
    return _NO_GROUP if pd.isna(value) else plain(value, _LONGEST)


def _duration(value: Any) -> str:
    return "" if pd.isna(value) else duration_words(value)


def _date(time: pd.Timestamp) -> str:
    return "" if pd.isna(time) else f"{time.day} {time.month_name()[:3]} {time.year}"


def _moment(time: pd.Timestamp) -> str:
    return f"{_date(time)} {time:%H:%M}"


def _month(time: pd.Timestamp) -> str:
    return f"{time.month_name()} {time.year}"
