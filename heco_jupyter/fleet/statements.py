"""The statement that adds up usage in SQL: one text for DuckDB and Spark, but for the few words that they do not share.

It takes the steps of `history` and `usage` in their order: moments and how far apart they usually are, lives, runs of
equal counts, pieces of lives, and sums by group and period.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heco_jupyter.fleet.coverage import REMEMBERED
from heco_jupyter.fleet.moments import USUAL
from heco_jupyter.fleet.parquet import DETAILS, PRICES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heco_jupyter.fleet.periods import Periods

_COUNTS = ("masterCnt", "workerCnt", "nodeCnt")
_FLAVORS = ("masterFlavorName", "workerFlavorName")
_LAST_KNOWN = (*_COUNTS, *DETAILS, *PRICES)


@dataclass(frozen=True)
class Dialect:
    """What engines write differently.

    Parameters
    ----------
    files
        Makes a table of the files that a pattern matches.
    literally
        Makes a pattern of a name, which matches that name alone.
    quote
        What stands around names.
    milliseconds, moment
        A timestamp as Unix time in ms, and the reverse.
    known
        A window function over the rows in which a column has a value.
    """

    files: Callable[[str], str]
    literally: Callable[[str], str]
    quote: str
    milliseconds: str
    moment: str
    known: str

    def named(self, name: str) -> str:
        """Return a name as the engine takes it, whatever is in it."""
        return self.quote + name.replace(self.quote, 2 * self.quote) + self.quote


DIALECTS = {
    "duckdb": Dialect(
        files=lambda pattern: "read_parquet('{}')".format(pattern.replace("'", "''")),
        literally=lambda name: re.sub(r"[*?[]", r"[\g<0>]", name),
        quote='"',
        milliseconds="epoch_ms({})",
        moment="to_timestamp({} / 1000)",
        known="{}({} ignore nulls)",
    ),
    "spark": Dialect(
        files=lambda pattern: "parquet.`{}`".format(pattern.replace("`", "``")),
        literally=lambda name: re.sub(r"[*?\[\]{}\\]", r"\\\g<0>", name),
        quote="`",
        milliseconds="unix_millis({})",
        moment="timestamp_millis({})",
        known="{}({}) ignore nulls",
    ),
}


@dataclass(frozen=True)
class Question:
    """What a statement is to compute.

    Parameters
    ----------
    by
        Columns to group by.
    since, until
        Unix time in ms; None for as far as clusters lived.
    periods
        The periods of the calendar, a row each; None for a single one, which is not shown.
    with_costs
        Whether to show costs.
    incomplete, without_rows
        Moments (Unix ms) of snapshots that do not show all clusters, and of those that have no row at all.
    """

    by: Sequence[str]
    since: int | None
    until: int | None
    periods: Periods | None
    with_costs: bool
    incomplete: Sequence[int]
    without_rows: Sequence[int]


_STATEMENT = """\
with moments as (  -- of all snapshots
  select moment, {is_complete} as is_complete from (select distinct {at} as moment from {files}{without_rows}) as found
), distances as (
  select
    moment, lead(moment) over (order by moment) - moment as distance,
    min(case when is_complete then moment end)
      over (order by moment rows between 1 following and unbounded following) as next_complete
  from moments
), usual as (  -- what is further apart than this has a gap between it
  select coalesce(2 * max(case when place = 1 + floor({usual} * (many - 1) + 0.5) then distance end), 0) as longest
  from (
    select distance, row_number() over (order by distance) as place, count(*) over () as many
    from distances where distance is not null
  ) as apart
), sightings as (  -- of each cluster
  select
    id, max(snapshotAt) as last_seen, max(case when {has_nodes} then {at} end) as last_look,
    bool_or({has_ended}) as has_ended{last_known}
  from {files}
  group by id
), last_rows as (
  select
    files.id, createdAt, {began} as began, {began} + elapsedTime as ended, last_look,
    case when not has_ended and next_complete > {began} + elapsedTime then next_complete end as missed_at,
    row_number() over (partition by files.id order by {has_ended} desc) as place,
    {master_flavor} as master_flavor, {worker_flavor} as worker_flavor,
    {last_master_price} as last_master_price, {last_worker_price} as last_worker_price{groups}
  from {files} as files
    join sightings on files.id = sightings.id and snapshotAt = last_seen
    join distances on {at} = moment
), lives as (  -- one that was missed before anybody saw it terminate is gone by then
  select last_rows.*, coalesce(missed_at, ended) as gone
  from last_rows
  where place = 1 and began < coalesce(missed_at, ended)
), looks as (  -- snapshots with nodes, each beside the one before
  select
    id, {at} as moment, nodeCnt as nodes, {masters} as masters, {workers} as workers,
    {master_price} as master_price, {worker_price} as worker_price,
    lag({at}) over earlier as old_moment, lag(nodeCnt) over earlier as old_nodes,
    lag({masters}) over earlier as old_masters, lag({workers}) over earlier as old_workers,
    lag({master_price}) over earlier as old_master_price, lag({worker_price}) over earlier as old_worker_price
  from {files}
  where {has_nodes}
  window earlier as (partition by id order by snapshotAt)
), runs as (  -- of snapshots that agree
  select
    id, longest, moment as since, lead(old_moment) over by_time as until, nodes, masters, workers,
    last_value(masters) over all_time as last_masters,
    coalesce({carried_master_price} over so_far, {next_master_price} over from_here) as master_price,
    coalesce({carried_worker_price} over so_far, {next_worker_price} over from_here) as worker_price
  from looks cross join usual
  where old_moment is null or moment - old_moment > longest or nodes <> old_nodes
    or masters is distinct from old_masters or workers is distinct from old_workers
    or master_price is distinct from old_master_price or worker_price is distinct from old_worker_price
  window
    by_time as (partition by id order by moment),
    all_time as (partition by id order by moment rows between unbounded preceding and unbounded following),
    so_far as (partition by id order by moment rows between unbounded preceding and current row),
    from_here as (partition by id order by moment rows between current row and unbounded following)
), with_masters as (  -- from two of the counts follows the third
  select
    *, coalesce(masters, case when workers is not null then greatest(nodes - workers, 0) end, last_masters) as heads
  from runs
), with_workers as (
  select
    *, coalesce(workers, case when heads is not null then greatest(nodes - heads, 0) end) as hands
  from with_masters
), pairs as (  -- each run beside the next one; who was missed had no nodes then
  select
    lives.*, longest, since, coalesce(until, last_look) as until, nodes, heads, hands,
    case when since is not null then coalesce(master_price, last_master_price) end as master_price,
    case when since is not null then coalesce(worker_price, last_worker_price) end as worker_price,
    lag(since) over by_time is null as is_first,
    coalesce(lead(since) over by_time, missed_at) as next_since,
    coalesce(lead(nodes) over by_time, case when missed_at is null then nodes else 0 end) as next_nodes,
    case when lead(since) over by_time is not null then lead(heads) over by_time
      when missed_at is null then heads else 0 end as next_heads,
    case when lead(since) over by_time is not null then lead(hands) over by_time
      when missed_at is null then hands else 0 end as next_hands
  from lives left join with_workers on lives.id = with_workers.id
  window by_time as (partition by lives.id order by since)
), segments as (  -- the time before the first run, that of each run, and the time after each
  select
    *,
    case
      when since is null then 'unknown'
      when part = 'seen' then 'measured'
      when part = 'before' or next_since is null or next_since - until > longest then 'inferred'
      when nodes = next_nodes and heads is not distinct from next_heads and hands is not distinct from next_hands
        then 'measured'
      else 'bounded'
    end as known,
    greatest(began, case part when 'before' then began when 'seen' then since else until end) as starts,
    least(gone, case part when 'before' then since when 'seen' then until else next_since end) as ends,
    case part when 'after' then next_nodes else nodes end as then_nodes,
    case part when 'after' then next_heads else heads end as then_heads,
    case part when 'after' then next_hands else hands end as then_hands
  from pairs cross join (values ('before'), ('seen'), ('after')) as parts(part)
  where part = 'seen' or since is not null and (part = 'after' or is_first)
), pieces as (  -- between two counts, their mean
  select
    *, (nodes + then_nodes) / 2 as mean_nodes,
    (heads + then_heads) / 2 as mean_heads, (hands + then_hands) / 2 as mean_hands,
    coalesce(master_price, {master_price_of_flavor} over master_flavors) as master_rate,
    coalesce(worker_price, {worker_price_of_flavor} over worker_flavors) as worker_rate
  from segments
  where starts < ends
  window
    master_flavors as (
      partition by master_flavor order by createdAt desc nulls first, id desc, starts desc
      rows between unbounded preceding and unbounded following
    ),
    worker_flavors as (
      partition by worker_flavor order by createdAt desc nulls first, id desc, starts desc
      rows between unbounded preceding and unbounded following
    )
), span as (
  select {first} as first_moment, {last} as last_moment{lived}
), periods as (
  select number, greatest(begins, first_moment) as begins, least(finishes, last_moment) as finishes, label
  from span cross join (values
    {periods}
  ) as calendar(number, begins, finishes, label)
), blind as (  -- when clusters may have come and been forgotten without anybody looking
  select {always} as since, min(moment) - {remembered} as until from moments
  union all
  select moment, moment + distance - {remembered} from distances cross join usual
  where distance > greatest(longest, {remembered})
), seen as (
  select
    number, begins, finishes, label,
    1 - sum(greatest(least(finishes, until) - greatest(begins, since), 0)) / (finishes - begins) as share
  from periods cross join blind
  where begins < finishes
  group by number, begins, finishes, label
), clipped as (
  select
    number, label, share{group_names}, id, known, mean_nodes as nodes,
    case when known = 'bounded' then least(nodes, then_nodes) else mean_nodes end as low,
    case when known = 'bounded' then greatest(nodes, then_nodes) else mean_nodes end as high,
    case when mean_nodes - mean_heads - mean_hands <= 1e-9 * mean_nodes  -- nobody tells the flavor of other nodes
      then mean_heads * master_rate + mean_hands * worker_rate end as rate,
    case when id is not null then cast(least(ends, finishes) - greatest(starts, begins) as double) end as time
  from seen {joined} pieces on starts < finishes and ends > begins
), sums as (
  select
    number, label, share{group_names}, count(distinct id) as clusters, coalesce(sum(time), 0) as uptime,
    sum(time * nodes) as nodes, sum(time * low) as low, sum(time * high) as high, sum(time * rate) as cost,
    sum(case when known = 'measured' then time else 0 end) as measured,
    sum(case when known = 'inferred' then time else 0 end) as inferred,
    sum(case when known = 'measured' and rate is not null then time else 0 end) as costed
  from clipped
  group by number, label, share{group_names}
), sizes as (
  select
    *, sum(uptime) over {group} as all_uptime, sum(nodes) over {group} as all_nodes, sum(cost) over {group} as all_cost
  from sums
)
select
  {shown_groups}{shown_period}clusters, uptime / 3600000 as uptimeHours, nodes / 3600000 as nodeHours,
  case when uptime > 0 then measured / uptime else 1 end * share as nodeHoursKnown,
  case when uptime > 0 then inferred / uptime else 0 end as nodeHoursInferred,
  low / 3600000 as nodeHoursLow, high / 3600000 as nodeHoursHigh{shown_cost}
