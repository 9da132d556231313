"""Fleets to start with. A seed depends only on the time and a number: the same two always give the same fleet."""

from __future__ import annotations

import random
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from heco_jupyter.emulator import schedule
from heco_jupyter.emulator.model import Cluster, EndReason
from heco_jupyter.emulator.spec import ClusterSpec, TerminationPolicy

Seed = Callable[[int, int], list[Cluster]]
"""Returns the clusters of a fleet, oldest first, for a time in milliseconds and a number."""

_SECOND = 1000
_HOUR = 3600 * _SECOND
_DAY = 24 * _HOUR
_REAL_PACE = schedule.Pace()

_OWNERS = (
    *("minji.kim@example.com", "junho.park@example.com", "seoyeon.lee@example.com"),
    *("daniel.choi@example.com", "hana.jung@example.com", "sally.yoon@example.com"),
)
_FLAVORS = ("m2a.xlarge", "m2a.2xlarge", "m2a.4xlarge", "r2a.2xlarge")
_NIGHTS = 8
_JOB_DAYS = 88


@dataclass(frozen=True, slots=True)
class _Blueprint:
    """What the tables below fix about a cluster; the rest is random.

    Parameters
    ----------
    name, clusterType, clusterVersion, workerCnt, isHa
        As in the API.
    days_ago
        When the cluster was created.
    run_hours
        How long the cluster ran, if it is terminated.
    """

    name: str
    clusterType: str = "hadoop"
    clusterVersion: str = "hde-2.0.1"
    workerCnt: int = 3
    isHa: bool = False
    days_ago: float = 1.0
    run_hours: float | None = None


_RUNNING = (
    _Blueprint("추천-배치-01", workerCnt=8, isHa=True, days_ago=82),
    _Blueprint("추천-배치-02", workerCnt=6, isHa=True, days_ago=41),
    _Blueprint("etl-hourly", workerCnt=5, days_ago=77),
    _Blueprint("etl-nightly", workerCnt=6, days_ago=0.4),
    _Blueprint("로그-수집", "dataflow", workerCnt=4, days_ago=68),
    _Blueprint("clickstream", "dataflow", workerCnt=6, isHa=True, days_ago=54),
    _Blueprint("user-profile-store", "hbase", "hde-1.1.2", workerCnt=7, isHa=True, days_ago=88),
    _Blueprint("주문-이력", "hbase", "hde-1.1.2", workerCnt=4, days_ago=63),
    _Blueprint("adhoc-trino", "trino", workerCnt=10, days_ago=35),
    _Blueprint("분석팀-trino", "trino", workerCnt=5, days_ago=27),
    _Blueprint("ml-feature-store", workerCnt=12, isHa=True, days_ago=19),
    _Blueprint("실험-클러스터", workerCnt=2, days_ago=9),
    _Blueprint("legacy-warehouse", "hadoop", "hde-1.1.2", workerCnt=9, days_ago=86),
    _Blueprint("bi-dashboard", "trino", "hde-2.0.1", workerCnt=3, days_ago=12),
    _Blueprint("andy-cluster-test-01", workerCnt=1, days_ago=4),
)
_TERMINATED = (
    _Blueprint("etl-adhoc", days_ago=61, run_hours=30),
    _Blueprint("etl-adhoc", days_ago=33, run_hours=9),
    _Blueprint("sally-kbctest", days_ago=72, run_hours=3.4),
    _Blueprint("sally-kbctest", days_ago=70, run_hours=74),
    _Blueprint("sally-kbctest", days_ago=64, run_hours=0.2),
    _Blueprint("분기-정산", workerCnt=16, isHa=True, days_ago=58, run_hours=40),
    _Blueprint("backfill-2023", workerCnt=24, isHa=True, days_ago=49, run_hours=118),
    _Blueprint("모델-학습", workerCnt=8, days_ago=44, run_hours=210),
    _Blueprint("hbase-migration", "hbase", "hde-1.1.2", workerCnt=5, days_ago=80, run_hours=96),
    _Blueprint("trino-poc", "trino", "hde-2.0.0", workerCnt=3, days_ago=30, run_hours=52),
    _Blueprint("스트리밍-테스트", "dataflow", workerCnt=2, days_ago=22, run_hours=6),
    _Blueprint("spark-tuning", workerCnt=6, days_ago=16, run_hours=27),
    _Blueprint("test", "dataflow", workerCnt=2, days_ago=6, run_hours=1.5),
)
# Run every day; `run_hours` is the typical duration.
_DAILY = (
    _Blueprint("etl-orders", workerCnt=8, run_hours=2.5),
    _Blueprint("etl-logs", workerCnt=5, run_hours=4),
    _Blueprint("정산-배치", workerCnt=12, isHa=True, run_hours=1.5),
    _Blueprint("추천-학습", workerCnt=10, run_hours=6),
    _Blueprint("분석-세션", "trino", workerCnt=4, run_hours=8),
    _Blueprint("adhoc-bi", "trino", workerCnt=6, run_hours=3),
)


