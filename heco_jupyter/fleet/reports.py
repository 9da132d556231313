"""The report of a month as a value: its frames, and the page that they make in HTML and in text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from heco_jupyter.api.display import markup
from heco_jupyter.api.display.amounts import amount, amounts, change, share
from heco_jupyter.api.display.bars import Bar, lying, upright
from heco_jupyter.api.display.cards import duration_words
from heco_jupyter.api.display.dates import date_words, moment_words, month_words
from heco_jupyter.api.display.grid import Column
from heco_jupyter.api.display.pages import Page, Section
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import Said, counted
from heco_jupyter.fleet.pieces import Known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_AMOUNTS = ("nodeHours", "cost")
_MOST_GROUPS, _MOST_BARS, _MOST_CLUSTERS, _MOST_FORGOTTEN = 20, 10, 10, 20
_UNDERSCORE = re.compile(r"_(\w)")
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
        status, reason (string: `not scaled`, `failed` or `ended by an error`), runningAt (datetime64[ms, tz]),
        runningFor (timedelta64[ms]), unscaledSince (datetime64[ms, tz]: since when it is known not to have been scaled;
        missing where that is not known), nodeCnt (Int64), nodeHours (Float64) and cost (Float64, with prices).
    unknown
        How it is known what ran, and what is not known, one row each: what (string), detail (string), clusters (Int64),
        uptimeHours (Float64), nodeHours (Float64) and share (Float64: of the uptime); what does not apply is missing.
        The first four are measured, bounded, inferred and unknown, of which the other rows are a part.
    days
        One row per day of the month: day (datetime64[ms, tz]), nodeHours, nodeHoursBefore (on that day of the month
        before) and nodeHoursProjected (of what is left of the day), likewise cost with prices (all Float64).
    language
        Of the page, and of what is told in whole sentences: `how` and detail. What can be chosen by, such as why and
        what, is in English.
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
    language: str = "en"

    def data(self) -> dict[str, Any]:
        """Return all that the report says, named as JSON has it (`beforeSince`); its frames are frames."""
        return {
            _UNDERSCORE.sub(lambda found: found[1].upper(), name): value
            for name, value in vars(self).items()
            if name != "language"
        }

    def text(self) -> str:
        """Return the report as plain text, with columns that line up."""
        return _Pages(self).page().text()

    def html(self) -> str:
        """Return the report as a page in HTML, which needs nothing else."""
        return _Pages(self).page().html()

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


class _Pages:
    """Makes the page of a report, in its language."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._by = ", ".join(report.grouped_by)

    def _say(self, key: str, **values: object) -> str:
        return Said(key, values).in_language(self._report.language)

    def _date(self, time: pd.Timestamp) -> str:
        return "" if pd.isna(time) else date_words(time, self._report.language)

    def _moment(self, time: pd.Timestamp) -> str:
        return moment_words(time, self._report.language)

    def page(self) -> Page:
        """Return the page."""
        report, by = self._report, self._by
        month, before = (month_words(time, report.language) for time in (report.since, report.before_since))
        stretch = {"since": self._moment(report.since), "until": self._moment(report.until), "zone": report.since.tz}
        if report.projection is None:
            lines = [self._say("stretch", **stretch), self._say("compared", month=before)]
        else:
            same = {"since": self._moment(report.before_since), "until": self._moment(report.before_until)}
            lines = [
                self._say("stretch_so_far", **stretch, end=self._moment(report.end)),
                self._say("compared_so_far", month=before, **same),
                self._say("projected_how", how=report.projection["how"]),
            ]
        title = self._say("report_by", month=month, by=plain(by)) if by else self._say("report", month=month)
        sections = [self._in_total(), *([self._by_group()] if by else []), self._largest(), self._forgotten()]
        return Page(title, lines, [*sections, self._unknown()])

    def _in_total(self) -> Section:
        report, total = self._report, self._report.total
        names = [name for name in _AMOUNTS if name in total]
        frame = pd.DataFrame({key: [total[f"{name}{key}"] for name in names] for key in ("", *_COMPARED)})
        columns = [Column("", [self._say(name) for name in names]), *self._amount_columns(frame, "")]
        lines = [self._how_known()]
        if total["nodeHoursLow"] != total["nodeHoursHigh"]:
            low, high = amounts([total["nodeHoursLow"], total["nodeHoursHigh"]])
            lines.append(self._say("node_hours_between", low=low, high=high))
        told = report.unknown.iloc[len(Known) :]
        lines += [f"{self._code('what', what)}: {detail}" for what, detail in told[["what", "detail"]].to_numpy()]
        return Section(self._say("in_total"), lines, columns, chart=self._day_chart())

    def _how_known(self) -> str:
        """Return how many clusters ran, and how it is known with how many nodes, in words."""
        total = self._report.total
        if not total["uptimeHours"]:
            return self._say("none_ran_in_all")
        measured, inferred = total["nodeHoursKnown"], total["nodeHoursInferred"]
        rest = max(0, 1 - measured - inferred)
        parts = [("part_measured", measured), ("part_inferred", inferred), ("part_rest", rest)]
        words = [self._say(key, share=share(part)) for key, part in parts if part > _LITTLE]
        clusters = counted(total["clusters"], "one_cluster", "many_clusters")
        return self._say("ran", clusters=clusters, hours=amount(total["uptimeHours"]), parts=", ".join(words))

    def _by_group(self) -> Section:
        report, main = self._report, self._report.amount
        head, rest = report.by.head(_MOST_GROUPS), report.by.iloc[_MOST_GROUPS:]
        columns = [self._names(name, head[name]) for name in report.grouped_by]
        columns.append(self._numbers("clusters", head["clusters"], report.total["clusters"]))
        if main == "cost":
            columns.append(self._numbers("nodeHours", head["nodeHours"], report.total["nodeHours"]))
        columns += self._amount_columns(head, main, report.total)
        known = f"{main}Known"
        columns.append(self._shares("measured", head[known], report.total[known]))
        columns[0] = replace(columns[0], total=self._say("total"))
        foot = self._say("more_in_by", n=len(rest)) if len(rest) else ""
        return Section(self._say("by", by=self._by), columns=columns, foot=foot, chart=self._group_chart())

    def _largest(self) -> Section:
        report = self._report
        frame = report.clusters.head(_MOST_CLUSTERS)
        if frame.empty:
            return Section(self._say("largest"), [self._say("none_ran")])
        columns = [self._names(name, frame[name]) for name in ("name", "status", *self._other_keys())]
        columns.append(self._numbers("hours", frame["uptimeHours"]))
        columns += [self._numbers(name, frame[name]) for name in _AMOUNTS if name in frame]
        columns += [self._shares("share", frame["share"]), self._ids(frame["id"])]
        foot = self._say("shown_of_by", n=len(frame), m=len(report.clusters), amount=self._say(report.amount))
        return Section(self._say("largest"), columns=columns, foot=foot)

    def _forgotten(self) -> Section:
        report = self._report
        frame = report.forgotten.head(_MOST_FORGOTTEN)
        if frame.empty:
            return Section(self._say("forgotten"), [self._say("none_forgotten")])
        columns = [self._names(name, frame[name]) for name in ("name", "status")]
        columns.append(Column(self._say("reason"), [self._code("reason", reason) for reason in frame["reason"]]))
        columns += [self._names(name, frame[name]) for name in self._other_keys()]
        lengths = ["" if pd.isna(value) else duration_words(value, report.language) for value in frame["runningFor"]]
        columns.append(Column(self._say("running_for"), lengths, is_number=True))
        since = [self._date(value) for value in frame["unscaledSince"]]
        columns.append(Column(self._say("unscaled_since"), since, is_number=True))
        columns.append(self._numbers("nodes", frame["nodeCnt"]))
        columns += [self._numbers(name, frame[name]) for name in _AMOUNTS if name in frame]
        columns.append(self._ids(frame["id"]))
        foot = self._say("shown_of", n=len(frame), m=len(report.forgotten))
        return Section(self._say("forgotten"), columns=columns, foot=foot)

    def _unknown(self) -> Section:
        frame = self._report.unknown
        columns = [
            Column(self._say("what"), [self._code("what", what) for what in frame["what"]]),
            Column(self._say("detail"), [self._name(detail) for detail in frame["detail"]]),
            self._numbers("clusters", frame["clusters"]),
            self._numbers("hours", frame["uptimeHours"]),
            self._numbers("nodeHours", frame["nodeHours"]),
            self._shares("of_the_hours", frame["share"]),
        ]
        return Section(self._say("certainty"), columns=columns)

    # Columns

    def _other_keys(self) -> list[str]:
        """Return the columns that the report is grouped by, without those that each list of clusters has."""
        return [name for name in self._report.grouped_by if name not in ("id", "name", "status")]

    def _amount_columns(self, frame: pd.DataFrame, name: str, total: Mapping[str, Any] | None = None) -> list[Column]:
        """Return the columns that compare an amount."""
        total = total or {}

        def value(suffix: str) -> float | None:
            return total.get(f"{name}{suffix}")

        so_far = self._report.projection is not None
        columns = [
            self._numbers(name or ("so_far" if so_far else "used"), frame[name], value("")),
            self._numbers("before", frame[f"{name}Before"], value("Before")),
            self._numbers("differs_by", frame[f"{name}Change"], value("Change"), signed=True),
            self._changes("differs_in_percent", frame[f"{name}ChangeShare"], value("ChangeShare")),
        ]
        if so_far:
            columns.append(self._numbers("projected", frame[f"{name}Projected"], value("Projected")))
        return columns

    def _numbers(self, key: str, column: Iterable[Any], total: float | None = None, *, signed: bool = False) -> Column:
        *cells, last = amounts([*_values(column), total], signed=signed)
        return Column(self._say(key), cells, is_number=True, total=last)

    def _shares(self, key: str, column: Iterable[Any], total: float | None = None) -> Column:
        return Column(self._say(key), [*map(share, _values(column))], is_number=True, total=share(total))

    def _changes(self, key: str, column: Iterable[Any], total: float | None = None) -> Column:
        return Column(self._say(key), [*map(change, _values(column))], is_number=True, total=change(total))

    def _names(self, name: str, column: Iterable[Any]) -> Column:
        """Return a column of the frame of clusters, under its own name."""
        return Column(plain(name), [self._name(value) for value in column])

    def _ids(self, column: Iterable[Any]) -> Column:
        """Return the starts of ids, which name a cluster as the whole ids do."""
        return Column("id", [self._name(value)[:_ID] for value in column], is_whole=True)

    def _name(self, value: Any) -> str:
        return self._say("no_group") if pd.isna(value) else plain(value, _LONGEST)

    def _code(self, kind: str, code: str) -> str:
        """Return the words for one of the values of reason or of what."""
        return self._say(f"{kind}_{code.replace(' ', '_')}")

    # Charts

    def _day_chart(self) -> str:
        main, days = self._report.amount, self._report.days
        amounts_of_days = (_values(days[f"{main}{suffix}"]) for suffix in ("", "Projected", "Before"))
        bars = [
            Bar(str(day.day), self._about(self._date(day), used, coming, before), used, coming, before)
            for day, used, coming, before in zip(days["day"], *amounts_of_days, strict=True)
        ]
        return self._chart(upright(self._say("amount_by_day", amount=self._say(main)), bars, every=2))

    def _group_chart(self) -> str:
        report, main, frame = self._report, self._report.amount, self._report.by.head(_MOST_BARS)
        names = [", ".join(map(self._name, row)) for row in frame[[*report.grouped_by]].itertuples(index=False)]
        used, projected, before = (_values(frame[f"{main}{suffix}"]) for suffix in ("", "Projected", "Before"))
        bars = []
        for name, now, end, then in zip(names, used, projected, before, strict=True):
            coming = None if end is None or now is None else end - now
            bars.append(Bar(name, self._about(name, now, coming, then), now, coming, then))
        title = self._say("amount_by", amount=self._say(main), by=self._by)
        return self._chart(lying(title, bars, self._say("unknown")))

    def _chart(self, chart: str) -> str:
        """Return a chart with its legend, or nothing for nothing."""
        if not chart:
            return ""
        key = "legend_so_far" if self._report.projection else "legend"
        return f"{chart}{markup.quiet(self._say(key, amount=self._say(self._report.amount)))}"

    def _about(self, name: str, used: float | None, coming: float | None, before: float | None) -> str:
        """Return what a bar says to who points at it."""
        words = {"name": name, "amount": self._say(self._report.amount)}
        words |= {"used": self._known(used), "before": self._known(before)}
        return self._say("bar_to_come", **words, coming=amount(coming)) if coming else self._say("bar", **words)

    def _known(self, value: float | None) -> str:
        return self._say("unknown") if value is None else amount(value)


def _values(column: Iterable[Any]) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in column]
