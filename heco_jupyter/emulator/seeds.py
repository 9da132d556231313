"""Fleets to begin with. A seed is a function of the time and a number: the same two always give the same fleet."""

from __future__ import annotations

import random
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from heco_jupyter.emulator import plans
from heco_jupyter.emulator.model import Cluster
from heco_jupyter.emulator.validation import Draft

Seed = Callable[[int, int], list[Cluster]]
"""Makes the clusters of a fleet, in the order they were created, from the time in milliseconds and a number."""

_SECOND = 1000
_HOUR = 3600 * _SECOND
_DAY = 24 * _HOUR
_CLOUD = plans.Pace()

_OWNERS = (
    *("minji.kim@example.com", "junho.park@example.com", "seoyeon.lee@example.com"),
    *("daniel.choi@example.com", "hana.jung@example.com", "sally.yoon@example.com"),
)
_FLAVORS = ("m2a.xlarge", "m2a.2xlarge", "m2a.4xlarge", "r2a.2xlarge")
_NIGHTS = 8


@dataclass(frozen=True, slots=True)
class _Sketch:
    """What is told about a cluster in the tables below; the rest is drawn."""

    name: str
    clusterType: str = "hadoop"
    clusterVersion: str = "hde-2.0.1"
    workerCnt: int = 3
    isHa: bool = False
    days: float = 1.0
    hours: float | None = None


# `days` is how long ago it was created.
_RUNNING = (
    _Sketch("추천-배치-01", workerCnt=8, isHa=True, days=82),
    _Sketch("추천-배치-02", workerCnt=6, isHa=True, days=41),
    _Sketch("etl-hourly", workerCnt=5, days=77),
    _Sketch("etl-nightly", workerCnt=6, days=0.4),
    _Sketch("로그-수집", "dataflow", workerCnt=4, days=68),
    _Sketch("clickstream", "dataflow", workerCnt=6, isHa=True, days=54),
    _Sketch("user-profile-store", "hbase", "hde-1.1.2", workerCnt=7, isHa=True, days=88),
    _Sketch("주문-이력", "hbase", "hde-1.1.2", workerCnt=4, days=63),
    _Sketch("adhoc-trino", "trino", workerCnt=10, days=35),
    _Sketch("분석팀-trino", "trino", workerCnt=5, days=27),
    _Sketch("ml-feature-store", workerCnt=12, isHa=True, days=19),
    _Sketch("실험-클러스터", workerCnt=2, days=9),
    _Sketch("legacy-warehouse", "hadoop", "hde-1.1.2", workerCnt=9, days=86),
    _Sketch("bi-dashboard", "trino", "hde-2.0.1", workerCnt=3, days=12),
    _Sketch("andy-cluster-test-01", workerCnt=1, days=4),
)
# `hours` is how long it ran.
_ENDED = (
    _Sketch("etl-adhoc", days=61, hours=30),
    _Sketch("etl-adhoc", days=33, hours=9),
    _Sketch("sally-kbctest", days=72, hours=3.4),
    _Sketch("sally-kbctest", days=70, hours=74),
    _Sketch("sally-kbctest", days=64, hours=0.2),
    _Sketch("분기-정산", workerCnt=16, isHa=True, days=58, hours=40),
    _Sketch("backfill-2023", workerCnt=24, isHa=True, days=49, hours=118),
    _Sketch("모델-학습", workerCnt=8, days=44, hours=210),
    _Sketch("hbase-migration", "hbase", "hde-1.1.2", workerCnt=5, days=80, hours=96),
    _Sketch("trino-poc", "trino", "hde-2.0.0", workerCnt=3, days=30, hours=52),
    _Sketch("스트리밍-테스트", "dataflow", workerCnt=2, days=22, hours=6),
    _Sketch("spark-tuning", workerCnt=6, days=16, hours=27),
    _Sketch("test", "dataflow", workerCnt=2, days=6, hours=1.5),
)


# What somebody runs every day; `hours` is how long that takes, more or less.
_DAILY = (
    _Sketch("etl-orders", workerCnt=8, hours=2.5),
    _Sketch("etl-logs", workerCnt=5, hours=4),
    _Sketch("정산-배치", workerCnt=12, isHa=True, hours=1.5),
    _Sketch("추천-학습", workerCnt=10, hours=6),
    _Sketch("분석-세션", "trino", workerCnt=4, hours=8),
    _Sketch("adhoc-bi", "trino", workerCnt=6, hours=3),
)
_DAYS = 88


def _empty(_: int, __: int) -> list[Cluster]:
    return []


def _fleet(now: int, number: int) -> list[Cluster]:
    """Make some forty clusters of 90 days: most running or terminated, four on their way, one failed."""
    drawn = _Draw(random.Random(number), now)  # noqa: S311 - to look real, not to be secret
    clusters = [_grown(drawn.cluster(sketch), drawn) for sketch in _RUNNING]
    clusters += [drawn.ended(sketch, "User") for sketch in _ENDED]
    clusters += [
        drawn.ended(_Sketch("etl-nightly", workerCnt=6, days=night + 0.4, hours=drawn.rng.uniform(1.5, 3)), "UserTask")
        for night in range(_NIGHTS, 0, -1)
    ]
    clusters.append(drawn.failed(_Sketch("etl-nightly-v2", workerCnt=6, days=2.3)))
    clusters += _in_transition(drawn)
    return sorted(clusters, key=lambda cluster: cluster.createdAt)