from sizes
order by
  case when all_cost is not null then 0 when all_nodes is not null then 1 else 2 end,
  coalesce(all_cost, all_nodes, all_uptime) desc, {names}number
"""
_COSTS = """,
  cost / 3600000 as cost, case when uptime > 0 then costed / uptime else 1 end * share as costKnown"""
_LIVED = """
  from (select coalesce(min(starts), 0) as lived_from, coalesce(max(ends), 1) as lived_until from pieces) as lived"""
_STATUS = "lower(trim(status))"
_HAS_ENDED = f"coalesce({_STATUS} like 'terminated%' or {_STATUS} like 'deleted%', false)"
_HAS_NODES = f"nodeCnt > 0 and not {_HAS_ENDED}"
_NO_PRICE = "cast(null as double)"
_ALWAYS, _NEVER = -62_135_596_800_000, 253_402_300_800_000  # Unix time in ms: the years 1 and 10,000


def statement(question: Question, files: str, dialect: Dialect) -> str:
    """Return the statement that answers a question about the files that a pattern matches."""
    return _STATEMENT.format(
        files=dialect.files(files),
        at=dialect.milliseconds.format("snapshotAt"),
        began=dialect.milliseconds.format("runningAt"),
        has_ended=_HAS_ENDED,
        has_nodes=_HAS_NODES,
        masters=_positive("masterCnt"),
        workers=_positive("workerCnt"),
        usual=USUAL,
        remembered=REMEMBERED,
        always=_ALWAYS,
        **_snapshots(question),
        **_prices(question, dialect),
        **_groups(question, dialect),
        **_times(question, dialect),
    )


def _snapshots(question: Question) -> dict[str, str]:
    """Return what the rows do not tell of snapshots."""
    incomplete = ", ".join(map(str, question.incomplete))
    empty = ", ".join(f"({moment})" for moment in question.without_rows)
    return {
        "is_complete": f"moment not in ({incomplete})" if incomplete else "true",
        "without_rows": f" union values {empty}" if empty else "",
    }


def _prices(question: Question, dialect: Dialect) -> dict[str, str]:
    fields = {}
    for role, flavor, price in zip(("master", "worker"), _FLAVORS, PRICES, strict=True):
        fields[f"{role}_price"] = price if question.with_costs else _NO_PRICE
        fields[f"last_{role}_price"] = _positive(f"last_{price}") if question.with_costs else _NO_PRICE
        fields[f"{role}_flavor"] = f"trim(last_{flavor})" if question.with_costs else "''"
        for name, function in (("carried", "last_value"), ("next", "first_value")):
            fields[f"{name}_{role}_price"] = dialect.known.format(function, f"{role}_price")
        fields[f"{role}_price_of_flavor"] = fields[f"next_{role}_price"]
    return fields


def _groups(question: Question, dialect: Dialect) -> dict[str, str]:
    names = [f"by_{place}" for place in range(len(question.by))]
    also = "".join(f", {name}" for name in names)
    last = [name for name in question.by if name in _LAST_KNOWN]
    last += [*_FLAVORS, *PRICES] if question.with_costs else []
    is_total = not names and question.periods is None
    return {
        "last_known": "".join(f",\n    {_last_known(name)} as last_{name}" for name in dict.fromkeys(last)),
        "groups": "".join(
            f",\n    {f'last_{name}' if name in _LAST_KNOWN else f'files.{name}'} as {alias}"
            for name, alias in zip(question.by, names, strict=True)
        ),
        "group_names": also,
        "joined": "left join" if is_total else "join",  # a total is a row, also of nothing
        "group": f"(partition by {', '.join(names)})" if names else "()",
        "shown_groups": "".join(
            f"{alias} as {dialect.named(name)}, " for name, alias in zip(question.by, names, strict=True)
        ),
        "names": "".join(f"{name} nulls last, " for name in names),
    }


def _times(question: Question, dialect: Dialect) -> dict[str, str]:
    since, until, periods = question.since, question.until, question.periods
    last = f"greatest(lived_until, {_ALWAYS if since is None else since + 1})" if until is None else str(until)
    is_open = since is None or until is None
    rows = [(0, _ALWAYS, _NEVER, 0)]
    if periods is not None:
        edges, labels = periods.edges.tolist(), periods.labels.as_unit("ms").asi8.tolist()
        rows = list(zip(range(len(labels)), edges[:-1], edges[1:], labels, strict=True))
    return {
        "first": f"least(lived_from, {last} - 1)" if since is None else str(since),
        "last": last,
        "lived": _LIVED if is_open else "",
        "periods": ",\n    ".join(str(row) for row in rows),
        "shown_period": "" if periods is None else f"{dialect.moment.format('label')} as period, ",
        "shown_cost": _COSTS if question.with_costs else "",
    }


def _positive(name: str) -> str:
    return f"case when {name} > 0 then {name} end"


def _last_known(name: str) -> str:
    """Return the last known value of a column among all rows of a cluster; of a count, that of its last nodes."""
    if name in _COUNTS:
        return f"nullif(max_by(greatest(coalesce({name}, 0), 0), snapshotAt) filter (where {_HAS_NODES}), 0)"
    return f"max_by({name}, snapshotAt) filter (where {name} is not null)"