def _empty(_: int, __: int) -> list[Cluster]:
    return []


def _fleet(now: int, number: int) -> list[Cluster]:
    """Return about 40 clusters of the last 90 days: most running or terminated, four in transition, one failed."""
    builder = _ClusterBuilder(random.Random(number), now)  # noqa: S311 (sample data, no secrets)
    clusters = [builder.running(blueprint) for blueprint in _RUNNING]
    clusters += [builder.terminated(blueprint, EndReason.USER) for blueprint in _TERMINATED]
    for night in range(_NIGHTS, 0, -1):
        run_hours = builder.rng.uniform(1.5, 3)
        nightly = _Blueprint("etl-nightly", workerCnt=6, days_ago=night + 0.4, run_hours=run_hours)
        clusters.append(builder.terminated(nightly, EndReason.USER_TASK))
    clusters.append(builder.failed(_Blueprint("etl-nightly-v2", workerCnt=6, days_ago=2.3)))
    clusters += _in_transition(builder)
    return sorted(clusters, key=lambda cluster: cluster.createdAt)


def _busy(now: int, number: int) -> list[Cluster]:
    """Return the clusters of `_fleet` and about 500 more: the jobs of every day of nearly three months."""
    builder = _ClusterBuilder(random.Random(number + 1), now)  # noqa: S311 (sample data, no secrets)
    clusters = _fleet(now, number)
    for day in range(_JOB_DAYS, 0, -1):
        is_weekend = day % 7 in (0, 1)
        for blueprint in _DAILY:
            if is_weekend and blueprint.clusterType == "trino":
                continue
            run_hours = (blueprint.run_hours or 1) * builder.rng.lognormvariate(0, 0.3)
            job = replace(blueprint, days_ago=day + builder.rng.uniform(0, 0.3), run_hours=run_hours)
            reason = EndReason.USER_TASK if blueprint.clusterType == "hadoop" else EndReason.USER
            clusters.append(builder.terminated(job, reason))
    return sorted(clusters, key=lambda cluster: cluster.createdAt)


SEEDS: dict[str, Seed] = {"fleet": _fleet, "busy": _busy, "empty": _empty}
"""The seeds, by name."""