def _busy(now: int, number: int) -> list[Cluster]:
    """Make the fleet, and the jobs and the experiments of every day before, some five hundred clusters more."""
    drawn = _Draw(random.Random(number + 1), now)  # noqa: S311 - to look real, not to be secret
    clusters = _fleet(now, number)
    for day in range(_DAYS, 0, -1):
        weekend = day % 7 in (0, 1)
        for sketch in _DAILY:
            if weekend and sketch.clusterType == "trino":
                continue
            hours = (sketch.hours or 1) * drawn.rng.lognormvariate(0, 0.3)
            job = replace(sketch, days=day + drawn.rng.uniform(0, 0.3), hours=hours)
            clusters.append(drawn.ended(job, "UserTask" if sketch.clusterType == "hadoop" else "User"))
    return sorted(clusters, key=lambda cluster: cluster.createdAt)


SEEDS: dict[str, Seed] = {"fleet": _fleet, "busy": _busy, "empty": _empty}
"""The fleets there are, by name."""


class _Draw:
    """Makes clusters from sketches, drawing what a sketch leaves open."""

    def __init__(self, rng: random.Random, now: int) -> None:
        self.rng = rng
        self.now = now

    def cluster(self, sketch: _Sketch, *, created: int | None = None) -> Cluster:
        rng = self.rng
        born = self.now - round(sketch.days * _DAY) + rng.randrange(_HOUR) if created is None else created
        cluster = plans.create(
            self._draft(sketch),
            cluster_id=self._id(),
            owner=_OWNERS[zlib.crc32(sketch.name.encode()) % len(_OWNERS)],  # who runs a job runs it every night
            now=born,
            pace=plans.Pace(rng.uniform(0.7, 1.0)),
        )
        old = sketch.clusterVersion.startswith("hde-1.")
        status = rng.choice(("possible", "applied")) if old else rng.choice(("impossible", "impossible", "possible"))
        vms = cluster.vms
        if rng.random() < 0.5:  # noqa: PLR2004 - half of the first masters can be reached from outside
            vms = (replace(vms[0], floatingIp=f"203.0.113.{rng.randrange(1, 255)}"), *vms[1:])
        return replace(cluster, apiKeyStatus=status, vms=vms)

    def ended(self, sketch: _Sketch, reason: str) -> Cluster:
        cluster = self.cluster(sketch)
        moment = cluster.readyAt + round((sketch.hours or 1) * _HOUR) + self.rng.randrange(60 * _SECOND)
        return plans.terminate(cluster, now=moment, pace=_CLOUD, reason=reason)

    def failed(self, sketch: _Sketch) -> Cluster:
        cluster = self.cluster(sketch)
        moment = cluster.createdAt + _CLOUD.ms(plans.INSTALL_FAILURE)
        return plans.terminate(cluster, now=moment, pace=_CLOUD, reason="Error")

    def _draft(self, sketch: _Sketch) -> Draft:
        nightly = sketch.name.startswith("etl-") and sketch.hours is not None
        task = {
            "type": "spark",
            "terminationPolicy": "onSuccess",
            "fileUrl": "https://objectstorage.kr-central-2.kakaocloud.com/v1/0a1b2c3d/jobs/nightly.jar",
            "deployMode": "cluster",
            "logBucketName": "job-logs",
        }
        return Draft(
            name=sketch.name,
            clusterType=sketch.clusterType,
            clusterVersion=sketch.clusterVersion,
            isHa=sketch.isHa,
            keypairName="data-platform",
            vpcId="3ebb3020-d416-41a4-934c-d3ad0fa1bec0",
            subnetId="5c1632bf-a7da-4dbf-a594-e6a7bedb328c",
            masterFlavorName=_FLAVORS[0],
            masterVolumeSize=self.rng.choice((50, 100)),
            workerFlavorName=self.rng.choice(_FLAVORS),
            workerVolumeSize=self.rng.choice((100, 200, 500)),
            workerCnt=sketch.workerCnt,
            monitoring=self.rng.random() < 0.8,  # noqa: PLR2004 - most are monitored
            config={"hdfsBlockSize": 128, "hdfsReplication": min(3, sketch.workerCnt)},
            securityGroupName=f"{sketch.name}-sg",
            userTask=task if nightly else None,
        )

    def _id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))


def _grown(cluster: Cluster, drawn: _Draw) -> Cluster:
    """Give some of the long-running clusters a past in which they were scaled."""
    if drawn.rng.random() < 0.6:  # noqa: PLR2004 - most keep the workers they began with
        return cluster
    moment = drawn.rng.randrange(cluster.readyAt + _HOUR, drawn.now - _HOUR)
    return plans.scale_out(cluster, drawn.rng.randint(1, 3), now=moment, pace=_CLOUD)


def _in_transition(drawn: _Draw) -> list[Cluster]:
    now = drawn.now
    starting = drawn.cluster(_Sketch("주간-리포트", workerCnt=4), created=now - 100 * _SECOND)
    growing = drawn.cluster(_Sketch("search-index", workerCnt=5, isHa=True, days=11))
    growing = plans.scale_out(growing, 4, now=now - 130 * _SECOND, pace=_CLOUD)
    shrinking = drawn.cluster(_Sketch("이벤트-집계", workerCnt=9, days=5))
    shrinking = plans.scale_in(shrinking, 4, now=now - 45 * _SECOND, pace=_CLOUD)
    ending = drawn.cluster(_Sketch("hue-training", workerCnt=3, days=0.6))
    ending = plans.terminate(ending, now=now - 20 * _SECOND, pace=_CLOUD)
    return [starting, growing, shrinking, ending]
