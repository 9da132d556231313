"""What the page shows, as one JSON value made of the fleet and of what the panel is set to: pure functions.

A view has sections. What changed between two views is a patch: the sections that differ, of `rows` and `nodes` only
the entries that differ, with null for those that are gone. Times are Unix times in ms: the page counts from them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from heco_jupyter.api.display.cards import joined
from heco_jupyter.api.display.markup import Tone
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import Said, in_language, of_the_page
from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.lookup import same_form
from heco_jupyter.api.model.plans import DeletePlan, ScalePlan, flavor_of, nodes_of
from heco_jupyter.live.operations import Mark, Outcome
from heco_jupyter.widgets.safety import MOST_WORKERS, delete_reason, floor_of, scale_reason, what

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from heco_jupyter.api.model.types import Row
    from heco_jupyter.live.operations import LogEntry, Operation
    from heco_jupyter.live.state import FleetState
    from heco_jupyter.widgets.dispatch import PanelState, Question

View = dict[str, Any]

_BY_KEY = ("rows", "nodes")
_TONES = {Tone.GOOD: "good", Tone.WARNING: "moving", Tone.BAD: "bad", Tone.FAINT: "faint"}
_OUTCOME_TONES = {Mark.DONE: "good", Mark.FAILED: "bad", Mark.UNCERTAIN: "moving", Mark.UNDER_WAY: "moving"}
_SLIDER = 20  # workers that a slider reaches at least
_KIND = re.compile(r"Hadoop([A-Z]{3})-")  # HadoopMST-, HadoopWRK-


def changes(before: View, now: View) -> View:
    """Return what must be set in `before` to make it `now`."""
    patch: View = {}
    for name, value in now.items():
        old = before.get(name)
        if name in _BY_KEY:
            old = old or {}
            differing: View = {key: entry for key, entry in value.items() if old.get(key) != entry}
            differing |= dict.fromkeys(key for key in old if key not in value)
            if differing:
                patch[name] = differing
        elif name not in before or old != value:
            patch[name] = value
    return patch


class ViewMaker:
    """Makes views in one language and with one price table.

    Parameters
    ----------
    language
        Of the texts.
    timezone
        Of the times.
    prices
        Price per hour by flavorName; empty without a price table.
    """

    def __init__(self, language: str, timezone: str, prices: Mapping[str, float]) -> None:
        self._language = language
        self._zone = ZoneInfo(timezone)
        self._prices = prices
        self._texts = of_the_page(language)
        self._made: dict[str, tuple[Cluster, View]] = {}

    def view(self, state: PanelState, fleet: FleetState) -> View:
        """Return all that the page shows."""
        entries = [entry for entry in fleet.log if not entry.is_read]
        return {
            "texts": self._texts,
            "error": in_language(fleet.last_error, self._language),
            "rows": self._rows(fleet, show_terminated=state.show_terminated),
            "fleet": self._fleet_line(fleet),
            "pick": state.cluster_id,
            "filter": state.filter,
            "terminated": state.show_terminated,
            "tab": state.tab,
            "card": self._card(state.cluster_id, fleet),
            "scale": self._scale(state, fleet),
            "delete": self._say(delete_reason(fleet, state.cluster_id)),
            "question": self._question(state.question),
            "outcome": self._outcome(state, fleet),
            "nodes": _nodes(fleet.vms.get(state.cluster_id or "", ()), self._language),
            "nodes_note": self._say(_nodes_note(state.cluster_id, fleet)),
            "activity": [self._entry(entry) for entry in reversed(fleet.log)],
            "activity_note": self._words("no_activity"),
            "unread": len(entries),
        }

    def _say(self, said: Said | None) -> str:
        return "" if said is None else said.in_language(self._language)

    def _words(self, key: str, **values: object) -> str:
        return Said(key, values).in_language(self._language)

    def _rows(self, fleet: FleetState, *, show_terminated: bool) -> dict[str, View]:
        """Return the rows of the list by cluster id; those of unchanged clusters are not made again."""
        made: dict[str, tuple[Cluster, View]] = {}
        rows = {}
        for key, listed in fleet.clusters.items():
            cluster = fleet.details.get(key) or listed  # details are read after the list, so they are newer
            if show_terminated or not cluster.state.is_terminated:
                before = self._made.get(key)
                made[key] = before if before is not None and before[0] is cluster else (cluster, _row(cluster))
                progress = _progress(cluster, fleet.operations.get(key))
                rows[key] = made[key][1] if progress is None else made[key][1] | {"progress": progress}
        self._made = made
        return rows

    def _fleet_line(self, fleet: FleetState) -> str:
        active = [cluster for cluster in fleet.clusters.values() if not cluster.state.is_terminated]
        states = [cluster.state for cluster in active]
        line = self._words(
            "fleet",
            running=f"{sum(state.is_running for state in states):,}",
            moving=f"{sum(state.is_busy for state in states):,}",
            failed=f"{sum(state.is_failed for state in states):,}",
            nodes=f"{sum(nodes_of(cluster) or 0 for cluster in active):,}",
        )
        if not self._prices:
            return line
        known = [
            price
            for cluster in active
            if (price := self._price(cluster, *fleet.flavors.get(cluster.id, (None, None)))) is not None
        ]
        return f"{line}; {self._words('fleet_price', price=_money(sum(known)), known=len(known), all=len(active))}"

    def _price(self, cluster: Cluster, master: str | None, worker: str | None, more: int = 0) -> float | None:
        """Return what a cluster costs per hour, with so many workers more; None where that is not known."""
        prices = [self._prices.get(str(flavor)) for flavor in (master, worker)]
        counts = (cluster.masterCnt, cluster.workerCnt)
        if None in prices or None in counts or cluster.other_nodes:
            return None
        return float(prices[0] * counts[0] + prices[1] * (counts[1] + more))  # type: ignore[operator]

    # The card

    def _card(self, cluster_id: str | None, fleet: FleetState) -> View:
        known = fleet.cluster(cluster_id)
        cluster = known or Cluster({})
        master, worker = flavor_of(cluster.masterInfo), flavor_of(cluster.workerInfo)
        uptime = {"since": _ms(cluster.runningAt), "time": self._time(cluster.runningAt)} if _is_up(cluster) else ""
        facts: list[tuple[str, object]] = [
            (self._words("uptime"), uptime),
            ("runningAt", self._time(cluster.runningAt)),
            ("createdAt", self._time(cluster.createdAt)),
            ("owner", plain(cluster.owner or "", 80)),
            ("clusterType", _joined(cluster.clusterType, cluster.clusterVersion)),
            ("masterCnt", _joined(cluster.masterCnt, master)),
            ("workerCnt", _joined(cluster.workerCnt, worker)),
            ("nodeCnt", self._nodes_told(cluster)),
            ("hdfsReplication", _joined(cluster.hdfs_replication)),
        ]
        if self._prices and known:
            price = self._price(cluster, master, worker)
            facts.append((self._words("price"), self._words("unknown") if price is None else _money(price)))
        elif self._prices:
            facts.append((self._words("price"), ""))
        facts.append(("id", plain(cluster.id, 80)))
        error = fleet.detail_errors.get(cluster.id)
        is_gone = cluster_id in fleet.details and cluster_id not in fleet.detail_errors
        no_name = "pick" if cluster_id is None else "gone" if is_gone else "reading"
        return {
            "name": cluster.display_name if known else self._words(no_name),
            **_state(cluster),
            "facts": facts,
            "links": [[name, url] for name, url in cluster.links],
            "detail_error": self._words("unreadable", reason=error) if error else "",
            "progress": _progress(cluster, fleet.operations.get(cluster.id)),
        }

    def _nodes_told(self, cluster: Cluster) -> str:
        """Return how many nodes a cluster has, and how many of them are neither masters nor workers."""
        others = cluster.other_nodes
        told = self._words("other_node" if others == 1 else "other_nodes", count=others) if others else None
        return joined(nodes_of(cluster), told)

    def _time(self, time: datetime | None) -> str:
        return f"{time.astimezone(self._zone):%Y-%m-%d %H:%M %Z}" if time else ""

    # The controls

    def _scale(self, state: PanelState, fleet: FleetState) -> View:
        cluster, reason = fleet.cluster(state.cluster_id), scale_reason(fleet, state.cluster_id)
        count = cluster.workerCnt if cluster is not None else None
        if cluster is None or count is None:
            low, high = 1, _SLIDER
        else:
            low, high = min(floor_of(cluster), count), max(_SLIDER, 2 * count, state.target or 0)
        change = (state.target or 0) - (count or 0) if state.target is not None else 0
        said = reason or state.problem or self._hint(cluster, is_armed=bool(change))
        return {
            "count": count,
            "min": low,
            "max": min(high, max(MOST_WORKERS, count or 0)),
            "target": state.target,
            "entry": state.entry,
            "wrong": state.problem is not None,
            "change": self._words("change", **{"from": count, "to": state.target, "change": f"{change:+d}"})
            if change
            else "",
            "reason": self._say(said),
            "open": reason is None,
            "armed": reason is None and bool(change),
        }

    def _hint(self, cluster: Cluster | None, *, is_armed: bool) -> Said | None:
        floor = cluster.hdfs_replication if cluster is not None else None
        if is_armed:
            return Said("floor", {"floor": floor}) if floor else None
        return Said("hint_floor" if floor else "hint", {"floor": floor})

    def _question(self, question: Question | None) -> View | None:
        if question is None:
            return None
        plan, cluster = question.plan, question.cluster
        name = cluster.display_name
        if isinstance(plan, DeletePlan):
            lines = [self._words("ask_for_good"), name]
            title, typed = self._words("ask_delete", name=name), same_form(name)
        else:
            lines, title, typed = self._scale_lines(plan, cluster), self._words("ask_scale", name=name), None
        return {
            "number": question.number,
            "title": title,
            "lines": lines,
            "typed": typed,
            "problem": self._say(question.problem),
        }

    def _scale_lines(self, plan: ScalePlan, cluster: Cluster) -> list[str]:
        nodes = nodes_of(cluster)
        worker = flavor_of(cluster.workerInfo)
        unknown = self._words("unknown")
        lines = [
            self._words("ask_workers", **{"from": plan.before, "to": plan.target, "change": f"{plan.change:+d}"}),
            self._words(
                "ask_nodes", **{"from": nodes or unknown, "to": unknown if nodes is None else nodes + plan.change}
            ),
            self._words("ask_flavor", flavor=plain(worker or unknown, 80)),
        ]
        if self._prices:
            flavors = flavor_of(cluster.masterInfo), worker
            now, then = self._price(cluster, *flavors), self._price(cluster, *flavors, more=plan.change)
            priced = {"from": _money(now), "to": _money(then)} if now is not None and then is not None else None
            lines.append(self._words("ask_price", **priced) if priced else self._words("ask_unpriced"))
        return [*lines, *([self._words("ask_loss")] if plan.change < 0 else [])]

    # What was done

    def _outcome(self, state: PanelState, fleet: FleetState) -> View | None:
        if state.notice is not None:
            return {"number": 0, "tone": "bad", "mark": Mark.FAILED.value, "text": self._say(state.notice)}
        for entry in reversed(fleet.log):
            if entry.cluster.id == state.cluster_id:
                return None if entry.is_dismissed else self._entry(entry)
        return None

    def _entry(self, entry: LogEntry) -> View:
        mark = entry.outcome.mark
        key = "done_gone" if entry.outcome is Outcome.GONE else entry.outcome.value
        before = entry.plan.before if isinstance(entry.plan, ScalePlan) else None
        outcome = self._words(key, detail=entry.detail, before=before)
        return {
            "number": entry.number,
            "tone": _OUTCOME_TONES[mark],
            "mark": mark.value,
            "text": f"{self._say(what(entry.plan, entry.cluster))}: {outcome}",
            "time": f"{entry.began.astimezone(self._zone):%H:%M:%S}",
            "began": _ms(entry.began),
            "ended": _ms(entry.ended),
        }


def _row(cluster: Cluster) -> View:
    return {
        "name": plain(cluster.name or cluster.id, 80),
        **_state(cluster),
        "workers": cluster.workerCnt,
        "owner": plain(cluster.owner or "", 80),
        "type": plain(cluster.clusterType or "", 40),
        "version": plain(cluster.clusterVersion or "", 40),
        "since": _ms(cluster.runningAt if _is_up(cluster) else cluster.createdAt),
        "created": _ms(cluster.createdAt),
    }


def _state(cluster: Cluster) -> View:
    state = cluster.state
    tone = Tone.BAD if state.is_terminated and state.speaks_of_failure else state.tone
    mark = state.mark if cluster.status else ""
    return {"status": plain(cluster.status or "", 60), "mark": mark, "tone": _TONES[tone]}


def _progress(cluster: Cluster, operation: Operation | None) -> View | None:
    if operation is None:
        return None
    plan, began = operation.plan, _ms(operation.entry.began)
    if isinstance(plan, DeletePlan):
        return {"kind": "deleting", "began": began}
    return {
        "kind": "up" if plan.change > 0 else "down",
        "from": plan.before,
        "to": plan.target,
        "done": operation.moved(cluster),
        "total": abs(plan.change),
        "began": began,
    }


def _nodes(vms: tuple[Row, ...], language: str) -> dict[str, View]:
    """Return the VMs, masters first, by a key of their own."""
    ordered = sorted(vms, key=lambda vm: (vm.get("isMaster") is not True, _number(vm.get("index"))))
    return {
        f"{place}": {
            "role": Said(_role(vm)).in_language(language),
            "name": plain(_or_empty(vm.get("name")), 80),
            "status": plain(_or_empty(vm.get("status")), 40),
            "flavor": plain(_or_empty(vm.get("flavorName")), 40),
            "ip": ", ".join(plain(ip, 60) for ip in (vm.get("ip"), vm.get("floatingIp")) if ip),
        }
        for place, vm in enumerate(ordered)
    }


def _nodes_note(cluster_id: str | None, fleet: FleetState) -> Said | None:
    if cluster_id is None:
        return Said("no_cluster")
    if error := fleet.vm_errors.get(cluster_id):
        return Said("unreadable_vms", {"reason": error})
    vms = fleet.vms.get(cluster_id)
    if vms is None:
        return Said("gone" if cluster_id in fleet.details and fleet.cluster(cluster_id) is None else "reading_vms")
    return None if vms else Said("no_vms")


def _role(vm: Row) -> str:
    """Return what a VM is: a TASK node, to which the API gives no role, goes by its name."""
    if vm.get("isMaster") is True:
        return "master"
    kind = _KIND.match(str(vm.get("name")))
    return "other" if kind and kind[1] != "WRK" else "worker"


def _is_up(cluster: Cluster) -> bool:
    return cluster.runningAt is not None and not cluster.state.is_terminated


def _ms(time: datetime | None) -> int | None:
    return None if time is None else round(time.timestamp() * 1000)


def _money(amount: float) -> str:
    return f"{amount:,.10g}"


def _joined(*values: object) -> str:
    return " ".join(plain(value, 60) for value in values if value is not None and value != "")


def _or_empty(value: object) -> object:
    return "" if value is None else value


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