class _ClusterBuilder:
    """Builds clusters from blueprints, with random values for the rest."""

    def __init__(self, rng: random.Random, now: int) -> None:
        self.rng = rng
        self.now = now

    def installed(self, blueprint: _Blueprint, *, created: int | None = None) -> Cluster:
        """Return a cluster that was created at a given time, by default when the blueprint says."""
        rng = self.rng
        if created is None:
            created = self.now - round(blueprint.days_ago * _DAY) + rng.randrange(_HOUR)
        cluster = schedule.create(
            self._spec(blueprint),
            cluster_id=self._id(),
            # The owner depends on the name, so that all runs of a job have the same one.
            owner=_OWNERS[zlib.crc32(blueprint.name.encode()) % len(_OWNERS)],
            now=created,
            pace=schedule.Pace(rng.uniform(0.7, 1.0)),
        )
        is_old = blueprint.clusterVersion.startswith("hde-1.")
        status = rng.choice(("possible", "applied")) if is_old else rng.choice(("impossible", "impossible", "possible"))
        vms = cluster.vms
        if rng.random() < 0.5:  # noqa: PLR2004 (half of the first masters have a public address)
            vms = (replace(vms[0], floatingIp=f"203.0.113.{rng.randrange(1, 255)}"), *vms[1:])
        return replace(cluster, apiKeyStatus=status, vms=vms)

    def running(self, blueprint: _Blueprint) -> Cluster:
        """Return a running cluster, which may have been scaled out before."""
        cluster = self.installed(blueprint)
        if self.rng.random() < 0.6:  # noqa: PLR2004 (most keep their first workers)
            return cluster
        scaled = self.rng.randrange(cluster.readyAt + _HOUR, self.now - _HOUR)
        return schedule.scale_out(cluster, self.rng.randint(1, 3), now=scaled, pace=_REAL_PACE)

    def terminated(self, blueprint: _Blueprint, reason: EndReason) -> Cluster:
        """Return a cluster that ran for `run_hours`."""
        cluster = self.installed(blueprint)
        end = cluster.readyAt + round((blueprint.run_hours or 1) * _HOUR) + self.rng.randrange(60 * _SECOND)
        return schedule.terminate(cluster, now=end, pace=_REAL_PACE, reason=reason)

    def failed(self, blueprint: _Blueprint) -> Cluster:
        """Return a cluster whose installation failed."""
        cluster = self.installed(blueprint)
        end = cluster.createdAt + _REAL_PACE.ms(schedule.FAILED_INSTALL_SECONDS)
        return schedule.terminate(cluster, now=end, pace=_REAL_PACE, reason=EndReason.ERROR)

    def _spec(self, blueprint: _Blueprint) -> ClusterSpec:
        has_task = blueprint.name.startswith("etl-") and blueprint.run_hours is not None
        task = {
            "type": "spark",
            "terminationPolicy": TerminationPolicy.ON_SUCCESS.value,
            "fileUrl": "https://objectstorage.kr-central-2.kakaocloud.com/v1/0a1b2c3d/jobs/nightly.jar",
            "deployMode": "cluster",
            "logBucketName": "job-logs",
        }
        return ClusterSpec(
            name=blueprint.name,
            clusterType=blueprint.clusterType,
            clusterVersion=blueprint.clusterVersion,
            isHa=blueprint.isHa,
            keypairName="data-platform",
            vpcId="3ebb3020-d416-41a4-934c-d3ad0fa1bec0",
            subnetId="5c1632bf-a7da-4dbf-a594-e6a7bedb328c",
            masterFlavorName=_FLAVORS[0],
            masterVolumeSize=self.rng.choice((50, 100)),
            workerFlavorName=self.rng.choice(_FLAVORS),
            workerVolumeSize=self.rng.choice((100, 200, 500)),
            workerCnt=blueprint.workerCnt,
            monitoring=self.rng.random() < 0.8,  # noqa: PLR2004 (most are monitored)
            config={"hdfsBlockSize": 128, "hdfsReplication": min(3, blueprint.workerCnt)},
            securityGroupName=f"{blueprint.name}-sg",
            userTask=task if has_task else None,
        )

    def _id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))


def _in_transition(builder: _ClusterBuilder) -> list[Cluster]:
    """Return four clusters: one that starts, one that scales out, one that scales in and one that terminates."""
    now = builder.now
    starting = builder.installed(_Blueprint("주간-리포트", workerCnt=4), created=now - 100 * _SECOND)
    growing = builder.installed(_Blueprint("search-index", workerCnt=5, isHa=True, days_ago=11))
    growing = schedule.scale_out(growing, 4, now=now - 130 * _SECOND, pace=_REAL_PACE)
    shrinking = builder.installed(_Blueprint("이벤트-집계", workerCnt=9, days_ago=5))
    shrinking = schedule.scale_in(shrinking, 4, now=now - 45 * _SECOND, pace=_REAL_PACE)
    terminating = builder.installed(_Blueprint("hue-training", workerCnt=3, days_ago=0.6))
    terminating = schedule.terminate(terminating, now=now - 20 * _SECOND, pace=_REAL_PACE)
    return [starting, growing, shrinking, terminating]
